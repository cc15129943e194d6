"""The guard: a draft leaves the house only when every figure, promise and mark of style in it stands up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from saudager.providers.llm import Fact
from saudager.truth.claims import hide_contacts, promises, strangers
from saudager.truth.figures import figures
from saudager.truth.matching import find_proof, is_claim
from saudager.truth.sources import Proof, names_in, proofs
from saudager.truth.style import CHARACTERS, complaints
from saudager.words import sentence_spans

_READ = 2 * CHARACTERS
"""Characters that are looked at; a longer draft is stopped for its length anyway."""


@dataclass(frozen=True, slots=True)
class ProvedFigure:
    """A figure of a draft and the passage that holds it; ``source`` is None when nothing proves it."""

    text: str
    value: Decimal
    """The amount; of a size its width, of a date its day, of a time its hour."""
    unit: str
    """Currency code, '%', 'mm', 'day'…; '' when none is written."""
    source: Fact | None


@dataclass(frozen=True, slots=True)
class Examination:
    """What the guard found; ``problems`` are Russian sentences for the trace and for a model asked to write again."""

    passed: bool
    figures: list[ProvedFigure] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def examine(draft: str, *, facts: Sequence[Fact], earlier: Sequence[str] = (), now: datetime) -> Examination:
    """Check a draft against the passages of its briefing.

    ``earlier`` are the latest lines of the conversation, oldest first, whoever wrote them. They only tell what a short
    sentence is about; a figure in them proves nothing.
    """
    style, draft = complaints(draft), draft[:_READ]
    names = names_in(facts)
    known = proofs(facts, names)
    hidden = hide_contacts(draft)
    found = figures(hidden, names)
    checked: list[ProvedFigure] = []
    for span in sentence_spans(hidden):
        inside = [figure for figure in found if span[0] <= figure.start < span[1]]
        for figure in inside:
            if is_claim(figure, inside, hidden[slice(*span)], now):
                proof = find_proof(figure, inside, hidden, span, known, names, earlier)
                checked.append(ProvedFigure(figure.text, figure.value, figure.unit, proof.fact if proof else None))
    problems = [f"«{one.text}»: {_reason(one, known)}." for one in checked if one.source is None]
    problems += [*strangers(draft, facts), *promises(draft, facts), *style]
    return Examination(passed=not problems, figures=checked, problems=problems)


def _reason(one: ProvedFigure, known: Sequence[Proof]) -> str:
    held = any((proof.figure.value, proof.figure.unit) == (one.value, one.unit) for proof in known)
    return "в документах это относится к другому" if held else "такой цифры в документах нет"
