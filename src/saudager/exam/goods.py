"""What there is to ask a shop about: the things its own documents name a price for, and their headings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from saudager.providers.llm import Fact
from saudager.truth.figures import FigureKind, figures
from saudager.words import cells, normalise

_ASIDE = re.compile(r"артикул|код|sku|№|город|регион|ед\.|единиц|штрих|city|unit")
_EXTRAS = re.compile(r"доставк|подъем|занос|сборк|демонтаж|вывоз|хранен|самовывоз|deliver|assembl")
"""Headings of what is paid besides the goods."""
_BRACKETS = re.compile(r"\s*\([^)]*\)")
_NAMED = re.compile(r"([^\W\d][^\d;:.—–\n]{2,60}?)\s*[—–:-]\s*\d")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_LONGEST = 70


@dataclass(frozen=True, slots=True)
class Goods:
    """``things`` have a price and ``topics`` are what else the documents speak of, both in the documents' order."""

    things: Sequence[str]
    topics: Sequence[str]


def goods_of(passages: Sequence[Fact]) -> Goods:
    """What customers may ask about; a shop whose documents hold nothing of the kind is asked about its goods."""
    sold = [fact for fact in passages if not _EXTRAS.search(normalise(f"{fact.section} {fact.text[:_LONGEST]}"))]
    things = _named_in(sold) or _named_in(passages)
    topics = list(dict.fromkeys(topic for fact in passages if (topic := _topic(fact))))
    return Goods(things or ["ваш товар"], topics or ["доставка"])


def _named_in(passages: Sequence[Fact]) -> list[str]:
    in_rows = dict.fromkeys(thing for fact in passages if fact.row is not None for thing in _things(fact))
    return list(in_rows or dict.fromkeys(thing for fact in passages for thing in _things(fact)))


def _things(fact: Fact) -> Iterator[str]:
    if not _priced(fact.text):
        return
    if fact.row is None:
        yield from (hit[1].strip() for hit in _NAMED.finditer(fact.text) if _LETTERS.search(hit[1]))
        return
    row = cells(fact.text)
    name = next((said for heading, said in row if _LETTERS.search(said) and not _ASIDE.search(normalise(heading))), "")
    if name and not _priced(name) and len(name) <= _LONGEST:
        yield _BRACKETS.sub("", name).strip()


def _topic(fact: Fact) -> str:
    heading = fact.section.rpartition(" › ")[2].strip()
    return heading if _LETTERS.search(heading) and len(heading) <= _LONGEST else ""


def _priced(text: str) -> bool:
    return any(figure.kind is FigureKind.MONEY for figure in figures(text))
