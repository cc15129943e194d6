"""One question before all the units that may answer it, and how rare its words are among them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from saudager.providers.llm.offline.audiences import audiences
from saudager.providers.llm.offline.fitting import Context
from saudager.providers.llm.offline.likeness import base
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.terms import Bag, Term, joined, match
from saudager.providers.llm.offline.units import Unit
from saudager.providers.llm.offline.works import services

_SPREAD_COSTS, _MAY_BE_NAME = 0.6, 0.1
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Setting:
    """A question and what can be said about it without looking at one unit alone."""

    asked: Question
    context: Context
    want: str
    everything: Mapping[Unit, Bag]
    """All words and numbers of each unit with its headings."""
    rarity: Mapping[Term, float]
    """By how rarely customers say it, 0 to 1."""
    weight: Mapping[Term, float]
    """The rarity, less for what many passages say."""
    spread: Mapping[Term, float]
    """The share of passages that name it."""
    total: float
    people: frozenset[str]
    works: frozenset[str]
    """Works some unit is about and the question, or the conversation before it, names."""
    pairs: tuple[tuple[str, str], ...]
    """Lemmas that stand side by side in the question."""

    @property
    def best_found(self) -> float:
        """The best score of the search."""
        return max((unit.fact.score for unit in self.everything), default=0.0)


def setting_of(
    asked: Question, units: Sequence[Unit], context: Context, want: str, common: Mapping[str, float]
) -> Setting:
    """``common`` says how common a lemma is among customers' lines, 0 to 1."""
    everything = {unit: _everything(unit) for unit in units}
    passages: dict[int, list[Bag]] = {}
    for unit, held in everything.items():
        passages.setdefault(unit.rank, []).append(held)
    bags = [joined(*held) for held in passages.values()]
    spread = {term: sum(1 for held in bags if match(term, held)) / max(len(bags), 1) for term in asked.terms}
    rarity = {term: 1 - common.get(base(term.word), 0.0) if term.word else 1.0 for term in asked.terms}
    weight = {
        term: _MAY_BE_NAME if term.may_be_name else rarity[term] * (1 - _SPREAD_COSTS * spread[term])
        for term in asked.terms
    }
    return Setting(
        asked=asked,
        context=context,
        want=want,
        everything=everything,
        rarity=rarity,
        weight=weight,
        spread=spread,
        total=sum(weight.values()) or 1.0,
        people=audiences(asked.plain),
        works=_works(asked, context, units),
        pairs=tuple(pair for pair in pairs_of(asked.plain) if any(len(word) > 3 for word in pair)),
    )


def _works(asked: Question, context: Context, units: Sequence[Unit]) -> frozenset[str]:
    said = [Term(term.word) for term in (*asked.terms, *context.terms) if term.word]
    held = frozenset[str]().union(*(services(unit) for unit in units))
    return frozenset(work for work in held if any(match(term, Bag(frozenset((work,)))) for term in said))


def pairs_of(plain: str) -> list[tuple[str, str]]:
    """Lemmas of neighbouring words of a normalised text."""
    words = [base(word) for word in _WORD.findall(plain)]
    return list(pairwise(words))


def _everything(unit: Unit) -> Bag:
    return joined(unit.own, unit.label, unit.near, unit.around, unit.asked, unit.before, unit.name)
