"""What stands in braces in a text of a rule: ``{contact.name|друг}``, a name and what to say where it is not known."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One of them; ``at`` is its first character. ``default`` None: without the name nothing can be said."""

    name: str
    default: str | None
    at: int


def of(text: str) -> Iterator[Placeholder]:
    """All of them, in order; ``{{`` is a brace of the text itself."""
    for found in _BRACES.finditer(text):
        if found["name"] is not None:
            yield Placeholder(found["name"].strip(), found["default"], found.start())


def stray_brace(text: str) -> int | None:
    """Where a brace stands that belongs to no placeholder; None: nowhere."""
    left = _BRACES.sub(lambda found: "x" * len(found[0]), text)
    return next((at for at, sign in enumerate(left) if sign in "{}"), None)


def fill(text: str, values: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The text as it is sent, and the names that are not known and have no default: with any of them it is not sent."""
    missing: list[str] = []

    def put(found: re.Match[str]) -> str:
        if found["name"] is None:
            return found[0][0]
        said = spoken(values.get(name := found["name"].strip()))
        if not said and found["default"] is None:
            missing.append(name)
        return said or found["default"] or ""

    return _BRACES.sub(put, text), missing


def spoken(value: Any) -> str:
    """How a value is said to a customer: ``120 000``, ``да``; "" when it is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, list):
        return ", ".join(map(spoken, value))
    if isinstance(value, int | float | Decimal):
        number = Decimal(str(value))
        whole = number == number.to_integral_value()
        said = f"{number:,.0f}" if whole else f"{number:,.2f}"
        return said.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
    return str(value).strip()


_BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}|\n]+)(?:\|(?P<default>[^{}\n]*))?\}")
