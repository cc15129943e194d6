"""The books of the hosted engines: what every call cost, what is left of the day, and what a person must hear."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.clock import Clock
from saudager.db.threads import Database
from saudager.engines import spend
from saudager.engines.budget import Budget
from saudager.engines.notices import Desk
from saudager.engines.prices import Prices
from saudager.errors import DatabaseFault
from saudager.providers.llm import Briefing, Call, FaultKind, Task

_log = logging.getLogger(__name__)
_CHARACTERS_PER_TOKEN = 2  # Russian in today's tokenizers: rather too many tokens reserved than too few


class Books:
    """Spending is known in memory and read from the database at first use and after the shop's midnight.

    What is counted and told is written by ``keep``, all in one transaction; what could not be written waits for the
    next time, and is lost when the process dies before.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        zone: ZoneInfo,
        *,
        desk: Desk,
        prices: Prices,
        max_tokens: int,
        budget: Budget | None = None,
    ) -> None:
        self.budget = budget
        self._db = db
        self.clock = clock
        self._zone = zone
        self._desk = desk
        self.prices = prices
        self._max_tokens = max_tokens
        self._opening = asyncio.Lock()
        self._opened = False
        self._unwritten: list[tuple[int | None, date, Call]] = []
        self._news: dict[str, str | None] = {}

    def today(self) -> date:
        return self.clock.now().astimezone(self._zone).date()

    async def open(self) -> None:
        """Read the price list once, and what is spent when a day begins; raises DatabaseFault."""
        async with self._opening:
            if not self._opened:
                await asyncio.to_thread(self.prices.load)
                self._opened = True
            today = self.today()
            if self.budget is not None and self.budget.day != today:
                self.budget.begin(today, await self._db.read(spend.spent_today, today))
            if self.budget is not None:
                self._news |= self.budget.news()

    def estimate(self, engine: str, model: str, asked: Briefing | Task) -> Decimal | None:
        """The most a call may cost in US dollars; None when nobody knows the price."""
        tokens = _characters(asked) // _CHARACTERS_PER_TOKEN
        most = (asked.max_tokens if isinstance(asked, Task) else None) or self._max_tokens
        return self.prices.of(Call(engine, model, tokens, most), at=self.clock.now())

    def allow(self, estimate: Decimal | None) -> bool:
        return self.budget is None or self.budget.allows(estimate or Decimal(0))

    def reserve(self, estimate: Decimal | None) -> AbstractContextManager[None]:
        return nullcontext() if self.budget is None else self.budget.reserve(estimate or Decimal(0))

    def count(
        self, calls: Iterable[Call], contact_id: int | None, *, model: str, estimate: Decimal | None
    ) -> list[Call]:
        """Take calls of an engine set to ``model`` into the books; gives them back with their prices.

        One that tells no tokens though its vendor may bill it (cut off by a time-out, say) costs the estimate; when
        the connection failed it stays unknown, or a day without a network would use up the money.
        """
        priced = [replace(call, cost=self._cost(call, model, estimate)) for call in calls]
        today = self.today()
        for call in priced:
            self._unwritten.append((contact_id, today, call))
            if self.budget is not None and call.cost is not None:
                self.budget.charge(call.cost, today)
        if self.budget is not None:
            self._news |= self.budget.news()
        return priced

    def tell(self, about: str, reason: str | None) -> None:
        """Something for a person's desk; None takes it off."""
        self._news[about] = reason

    async def keep(self) -> None:
        """Write what is counted and told."""
        lines, news = self._unwritten, self._news
        if not lines and not news:
            return
        self._unwritten, self._news = [], {}
        today = self.today()
        try:
            spent = await self._db.run(_write, lines, news, self._desk, today, now=self.clock.now())
        except DatabaseFault as fault:
            _log.error("the engines' spending could not be written: %s", fault)
            self._unwritten, self._news = lines + self._unwritten, news | self._news
            return
        if self.budget is not None:
            self.budget.learn(spent, today)

    def _cost(self, call: Call, model: str, estimate: Decimal | None) -> Decimal | None:
        if call.cost is not None:
            return call.cost
        if not call.tokens_in and not call.tokens_out:
            return None if call.fault == FaultKind.CONNECT and estimate else estimate
        now = self.clock.now()
        known = self.prices.of(call, at=now)
        return self.prices.of(replace(call, model=model), at=now) if known is None else known


def _write(
    session: Session,
    lines: list[tuple[int | None, date, Call]],
    news: dict[str, str | None],
    desk: Desk,
    today: date,
    *,
    now: datetime,
) -> Decimal:
    for contact_id, day, call in lines:
        spend.note(session, [call], contact_id, day)
    for about, reason in news.items():
        if reason is None:
            desk.settle(session, about, now=now)
        else:
            desk.ask(session, about, reason, now=now)
    return spend.spent_today(session, today)


def _characters(asked: Briefing | Task) -> int:
    texts = [asked.instructions, *asked.remarks]
    if isinstance(asked, Task):
        texts += [line.text for line in asked.lines]
    else:
        texts += [*(line.text for line in asked.history), *asked.new_lines, *(fact.text for fact in asked.facts)]
    return sum(map(len, texts))
