"""What pictures cost: counted where the language models' calls are, and held to the same money of the day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from saudager.app import App
from saudager.engines import spend
from saudager.engines.budget import Budget
from saudager.errors import OutsideError
from saudager.providers.images import Drawn, Painter
from saudager.providers.llm import Call

_FREE = ("offline", "compatible")
"""This machine, and the merchant's own server."""


class MoneySpent(OutsideError):
    """The day's money is used up: nothing that costs is begun."""


@asynccontextmanager
async def held(app: App, painter: Painter) -> AsyncIterator[None]:
    """The length of one drawing, for which its price is held back: many at once pass DAILY_BUDGET by one picture, the
    first ones of a process, whose price nobody knows, by each of theirs. Raises MoneySpent."""
    settings = app.settings
    if settings.daily_budget and painter.engine.name not in _FREE:
        budget = Budget(settings.daily_budget, settings.usd_rate)
        spent = await app.db.read(spend.spent_today, app.clock.now().astimezone(settings.zone).date())
        if spent + sum(one.under_way * one.dearest for one in app.painters) >= budget.cap:
            raise MoneySpent(
                f"дневной лимит {budget.written} исчерпан. Продолжите серию после полуночи или поднимите DAILY_BUDGET"
            )
    painter.under_way += 1
    try:
        yield
    finally:
        painter.under_way -= 1


async def count(app: App, painter: Painter, drawn: Drawn) -> None:
    """Take a picture into the books, whatever becomes of it."""
    cost = Decimal(0) if drawn.cost is None and painter.engine.name in _FREE else drawn.cost
    painter.dearest = max(painter.dearest, cost or Decimal(0))
    call = Call(painter.engine.name, drawn.model, drawn.tokens_in, drawn.tokens_out, cost=cost)
    await app.db.run(spend.note, [call], None, app.clock.now().astimezone(app.settings.zone).date())
