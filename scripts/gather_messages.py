"""Gather what the console says into its catalogues: ``make messages``, then translate what is empty in them."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
CONSOLE = ROOT / "src" / "saudager" / "console"
_SHARED = (
    "agent/wording.py",
    "automation/names.py",
    "bootstrap/mail.py",
    "bootstrap/messengers.py",
    "forms.py",
    "web.py",
)
SHARED = tuple(CONSOLE.parent / name for name in _SHARED)
"""Words the console says that others say too."""
VENDORS = tuple(CONSOLE.parent / "providers" / kind for kind in ("channels", "mail", "marketplace"))
"""Their forms are drawn from the titles and descriptions of their settings."""
MODELS = CONSOLE.parent / "engines" / "notices.py"
_CHOICES = "CANCELLATION_REASONS", "TITLES"
"""What a marketplace lets a person choose from, and how hosted models are called."""
LANGUAGES = ("ru", "en", "kk")
_JINJA = {"extensions": "jinja2.ext.i18n", "trim_blocks": "true", "lstrip_blocks": "true"}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def is_russian(text: str) -> bool:
    return any("а" <= letter <= "я" or letter == "ё" for letter in text.lower())


def said() -> Iterator[str | tuple[str, str]]:
    """Every Russian text of the console; with its plural where a number stands in it."""
    for page in (*sorted(CONSOLE.rglob("*.py")), *SHARED):
        yield from _in_python(ast.parse(page.read_text(encoding="utf-8")))
    for vendor in (*sorted(module for kind in VENDORS for module in kind.glob("*.py")), MODELS):
        yield from _on_a_form(ast.parse(vendor.read_text(encoding="utf-8")))
    for template in sorted((CONSOLE / "templates").rglob("*.html")):
        with template.open("rb") as file:
            for _, message, _, _ in extract("jinja2.ext:babel_extract", file, _KEYWORDS, (), _JINJA):
                yield message if isinstance(message, str) else (message[0], message[1])


def _in_python(tree: ast.Module) -> Iterator[str]:
    """Texts of a page's module that are not documentation; one with values in it must name them: ``%(n)s``."""
    documentation = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    in_formatted = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in ast.walk(one)}
    for node in ast.walk(tree):
        left_out = id(node) in documentation or id(node) in in_formatted
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_russian(node.value) and not left_out:
            yield node.value


def _on_a_form(tree: ast.Module) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            if keyword.arg in ("title", "description") and isinstance(keyword.value, ast.Constant):
                yield str(keyword.value.value)
    for choices in (node for node in tree.body if isinstance(node, ast.Assign)):
        if [target.id for target in choices.targets if isinstance(target, ast.Name) and target.id in _CHOICES]:
            yield from filter(is_russian, ast.literal_eval(choices.value).values())


def gather(language: str) -> Catalog:
    """The catalogue of a language with everything the console says now; Russian holds only what has plurals."""
    place = CONSOLE / "languages" / f"{language}.po"
    known = Catalog(locale=language)
    if place.is_file():
        with place.open("rb") as file:
            known = read_po(file, locale=language)
    catalogue = Catalog(locale=language, fuzzy=False)
    for message in sorted(set(said()), key=str):
        if language == "ru" and isinstance(message, str):
            continue
        entry = catalogue.add(message)
        translated = known.get(message if isinstance(message, str) else message[0])
        if translated is not None and translated.string and type(translated.id) is type(entry.id):
            entry.string = translated.string
    return catalogue


def main() -> None:
    for language in LANGUAGES:
        catalogue = gather(language)
        place = CONSOLE / "languages" / f"{language}.po"
        place.parent.mkdir(exist_ok=True)
        with place.open("wb") as file:
            write_po(file, catalogue, omit_header=True, no_location=True, width=120)
        print(f"{language}: {len(catalogue)} texts, {len(untranslated(catalogue))} to translate", file=sys.stderr)


def untranslated(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id and not all(_strings(message.string))]


def _strings(string: object) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (str(string or ""),)


if __name__ == "__main__":
    main()
