"""All that is proved for one draft, sorted so that a figure is compared only with what measures the same."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, lru_cache

from saudager.providers.llm import Fact
from saudager.truth.figures import FigureKind
from saudager.truth.named import NamedFact
from saudager.truth.periods import NOW, relative_periods
from saudager.truth.rows import moment, names_of_label, row_proofs
from saudager.truth.senses import names_as_words
from saudager.truth.sources import Proof, names_in, names_of, passage_proofs
from saudager.words import normalise, stems

_TODAY = frozenset(("today", "now", "current_date", "date"))


class Known:
    """The passages and rows a draft may rest on."""

    def __init__(self, facts: Sequence[Fact | NamedFact], today: date) -> None:
        self.passages = [fact for fact in facts if isinstance(fact, Fact)]
        self.rows = [fact for fact in facts if isinstance(fact, NamedFact)]
        self.names = frozenset[str]().union(
            *(names_in(fact) for fact in self.passages),
            *(names_of_label(fact.label) | names_of(fact.value) | _spelled_out(fact) for fact in self.rows),
        )

        moments = [(row, when) for row in self.rows if (when := moment(row))]
        self.moments = [(row, when) for row, when in moments if row.name not in _TODAY]
        """Rows that are for a date or for a time of it."""
        self.today = next((when.date() for row, when in moments if row.name in _TODAY), today)

    @cached_property
    def by_kind(self) -> dict[FigureKind, list[Proof]]:
        """Every proof under the kind of its figure."""
        sorted_by: dict[FigureKind, list[Proof]] = defaultdict(list)
        for passage in self.passages:
            for proof in passage_proofs(passage):
                sorted_by[proof.figure.kind].append(proof)
        periods = relative_periods(self.rows)
        for row in self.rows:
            of = frozenset([periods[row]]) if row in periods else frozenset()
            for proof in row_proofs(row):
                wide = (proof.wide - {NOW} if of else proof.wide) | of
                sorted_by[proof.figure.kind].append(replace(proof, own=proof.own | of, wide=wide))
        return sorted_by

    @cached_property
    def labels(self) -> frozenset[str]:
        """The stems of all labels."""
        return frozenset[str]().union(*(stems(row.label) for row in self.rows))

    @cached_property
    def texts(self) -> list[tuple[str, frozenset[str]]]:
        """What each fact says, normalised, with its stems."""
        said = [f"{fact.text} {fact.section}" for fact in self.passages]
        said += [f"{fact.label} {fact.value} {names_as_words(fact.name)}" for fact in self.rows]
        return [_words(text) for text in said]


@lru_cache(maxsize=8192)
def _words(text: str) -> tuple[str, frozenset[str]]:
    return normalise(text), stems(text)


def _spelled_out(fact: NamedFact) -> frozenset[str]:
    """A value that is a name or a code («0-0-12»), to be said as it is."""
    coded = re.fullmatch(r"(?=.*\d)[\w]+(?:-[\w]+){2,}", fact.value) and not moment(fact)
    return frozenset([normalise(fact.value)] if coded else [])
