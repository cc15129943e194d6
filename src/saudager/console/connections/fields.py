"""A form of what is connected, drawn from the JSON schema of its settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from saudager import forms

PREFIX = "config."
"""Before the names of the fields of the schema."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input: ``kind`` is its type in HTML."""

    name: str
    kind: str
    title: str
    hint: str
    value: str
    is_needed: bool
    is_set: bool
    """A secret that is stored and may be left empty."""
    problem: str
    choices: tuple[tuple[str, str], ...] = ()
    """What may be chosen, and how it is shown; then it is no input but a list."""


def draw(
    schema: Mapping[str, Any],
    filled: Mapping[str, Any],
    *,
    problems: Mapping[str, str],
    secrets_set: Iterator[str] | Any = (),
    part: str = "",
) -> list[Field]:
    """The fields in the order of the schema; a secret never has a value. ``part`` stands before the names of fields of
    a form that has several schemas."""
    needed, drawn = set(schema.get("required", ())), []
    for name, told in schema["properties"].items():
        shape = forms.plain(told)
        is_secret, is_set = bool(shape.get("writeOnly")), name in secrets_set
        drawn.append(
            Field(
                name=PREFIX + (f"{part}." if part else "") + name,
                kind=_kind(shape),
                title=shape.get("title", name),
                hint=shape.get("description", ""),
                value="" if is_secret else _typed(filled.get(name, shape.get("default"))),
                is_needed=name in needed and not is_set,
                is_set=is_set,
                problem=problems.get(name, ""),
                choices=_choices(shape),
            )
        )
    return drawn


def filled_in(form: FormData) -> dict[str, str]:
    """What was written into the fields of the schema."""
    return {
        name.removeprefix(PREFIX): value.strip()
        for name, value in form.items()
        if name.startswith(PREFIX) and isinstance(value, str)
    }


def _typed(value: Any) -> str:
    """A value as its field holds it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _choices(shape: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if shape.get("type") == "boolean":
        return (("false", "нет"), ("true", "да"))
    return tuple((str(one), str(one)) for one in shape.get("enum", ()))


def _kind(shape: Mapping[str, Any]) -> str:
    if shape.get("writeOnly"):
        return "password"
    if shape.get("format") == "uri":
        return "url"
    return "number" if shape.get("type") in ("integer", "number") else "text"
