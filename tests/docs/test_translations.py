"""What the console says is said in every language, and nothing in it is said outside the catalogues."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from scripts import gather_messages
from scripts.gather_messages import CONSOLE, is_russian

_SAID_BY_JINJA = re.compile(r"{%-?\s*trans\b.*?{%-?\s*endtrans\s*-?%}|{#.*?#}|{{.*?}}|{%.*?%}", re.S)
_VALUE = re.compile(r"%\(\w+\)[sd]|{\w*}")


@pytest.mark.parametrize("language", ["ru", "en", "kk"])
def test_the_catalogue_holds_what_the_console_says_and_all_of_it_is_translated(language: str) -> None:
    with (CONSOLE / "languages" / f"{language}.po").open("rb") as file:
        known = read_po(file, locale=language)
    gathered = gather_messages.gather(language)
    assert {str(message.id) for message in known} == {str(message.id) for message in gathered}, "run `make messages`"
    assert [message.id for message in gather_messages.untranslated(gathered)] == []


@pytest.mark.parametrize("language", ["en", "kk"])
def test_a_translation_keeps_every_value_of_its_text(language: str) -> None:
    with (CONSOLE / "languages" / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        if isinstance(message.id, str) and isinstance(message.string, str) and message.string:
            assert sorted(_VALUE.findall(message.id)) == sorted(_VALUE.findall(message.string)), message.id


@pytest.mark.parametrize("template", sorted((CONSOLE / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_a_template_says_nothing_outside_the_catalogues(template: Path) -> None:
    bare = _SAID_BY_JINJA.sub("", template.read_text(encoding="utf-8"))
    assert [line.strip() for line in bare.splitlines() if is_russian(line)] == []
