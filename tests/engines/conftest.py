"""A house whose hosted engines do as the test says, around the real order, books, database and desk."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.engines.models import Spend
from saudager.engines.order import Engines
from saudager.providers.llm import Answered, Briefing, Call, Decision, FaultKind, M, ModelFault, Task
from saudager.settings import Settings

NOON = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
"""Noon in Almaty."""
KEY = "AbC-secret-0123456789"
HANG = "hang"

Outcome = str | FaultKind | Exception


def fault(kind: FaultKind, text: str = "the vendor's words", *, retry_after: float | None = None) -> ModelFault:
    call = Call("", "", cost=None if kind in (FaultKind.TIMEOUT, FaultKind.CONNECT) else Decimal(0), fault=kind)
    return ModelFault(kind, text, call=call, retry_after=retry_after)


class Model:
    """A hosted model that does what it is told, one outcome a call; the last one for ever.

    An outcome is the text it gives, a fault, an exception, or HANG. It waits for ``gate`` first. Each call uses
    ``tokens`` (in, out, cached) and costs ``cost``.
    """

    hosted = True

    def __init__(
        self,
        *outcomes: Outcome,
        cost: str | None = "0.001",
        tokens: tuple[int, int, int] = (100, 10, 0),
        answers_as: str | None = None,
    ) -> None:
        self.name = "to be told"
        self.model = "to be told"
        self.seen: list[Briefing | Task] = []
        self.under_way = 0
        self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._outcomes = list(outcomes or ("Хорошо.",))
        self._answers_as = answers_as
        self._cost = None if cost is None else Decimal(cost)
        self._tokens = tokens

    def will(self, *outcomes: Outcome) -> None:
        """From now on."""
        self._outcomes = list(outcomes)

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        text, call = await self._answer(briefing)
        return Answered(Decision(reply=text), self.name, (call,))

    async def write(self, task: Task) -> Answered[str]:
        text, call = await self._answer(task)
        return Answered(text, self.name, (call,))

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        text, call = await self._answer(task)
        return Answered(into.model_validate_json(text), self.name, (call,))

    async def warm_up(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def _answer(self, asked: Briefing | Task) -> tuple[str, Call]:
        self.seen.append(asked)
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
            if outcome == HANG:
                await asyncio.Event().wait()
        finally:
            self.under_way -= 1
        if isinstance(outcome, FaultKind):
            outcome = fault(outcome)
        if isinstance(outcome, ModelFault):
            call = outcome.call
            lost = Call(self.name, self.model, cost=call.cost, fault=outcome.kind)
            raise ModelFault(outcome.kind, str(outcome), call=lost, retry_after=outcome.retry_after)
        if isinstance(outcome, Exception):
            raise outcome
        into, out, cached = self._tokens
        return outcome, Call(self.name, self._answers_as or self.model, into, out, cached, self._cost, 1.0)


@dataclass
class House:
    app: App
    clock: MovableClock

    @property
    def engines(self) -> Engines:
        assert isinstance(self.app.model, Engines)
        return self.app.model

    async def decide(self, contact_id: int | None = 7, *, instructions: str = "") -> Answered[Decision]:
        return await self.app.model.decide(briefing(contact_id, instructions=instructions))

    async def answered_by(self) -> str:
        return (await self.decide()).engine

    def pass_by(self, **span: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**span))

    async def desk(self) -> dict[str, str]:
        """What waits for a person, by subject."""
        return {entry.about: entry.reason for entry in await self.app.db.read(attention.waiting)}

    async def spending(self) -> list[Spend]:
        def rows(session: Session) -> list[Spend]:
            return list(session.scalars(select(Spend).order_by(Spend.day, Spend.contact_id, Spend.engine, Spend.model)))

        return await self.app.db.read(rows)


def briefing(contact_id: int | None = 7, *, instructions: str = "") -> Briefing:
    return Briefing("Тёплый Дом", instructions, [], ["Сколько стоит доставка?"], [], NOON, contact_id=contact_id)


async def until(is_so: Callable[[], bool]) -> None:
    """Let the others run until it is so."""
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.001)


Open = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """``await open_house(gemini=Model(…), daily_budget="3 USD")``; opened again it is the same house, restarted.

    ``deadline`` may be shorter than the setting allows.
    """
    for name in ("OPENROUTER", "GEMINI", "OPENAI", "COMPATIBLE"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    opened: list[App] = []

    async def open_one(*, deadline: float = 20, at: datetime = NOON, **given: Any) -> House:
        models = {name: value for name, value in given.items() if isinstance(value, Model)}
        values = {name: value for name, value in given.items() if name not in models}
        for name in models:
            values.setdefault(f"{name}_api_key", KEY)
        if "compatible" in models:
            values |= {"compatible_base_url": "http://127.0.0.1:9/v1", "compatible_model": "own-model"}
        clock = MovableClock(at)
        chosen = settings(**values).model_copy(update={"engine_deadline": deadline})
        app = bootstrap(chosen, clock=clock, poll=None)
        opened.append(app)
        for engine in app.model.engines if isinstance(app.model, Engines) else ():
            engine.model = models[engine.name]
            models[engine.name].name, models[engine.name].model = engine.name, engine.model_id
        return House(app, clock)

    yield open_one
    for app in opened:
        await app.close()


def day(text: str) -> date:
    return date.fromisoformat(text)
