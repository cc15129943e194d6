"""The engines in numbers, for whoever watches the service: what they cost today, and which of them rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.engines import spend
from saudager.engines.order import Engines

Family = tuple[str, str, tuple[str, ...], Mapping[tuple[str, ...], float]]
"""A name, what it says, the names of its labels, and each value by those of the labels."""


def families(app: App, session: Session, now: datetime) -> Sequence[Family]:
    """Money in US dollars, by the shop's day; an engine rests after a failure, until its time is over or its key is
    entered anew."""
    spent = spend.spent_today(session, now.astimezone(app.settings.zone).date())
    found: list[Family] = [("spent_today_usd", "What models have cost since midnight", (), {(): float(spent)})]
    if not isinstance(app.model, Engines):
        return found
    if (budget := app.model.books.budget) is not None:
        found.append(("budget_usd", "What they may cost in a day", (), {(): float(budget.cap)}))
    resting = {(one.name,): float(one.health.stopped or one.health.is_resting(now)) for one in app.model.engines}
    return [*found, ("engine_resting", "1 while an engine is not asked", ("engine",), resting)]
