"""Which column of a file tells what: found by its heading, or chosen by a person."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from inspect import getfile
from pathlib import Path

from saudager.errors import Refused


@dataclass(frozen=True, slots=True)
class Field:
    """A thing we want to know of a row: its name with us, what a person calls it, and headings that mean it."""

    name: str
    title: str
    headings: tuple[str, ...]
    """Of two that a file has, the one named earlier is taken."""
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """Fields of which a file has to have one; ``title`` is what a person calls them together."""

    names: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What files of one kind tell."""

    fields: tuple[Field, ...]
    one_of: tuple[OneOf, ...] = ()


class Kind(StrEnum):
    """What a file tells of; a room names its kinds, and keeps a template of each beside them."""

    @property
    def layout(self) -> Layout:
        raise NotImplementedError

    @property
    def template(self) -> Path:
        """A file to fill in, with an example in it."""
        return Path(getfile(type(self))).with_name(f"{self}_template.csv")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file, counted from 0, holds a field, and what hinders reading it."""

    of: Mapping[str, int]
    problems: tuple[str, ...] = ()


_UNIT = re.compile(r"\s*[,(]\s*(шт|руб|₽|rub|₸|тг|тенге|kzt)\.?\s*\)?$")
_SIGNS = re.compile(r"[\s:*]+$")
_CURRENCIES = {"руб": "RUB", "₽": "RUB", "rub": "RUB", "₸": "KZT", "тг": "KZT", "тенге": "KZT", "kzt": "KZT"}


def recognise(headings: Sequence[str], layout: Layout) -> Columns:
    """Find the columns of a file by its headings; what is missing or stands there twice is a problem in Russian."""
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(headings):
        places.setdefault(plain(heading), []).append(place)
    found: dict[str, int] = {}
    problems: list[str] = []
    for field in layout.fields:
        known = next((places[heading] for heading in field.headings if heading in places), [])
        if len(known) > 1:
            letters = ", ".join(letter(place) for place in known)
            problems.append(
                f"колонка «{headings[known[0]]}» есть несколько раз (столбцы {letters}): укажите, какую читать."
            )
        elif known and known[0] not in found.values():
            found[field.name] = known[0]
    return Columns(found, (*problems, *(() if problems else missing(found, layout))))


def missing(columns: Mapping[str, int], layout: Layout) -> tuple[str, ...]:
    """What the file does not tell and we cannot do without, in Russian."""
    lacking = [field.title for field in layout.fields if field.is_needed and field.name not in columns]
    lacking += [one.title for one in layout.one_of if not any(name in columns for name in one.names)]
    if not lacking:
        return ()
    return (f"не найдены колонки: {', '.join(lacking)}. Укажите, какие колонки файла их содержат.",)


def count(headings: Sequence[str], layout: Layout) -> int:
    """How many fields a row would head."""
    written = {plain(heading) for heading in headings}
    return sum(any(heading in written for heading in field.headings) for field in layout.fields)


def settle(chosen: Mapping[str, int] | None, headings: Sequence[str], layout: Layout) -> Mapping[str, int]:
    """The columns a person chose, or what the headings tell when nobody did. Raises Refused with what is missing."""
    if chosen is None:
        found = recognise(headings, layout)
    else:
        there = {name: place for name, place in chosen.items() if 0 <= place < len(headings)}
        found = Columns(there, missing(there, layout))
    if found.problems:
        raise Refused(" ".join(f"{one[:1].upper()}{one[1:]}" for one in found.problems))
    return found.of


def plain(heading: str) -> str:
    """A heading as the table of fields writes it: small letters, no unit, no signs behind."""
    words = " ".join(heading.lower().replace("ё", "е").split())
    return _SIGNS.sub("", _UNIT.sub("", _SIGNS.sub("", words)))


def currency(heading: str) -> str | None:
    """The currency a heading names: «Цена, руб.» is in RUB."""
    unit = _UNIT.search(_SIGNS.sub("", " ".join(heading.lower().split())))
    return _CURRENCIES.get(unit[1]) if unit else None


def letter(place: int) -> str:
    """A column, counted from 0, as a spreadsheet calls it: 0 is A, 27 is AB."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
