"""The moderator tells customers from everybody else who writes to a shop's number."""

import time
from collections.abc import Sequence

import pytest

from saudager.agent.moderator import has_buying_words, judge
from saudager.providers.llm import Person, Said
from tests.mind.dialogues import FRESH, KEPT, LAST, SEEN, UNTUNED, Dialogue


def person(lines: Sequence[str], name: str) -> Person:
    said = [Said("us", line[2:]) if line.startswith("> ") else Said("customer", line) for line in lines]
    return Person(name=name or None, lines=said)


def right(dialogues: Sequence[Dialogue]) -> float:
    return sum(judge(person(lines, name)).is_client is expected for expected, lines, name in dialogues) / len(dialogues)


@pytest.mark.parametrize("dialogues", [SEEN, KEPT, FRESH, LAST], ids=["seen", "kept", "fresh", "last"])
def test_the_rules_get_the_dialogues_they_were_made_with_right(dialogues: Sequence[Dialogue]) -> None:
    assert right(dialogues) >= 0.92


def test_a_customer_nobody_tuned_for_is_never_silenced() -> None:
    verdicts = [judge(person(lines, name)) for expected, lines, name in UNTUNED if expected]
    assert all(verdict.is_client is not False for verdict in verdicts)


def test_half_of_the_dialogues_nobody_tuned_for_are_settled_right() -> None:
    assert right(UNTUNED) >= 0.5


def test_a_verdict_gives_its_reason_in_russian() -> None:
    verdict = judge(person(["Сколько стоит доставка?"], ""))
    assert verdict.confidence >= 0.8
    assert "цен" in verdict.reasoning


@pytest.mark.parametrize(
    "text", ["!" * 100_000 + "ц", "да " * 30_000, "[" * 100_000, "1" * 100_000 + "x", "а " * 50_000]
)
def test_odd_text_is_judged_at_once(text: str) -> None:
    began = time.process_time()
    judge(person([text] * 20, ""))
    has_buying_words(text)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    ("text", "buying"),
    [
        ("а окна у вас почём?", True),
        ("хочу заказать дверь", True),
        ("ты дома?", False),
        ("предлагаем прайс на профиль", False),
    ],
)
def test_words_of_buying_are_heard(text: str, buying: bool) -> None:
    assert has_buying_words(text) is buying
