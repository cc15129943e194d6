"""docs/automation.md holds the whole language: its examples are read, and its tables are those of the code."""

import re
from pathlib import Path

import pytest

from saudager.automation.definitions import BODIES, Rule, Sequence
from saudager.automation.names import NAMES, ON_THE_WAY, TOLD
from saudager.automation.reading import read
from saudager.events import Happened

PAGE = (Path(__file__).parents[2] / "docs" / "automation.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_rule_or_a_sequence(example: str):
    assert read(example).name


def test_the_examples_show_every_action_but_letters_moves_and_other_sequences():
    shown = {step for example in EXAMPLES for step in BODIES if f"- {step}:" in example}
    assert set(BODIES) - shown == {"send_letter", "move_stage", "begin", "stop", "branch", "clock"}


def test_every_name_stands_in_it_with_its_kind():
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (\w+) \|", PAGE, re.MULTILINE))
    assert rows == {name: one.kind.value for name, one in {**NAMES, **ON_THE_WAY}.items()}


def test_every_event_stands_in_it_with_its_facts():
    rows = {
        event: re.findall(r"`(\w+)`", facts)
        for event, facts in re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| ((?:`\w+`(?:, )?)+) \|$", PAGE, re.MULTILINE)
    }
    assert rows == {kind.value: list(TOLD[kind]) for kind in Happened if kind is not Happened.SCHEDULED}


def test_every_action_and_step_stands_in_it_with_its_words():
    table = dict(re.findall(r"^\| `([a-z_]+): \{([^}]+)\}` \|", PAGE, re.MULTILINE))
    for action, body in BODIES.items():
        if action in ("branch", "clock", "wait_until"):
            continue
        words = [field.alias or name for name, field in body.model_fields.items() if name != "do"]
        assert table[action].split(", ") == words
    for kind in (Rule, Sequence):
        for name, field in kind.model_fields.items():
            assert re.search(rf"^\| .*`{field.alias or name}`", PAGE, re.MULTILINE), name
