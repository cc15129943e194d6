"""What rows of ours prove: the figures, moments and flags of named facts, and what each belongs to."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from saudager.truth.figures import Figure, FigureKind, figures
from saudager.truth.named import NamedFact
from saudager.truth.senses import numbers, paired, periods, senses_of, senses_of_name
from saudager.truth.sources import Proof, marks, names_of
from saudager.truth.units import HOME_CURRENCY, unit_after
from saudager.words import normalise

_NUMBER = re.compile(r"([+-]?\d[\d\s]*(?:[.,]\d+)?)\s*(.*)")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T\s]+(\d{1,2}:\d{2})(?::\d{2})?)?(?:[+-]\d{2}:?\d{2}|Z)?")
_HOURS = re.compile(r"(\d{1,2}:\d{2})\s*[-–—]\s*(\d{1,2}:\d{2})")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_RANGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*[-–—]\s*(\d+(?:[.,]\d+)?)\s*(.*)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FRACTION = _words(
    """
growth change share part fraction discount rate percent pct prepayment deposit margin vat markup cashback
bonus commission increase decrease drop conversion advance ratio off surcharge
"""
)
_MONEY = _words(
    """
price total cost sum amount revenue fee debt balance bill invoice payment cart spent turnover sales average
avg budget limit order_value check credit refund salary tariff surcharge deposit prepayment instalment
"""
)
_TERMS = {"days": "day", "day": "day", "weeks": "week", "months": "month", "month": "month", "years": "year",
          "year": "year", "hours": "hour", "minutes": "minute", "kg": "kg", "km": "km", "m2": "m2"}  # fmt: skip
_TRUE, _FALSE = ("true", "yes", "done"), ("false", "no", "none", "null")
_SIZED = re.compile(r"(?<!\w)([^\W\d]\w+) (\d[\d.,]*(?:[xх×/]\d[\d.,]*)+)(?!\w)")
_YEAR_MONTH = re.compile(r"(?<!\d)(?:19|20)\d{2}-(0[1-9]|1[0-2])(?![\d-])")
_NOTHING = re.compile(r"0+(?:[.,]0+)?(?!\S)")


@lru_cache(maxsize=4096)
def row_proofs(fact: NamedFact) -> tuple[Proof, ...]:
    """Every figure of a named fact and of its label."""
    names = names_of_label(fact.label)
    said = marks(fact.label, names) | senses_of(fact.label)
    senses = senses_of_name(fact.name) | senses_of(fact.label) | months_of(fact.label)
    own = frozenset(mark for mark in said if not mark.startswith("§")) | periods(senses) | numbers(fact.label)
    own |= paired(fact.label)
    senses |= frozenset() if periods(senses) else {"~this"}
    stated = [Proof(figure, fact, own, own | senses, own) for figure in _stated(fact)]
    labelled = [Proof(figure, fact, own, own | senses, own) for figure in _of_label(fact.label)]
    return (*stated, *labelled)


def months_of(label: str) -> frozenset[str]:
    """``2026-09`` is September."""
    return frozenset(f"~{int(hit[1])}" for hit in _YEAR_MONTH.finditer(label))


@lru_cache(maxsize=4096)
def moment(fact: NamedFact) -> datetime | None:
    """The date of a fact, with its time when it has one (midnight otherwise); None for facts of another sort."""
    found = _MOMENT.fullmatch(fact.value.strip())
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]} {(found[2] or '00:00').zfill(5)}")
    except ValueError:
        return None


def names_of_label(label: str) -> frozenset[str]:
    """The names in a label, sizes that belong to one («ВВГ 3x1.5», «Шина 195/65») with them."""
    sized = (f"{hit[1]} {hit[2]}" for hit in _SIZED.finditer(normalise(label)))
    return names_of(label) | frozenset(sized)


def is_true(fact: NamedFact) -> bool:
    """Whether the fact says that something is or was done: ``true``, or the moment or figure of it, but not 0."""
    return fact.value.strip().lower() not in _FALSE and not _NOTHING.match(fact.value.strip())


def _of_label(label: str) -> Iterator[Figure]:
    for figure in figures(label):
        yield figure
        if figure.kind is FigureKind.NUMBER and 1990 < figure.value < 2100:
            yield replace(figure, kind=FigureKind.DATE, parts=(Decimal(0), Decimal(0), figure.value))


def _stated(fact: NamedFact) -> Iterator[Figure]:
    value = fact.value.strip()
    if value.lower() in (*_TRUE, *_FALSE):
        return
    if found := _MOMENT.fullmatch(value):
        yield from figures(found[1])
        yield from figures(found[2] or "")
    elif _HOURS.fullmatch(value) or _CLOCK.fullmatch(value):
        yield from figures(value)
    elif both := _RANGE.fullmatch(value):
        for number in both.group(1, 2):
            yield from _amount(fact, Decimal(number.replace(",", ".")), both[3].strip())
    elif number := _NUMBER.fullmatch(value):
        yield from _amount(fact, Decimal(re.sub(r"\s", "", number[1]).replace(",", ".")), number[2].strip())
    else:
        yield from figures(value, names_of(value))


def _amount(fact: NamedFact, value: Decimal, unit: str) -> Iterator[Figure]:
    words = frozenset(fact.name.lower().split("_"))
    scale, kind, read, _ = unit_after(f" {unit.lower().split('/')[0]}", 0) if unit else (1, "", "", 0)
    term = next((_TERMS[word] for word in reversed(fact.name.lower().split("_")) if word in _TERMS), "")
    term = term or ("minute" if {"duration", "min"} <= words else "")
    if not unit and ((words & _FRACTION and abs(value) <= 5) or (value % 1 and abs(value) < 1)):
        value, kind, read = value * 100, "percent", "%"
    elif not unit and term:
        kind, read = "quantity", term
    elif not unit and words & _MONEY and abs(value) >= 100:
        kind, read = "money", HOME_CURRENCY
    share = abs(value) if kind == "percent" else value * scale
    figure = Figure(fact.value, FigureKind(kind or "number"), (share,), read, 0, len(fact.value))
    yield figure
    if figure.kind is FigureKind.PERCENT:
        yield from _as_multiple(fact, value / 100)


def _as_multiple(fact: NamedFact, growth: Decimal) -> Iterator[Figure]:
    """Growth of a half is also «в полтора раза», a fall by a half «вдвое»."""
    if growth > -1 and "§growth" in senses_of_name(fact.name):
        factor = 1 + growth if growth >= 0 else 1 / (1 + growth)
        yield Figure(fact.value, FigureKind.MULTIPLE, (factor,), "", 0, len(fact.value))
