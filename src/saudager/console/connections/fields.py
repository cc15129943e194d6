"""A form of what is connected, drawn from the JSON schema of its settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

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


def draw(
    schema: Mapping[str, Any],
    filled: Mapping[str, Any],
    *,
    problems: Mapping[str, str],
    secrets_set: Iterator[str] | Any = (),
) -> list[Field]:
    """The fields in the order of the schema; a secret never has a value."""
    needed, drawn = set(schema.get("required", ())), []
    for name, shape in schema["properties"].items():
        is_secret, is_set = bool(shape.get("writeOnly")), name in secrets_set
        value = "" if is_secret else str(filled.get(name, shape.get("default", "")))
        drawn.append(
            Field(
                name=PREFIX + name,
                kind=_kind(shape),
                title=shape.get("title", name),
                hint=shape.get("description", ""),
                value=value,
                is_needed=name in needed and not is_set,
                is_set=is_set,
                problem=problems.get(name, ""),
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


def _kind(shape: Mapping[str, Any]) -> str:
    if shape.get("writeOnly"):
        return "password"
    if shape.get("format") == "uri":
        return "url"
    return "number" if shape.get("type") in ("integer", "number") else "text"
