"""The guard: a draft leaves the house only when every figure, promise and mark of style in it stands up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from saudager.providers.llm import Fact
from saudager.truth.contacts import hide_contacts, strangers
from saudager.truth.deeds import false_deeds
from saudager.truth.figures import Figure
from saudager.truth.known import Known
from saudager.truth.language import wrong_language
from saudager.truth.named import NamedFact
from saudager.truth.promises import promises
from saudager.truth.reading import Reading
from saudager.truth.style import LETTER_CHARACTERS, complaints


@dataclass(frozen=True, slots=True)
class ProvedFigure:
    """A figure of a draft and what proves it; ``source`` and ``row`` are None when nothing does."""

    text: str
    value: Decimal
    """The amount; of a size its width, of a date its day, of a time its hour."""
    unit: str
    """Currency code, '%', 'mm', 'day'…; '' when none is written."""
    source: Fact | None
    row: NamedFact | None = None
    start: int = 0
    """Where it stands in the draft."""
    end: int = 0


@dataclass(frozen=True, slots=True)
class Examination:
    """What the guard found; ``problems`` are Russian sentences for the trace and for a model asked to write again."""

    passed: bool
    figures: list[ProvedFigure] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def examine(
    draft: str,
    *,
    facts: Sequence[Fact | NamedFact],
    earlier: Sequence[str] = (),
    now: datetime,
    works_out: bool = True,
    letter: bool = False,
) -> Examination:
    """Check a draft against the passages of its briefing and the rows it was written from.

    ``earlier`` are the latest lines of the conversation, oldest first, whoever wrote them. They only tell what a short
    sentence is about; a figure in them proves nothing. ``works_out``: what follows from proved figures is proved too;
    with many rows something always follows, so a letter must name what a row says. ``letter``: it may be long.
    """
    known = Known(facts, now.date())
    style, draft = (
        complaints(draft, letter=letter or (bool(known.rows) and not known.passages)),
        draft[:LETTER_CHARACTERS],
    )
    hidden = hide_contacts(draft)
    reading = Reading(hidden, known, earlier, works_out=works_out)
    checked = [_proved(one.figure, one.fact) for one in reading.claims]
    problems = [f"«{one.text}»: {_reason(one, known)}." for one in checked if not (one.source or one.row)]
    problems += [*reading.complaints, *strangers(draft, known), *false_deeds(hidden, known)]
    problems += [*promises(draft, known), *style, *wrong_language(draft, earlier, known)]
    return Examination(passed=not problems, figures=checked, problems=problems)


def _proved(figure: Figure, by: Fact | NamedFact | None) -> ProvedFigure:
    passage = by if isinstance(by, Fact) else None
    row = by if isinstance(by, NamedFact) else None
    return ProvedFigure(figure.text, figure.value, figure.unit, passage, row, figure.start, figure.end)


def _reason(one: ProvedFigure, known: Known) -> str:
    alike = (proof.figure for proofs in known.by_kind.values() for proof in proofs)
    held = any((figure.value, figure.unit) == (one.value, one.unit) for figure in alike)
    return "в документах это относится к другому" if held else "такой цифры в документах нет"
