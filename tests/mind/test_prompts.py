"""Prompts are files with checked placeholders."""

from pathlib import Path

import pytest

from saudager.errors import ConfigurationError
from saudager.prompts import PLACEHOLDERS, load


@pytest.mark.parametrize("name", sorted(PLACEHOLDERS))
def test_the_shipped_prompt_fills_completely(name: str) -> None:
    filled = load(name).fill(**{field: f"<{field}>" for field in PLACEHOLDERS[name]})
    assert all(f"<{field}>" in filled and f"{{{field}}}" not in filled for field in PLACEHOLDERS[name])


def test_a_json_example_and_braces_in_values_survive() -> None:
    values = dict.fromkeys(PLACEHOLDERS["moderator"], "") | {"conversation_history": '{contact_name} и {"a": 1}'}
    filled = load("moderator").fill(**values)
    assert '{"isClient": true' in filled
    assert "{contact_name} и" in filled


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{knowledge_base} {conversation_history} {new_message}", "{current_datetime}"),
        ("{knowledge_base} {conversation_history} {new_message} {current_datetime} {price_list}", "{price_list}"),
    ],
    ids=["missing", "unknown"],
)
def test_a_wrong_placeholder_names_the_file_and_itself(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "sales.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"sales\.txt") as caught:
        load("sales", tmp_path)
    assert named in str(caught.value)


def test_a_missing_value_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="new_message"):
        load("sales").fill(knowledge_base="", conversation_history="", current_datetime="")


def test_a_folder_without_the_file_falls_back_to_the_shipped_one(tmp_path: Path) -> None:
    assert load("sales", tmp_path) == load("sales")
