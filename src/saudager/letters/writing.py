"""A letter to one person: a model phrases the facts, the guard looks, else the words are ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from saudager.app import App
from saudager.letters.schemas import PersonalizationData
from saudager.truth.named import NamedFact

FALLBACK = "fallback"
"""The engine of a letter that no model wrote."""


@dataclass(frozen=True, slots=True)
class Commission:
    """What is asked for. ``products`` are ids of the catalogue; ``language`` None: the recipient's own, else the
    shop's."""

    person_id: int
    context: str = ""
    tone: str = "professional"
    purpose: str = "offer"
    products: tuple[int, ...] = ()
    include_sales_data: bool = True
    user_id: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A letter whose every figure stands in ``facts`` or in a passage of the shop's documents."""

    subject: str
    body: str
    """Plain text, with greeting and signature."""
    key_points: list[str]
    personalization: PersonalizationData | None
    """None without sales data."""
    facts: list[NamedFact]
    year: list[tuple[str, str]] | None
    """The last twelve months in the main currency, oldest first: ``("2026-01", "125000.00")``; None: nothing bought."""
    engine: str
    language: str
    remarks: list[str] = field(default_factory=list)
    """What the guard found in the model's drafts, and why no model wrote it: Russian sentences."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A figure of a letter, and what proves it; neither ``fact`` nor ``passage``: nothing does."""

    where: str
    """subject or body."""
    start: int
    end: int
    text: str
    fact: NamedFact | None
    passage: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """How a letter stands to its facts: its figures in reading order, and Russian warnings for who edits it."""

    figures: list[Marked]
    warnings: list[str]


async def write(
    app: App, commission: Commission, *, now: datetime, on_progress: Callable[[str], None] = lambda words: None
) -> Written:
    """Find the facts and the words; raises NotFound for an unknown person, Refused for what cannot be asked for."""
    raise NotImplementedError


def check(facts: Sequence[NamedFact], subject: str, body: str, *, now: datetime) -> Checked:
    """What an edited letter claims beyond its facts; a person may send it all the same."""
    raise NotImplementedError


def stored_facts(facts: Sequence[NamedFact]) -> list[dict[str, str]]:
    """Facts as ``letters.facts`` keeps them."""
    return [{"name": fact.name, "label": fact.label, "value": fact.value} for fact in facts]


def read_facts(stored: Sequence[dict[str, str]]) -> list[NamedFact]:
    """Facts out of ``letters.facts``."""
    return [NamedFact(one["name"], one["value"], one["label"]) for one in stored]
