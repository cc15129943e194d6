"""What pictures cost: counted where the language models' calls are, and held to the same money of the day."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from saudager.app import App
from saudager.engines import spend
from saudager.engines.budget import Budget
from saudager.engines.prices import Prices
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
    now = app.clock.now()
    call = Call(painter.engine.name, drawn.model, drawn.tokens_in, drawn.tokens_out, cost=drawn.cost)
    if call.cost is None:
        call = replace(call, cost=await asyncio.to_thread(_price, app, call, painter.engine.model_id, now))
    painter.dearest = max(painter.dearest, call.cost or Decimal(0))
    await app.db.run(spend.note, [call], None, now.astimezone(app.settings.zone).date())


def _price(app: App, call: Call, model: str, now: datetime) -> Decimal | None:
    """By the price lists, where the vendor tells tokens alone."""
    if call.engine in _FREE:
        return Decimal(0)
    if not call.tokens_in and not call.tokens_out:
        return None
    prices = Prices.read(app.settings.model_prices)
    known = prices.of(call, at=now, draws=True)
    return prices.of(replace(call, model=model), at=now, draws=True) if known is None else known
