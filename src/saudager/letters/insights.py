"""Insights into what a company buys: code computes each value and trend, a model may phrase them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from saudager.app import App
from saudager.letters.schemas import PersonalizationData
from saudager.sales.metrics import Figures
from saudager.truth.named import NamedFact


@dataclass(frozen=True, slots=True)
class Insights:
    """What was found about a company and one of its people; ``engine`` phrased it, ``fallback``: nobody."""

    data: PersonalizationData
    facts: list[NamedFact]
    figures: Figures
    engine: str


async def find(
    app: App,
    company_id: int,
    person_id: int,
    *,
    now: datetime,
    months_back: int = 12,
    on_progress: Callable[[str], None] = lambda words: None,
) -> Insights:
    """Raises NotFound for an unknown company or person, Refused for a person of another company."""
    raise NotImplementedError
