"""Who might this be? A small linear classifier over the marks of a conversation (see scripts/train_moderator.py)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import exp, sqrt
from pathlib import Path

from saudager.agent.acquaintance_marks import VALUES, Marks, folded, marks_of
from saudager.providers.llm import Person
from saudager.words import stem

CUSTOMER, UNCLEAR = "customer", "unclear"
WEIGHTS = Path(__file__).with_name("acquaintance.tsv")
ZERO = 79
"""The character code that stands for a weight of nothing; one more or less is one ``step``."""
LONG_TEXT = 0.5
"""How far a long conversation is scaled down to a short one's length: 0 not at all, 1 fully."""

_GOODS_LEAD = 1.0
_WORDS_NAMED = 3
_SHORT_WORD = 4
"""Shorter ones are named last: «по» and «я» tell a reader nothing."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How likely each kind of person is, and the customer's words that speak most for the likeliest side."""

    shares: dict[str, float]
    words: tuple[str, ...]

    @property
    def stranger(self) -> str:
        """The likeliest kind of those who are no customers."""
        return max((kind for kind in self.shares if kind not in (CUSTOMER, UNCLEAR)), key=self.shares.__getitem__)

    @property
    def sides(self) -> dict[bool | None, float]:
        """The share of customers (true), of everybody else (false) and of what is not clear yet (null)."""
        customer, unclear = self.shares[CUSTOMER], self.shares[UNCLEAR]
        return {True: customer, False: 1 - customer - unclear, None: unclear}


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: for every mark one character per kind, see ``ZERO``."""

    kinds: tuple[str, ...]
    bias: tuple[float, ...]
    step: float
    fingerprint: str
    marks: dict[str, bytes]


def guess(person: Person, goods: frozenset[str] = frozenset()) -> Guess:
    """Who this might be; a question with one of the words ``goods`` speaks for a customer."""
    weights = learned()
    marks = marks_of(person)
    known = [mark for mark in marks.all if mark in weights.marks]
    length = sqrt(sum(VALUES[mark[0]] ** 2 for mark in known)) ** LONG_TEXT or 1.0
    scores = [
        bias + weights.step / length * score for bias, score in zip(weights.bias, _sums(weights, known), strict=True)
    ]
    if goods and "masks at last" in marks.all and any("w" + stem(folded(word)) in marks.all for word in goods):
        scores[weights.kinds.index(CUSTOMER)] += _GOODS_LEAD
    top = max(scores)
    parts = [exp(score - top) for score in scores]
    found = Guess({kind: part / sum(parts) for kind, part in zip(weights.kinds, parts, strict=True)}, ())
    return Guess(found.shares, _deciding(weights, marks, found))


@cache
def learned() -> Weights:
    """The shipped weights, read once."""
    header, *rows = WEIGHTS.read_text(encoding="utf-8").splitlines()
    told = json.loads(header)
    return Weights(
        kinds=tuple(told["kinds"]),
        bias=tuple(told["bias"]),
        step=told["step"],
        fingerprint=told["fingerprint"],
        marks={mark: levels.encode() for mark, levels in (row.split("\t") for row in rows)},
    )


def _sums(weights: Weights, marks: Iterable[str]) -> list[float]:
    """By kind: the weights of the marks, each by what its group counts, in steps."""
    by_group: dict[str, list[bytes]] = {}
    for mark in marks:
        by_group.setdefault(mark[0], []).append(weights.marks[mark])
    sums = [0.0] * len(weights.kinds)
    for group, rows in by_group.items():
        for at, levels in enumerate(zip(*rows, strict=True)):
            sums[at] += VALUES[group] * (sum(levels) - ZERO * len(rows))
    return sums


def _deciding(weights: Weights, marks: Marks, found: Guess) -> tuple[str, ...]:
    stranger = found.stranger
    customer = found.sides[True] >= found.sides[False]
    winner, loser = (CUSTOMER, stranger) if customer else (stranger, CUSTOMER)
    up, down = weights.kinds.index(winner), weights.kinds.index(loser)
    gains: list[tuple[float, str]] = []
    for word, left in marks.words.items():
        rows = [(VALUES[mark[0]], weights.marks[mark]) for mark in left if mark in weights.marks]
        gains.append((sum(value * (row[up] - row[down]) for value, row in rows), word))
    telling = [word for gain, word in sorted(gains, key=lambda gain: -gain[0]) if gain > 0]
    return tuple(sorted(telling[: 2 * _WORDS_NAMED], key=lambda word: len(word) < _SHORT_WORD)[:_WORDS_NAMED])
