"""Sentences that a document holds as they are: nothing in them needs another proof."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from saudager.providers.llm import Fact
from saudager.truth.known import Known
from saudager.words import cells, normalise, sentences, stems

_SIGNS = re.compile(r"[^\w%₸$€₽+−-]+")
_QUOTED = re.compile(r"[^\d«]*:\s*«")
_GAPS = re.compile(r"\s[—–-]\s|[,:;.]\s|\s?[()]\s?")
_AMOUNT = re.compile(r"[+-]?\s?\d[\d\s.,]*")
_CURRENCY = re.compile(r"(?<=\d)\s?(?:₸|тенге|теңге|тнг|тг|kzt)(?!\w)")
_ASIDE = re.compile(r"код|артикул|арт\b|sku|№|ед")
_SHORTEST = 12
"""Letters below which a sentence says too little to be known again."""


def stands_in(sentence: str, known: Known, *, of: frozenset[str]) -> Fact | None:
    """The passage that says this and is of the named thing, if one is named.

    Prose must hold the sentence word for word, or the words before a colon and whole items of the list behind it.
    A table row must hold every part of it, a figure behind the heading of its column where the row has several.
    """
    said = _QUOTED.sub("", sentence)
    if len(_plain(said)) < _SHORTEST:
        return None
    held = (fact for fact in known.passages if (_row_holds if fact.row is not None else _prose_holds)(fact.text, said))
    return next((fact for fact in held if not of or of & stems(f"{fact.text} {fact.section}")), None)


def _prose_holds(text: str, said: str) -> bool:
    plain = _plain(said)
    return f" {plain} " in _of_passage(text) or any(_lists(head, items, plain) for head, items in _enumerations(text))


def _lists(head: str, items: Sequence[str], plain: str) -> bool:
    """Whether it is the head and some of the items, in their order."""
    if not plain.startswith(f"{head} "):
        return False
    rest = f"{plain[len(head) :].strip()} "
    for item in items:
        rest = rest.removeprefix(f"{item} ")
    return not rest


@lru_cache(maxsize=8192)
def _enumerations(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What stands before the colon of a sentence, and the items behind it."""
    return tuple(_enumerated(text))


def _enumerated(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for sentence in sentences(text):
        head, colon, listed = sentence.partition(": ")
        items = re.split(r";\s" if "; " in listed else r",\s", listed)
        if colon and len(items) > 1:
            yield _plain(head), tuple(_plain(item) for item in items)


def _row_holds(text: str, said: str) -> bool:
    row, parts = _row(text), _parts(said)
    return row.name <= set(parts) <= row.parts and all(
        not heading or parts[max(0, at - len(heading)) : at] == heading
        for at, heading in ((at, row.heading_of.get(part, [])) for at, part in enumerate(parts))
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """The parts of a table row, those that name the thing, and the heading of each amount where there are several."""

    parts: frozenset[str]
    name: frozenset[str]
    heading_of: dict[str, list[str]]


@lru_cache(maxsize=8192)
def _row(text: str) -> _Row:
    pairs = cells(text)
    amounts = [(heading, _bare(content)) for heading, content in pairs if _AMOUNT.fullmatch(_bare(content))]
    first = next((at for at, (_, content) in enumerate(pairs) if at and _CURRENCY.search(content)), len(pairs))
    naming = [content for heading, content in pairs[:first] if not _ASIDE.match(normalise(heading))]
    return _Row(
        frozenset(part for pair in pairs for side in pair for part in _parts(side)),
        frozenset(part for content in naming for part in _parts(content)),
        {amount: _parts(heading) for heading, amount in amounts} if len(amounts) > 1 else {},
    )


def _parts(text: str) -> list[str]:
    return [part for piece in _GAPS.split(text) if (part := _bare(piece))]


def _bare(text: str) -> str:
    return _CURRENCY.sub("", _plain(text))


@lru_cache(maxsize=8192)
def _of_passage(text: str) -> str:
    return f" {_plain(text)} "


def _plain(text: str) -> str:
    return _SIGNS.sub(" ", normalise(text)).strip()
