"""The hosted engines in their order and the offline one last: who is asked, and what follows a failure."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Generic, TypeVar

from pydantic import SecretStr

from saudager import tracing
from saudager.clock import Clock
from saudager.engines import notices
from saudager.engines.books import Books
from saudager.engines.health import Health
from saudager.providers.llm import (
    Answered,
    Briefing,
    Call,
    Decision,
    FaultKind,
    LanguageModel,
    M,
    ModelFault,
    NoEngine,
    Said,
    Task,
)

_log = logging.getLogger(__name__)
_ASKED_AGAIN = {
    FaultKind.BAD_OUTPUT: "Прошлый ответ не удалось прочитать: {}. Ответь ещё раз, точно в заданном виде.",
    FaultKind.TRUNCATED: "Прошлый ответ оборвался на пределе длины. Ответь ещё раз, намного короче.",
}
NOT_ASKED = "не спрашивали: деньги на сегодня кончились"
TRIAL = Task("Ответь одним словом.", [Said("customer", "Проверка связи.")])

T = TypeVar("T")
A = TypeVar("A", Briefing, Task)


@dataclass
class Engine:
    """A hosted engine, the model id it is set to, and how it is doing."""

    name: str
    model_id: str
    model: LanguageModel
    key: SecretStr | None = None
    health: Health = field(default_factory=Health)
    may_be_on_desk: bool = True
    """A person may have been told of its trouble, by an earlier process if not by this one."""


@dataclass
class _Question(Generic[A, T]):
    asked: A
    put: Callable[[LanguageModel, A], Awaitable[Answered[T]]]
    deadline: float
    """Of ``time.monotonic()``."""
    calls: list[Call] = field(default_factory=list)
    """Every call made for it, in order."""


class Engines:
    """Asks the engines that are well, one after the other, until one gives something usable; offline always can.

    An unreadable or cut answer is asked for once more with the reason; every other failure goes to the next engine.
    All together have ``deadline`` seconds of real time for one question; rests (see Health) run on the shop's clock.
    Every call is in the books once the answer is given.
    """

    name = "engines"
    hosted = True

    def __init__(
        self, engines: Sequence[Engine], offline: LanguageModel, *, books: Books, clock: Clock, deadline: float
    ) -> None:
        self.engines = engines
        self.books = books
        self._offline = offline
        self._clock = clock
        self._deadline = deadline
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        """A hosted engine's decision or the offline one's; raises no ModelFault."""
        answered, calls = await self._ask(briefing, lambda model, asked: model.decide(asked))
        if answered is None:
            answered = await self._offline.decide(briefing)
            calls += answered.calls
        return replace(answered, calls=calls)

    async def write(self, task: Task) -> Answered[str]:
        """A hosted engine's text; raises NoEngine when none could."""
        answered, calls = await self._ask(task, lambda model, asked: model.write(asked))
        return replace(_had(answered, calls), calls=calls)

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        """What a hosted engine read; raises NoEngine when none could."""
        answered, calls = await self._ask(task, lambda model, asked: model.extract(asked, into))
        return replace(_had(answered, calls), calls=calls)

    async def try_each(self) -> AsyncIterator[tuple[Engine, str]]:
        """Ask every engine for one word, counted like any call; with how it failed, "" when it answered."""
        for engine in self.engines:
            answered, calls = await self._ask(TRIAL, lambda model, asked: model.write(asked), only=engine)
            yield engine, "" if answered is not None else calls[-1].fault if calls else NOT_ASKED

    async def warm_up(self) -> None:
        """Load what the first answer would wait for."""
        await self.books.open()
        for engine in self.engines:
            await engine.model.warm_up()

    async def close(self) -> None:
        """Close the engines' connections."""
        for engine in self.engines:
            await engine.model.close()

    async def retire(self) -> None:
        """Close once every question under way has its answer."""
        await self._idle.wait()
        await self.close()

    async def _ask(
        self, asked: A, put: Callable[[LanguageModel, A], Awaitable[Answered[T]]], *, only: Engine | None = None
    ) -> tuple[Answered[T] | None, tuple[Call, ...]]:
        """The first usable answer, None when no engine had one; and every call made on the way."""
        self._under_way += 1
        self._idle.clear()
        try:
            return await self._ask_in_order(asked, put, only)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _ask_in_order(
        self, asked: A, put: Callable[[LanguageModel, A], Awaitable[Answered[T]]], only: Engine | None
    ) -> tuple[Answered[T] | None, tuple[Call, ...]]:
        await self.books.open()
        own_limit = time.monotonic() + self._deadline
        question = _Question(asked, put, own_limit if asked.until is None else min(own_limit, asked.until))
        answered = None
        for engine in self.engines if only is None else [only]:
            answered = await self._try(engine, question)
            if answered is not None:
                break
        await self.books.keep()
        return answered, tuple(question.calls)

    async def _try(self, engine: Engine, question: _Question[A, T]) -> Answered[T] | None:
        """One engine's answer, asked for twice at most; None when it is not well, too dear today, or failed."""
        ticket = engine.health.enter(self._clock.now())
        if ticket is None:
            return None
        asked: A = question.asked
        fault: ModelFault | None = None
        try:
            for _ in range(2):
                estimate = self.books.estimate(engine.name, engine.model_id, asked)
                if time.monotonic() >= question.deadline or not self.books.allow(estimate):
                    break
                try:
                    answered = await self._put(engine, question, asked, estimate)
                except ModelFault as caught:
                    fault = caught
                    if fault.kind not in _ASKED_AGAIN:
                        break
                    remark = _ASKED_AGAIN[fault.kind].format(notices.masked(str(fault), engine.key))
                    asked = replace(asked, remarks=(*asked.remarks, remark))
                else:
                    self._is_well(engine, ticket)
                    return answered
            if fault is not None:
                self._is_ill(engine, ticket, fault)
            return None
        finally:
            engine.health.leave(ticket)

    async def _put(self, engine: Engine, question: _Question[A, T], asked: A, estimate: Decimal | None) -> Answered[T]:
        """Ask within what is left of the deadline and count it; raises ModelFault for whatever goes wrong."""
        began = time.perf_counter()
        try:
            with self.books.reserve(estimate), tracing.span("model call", engine=engine.name, model=engine.model_id):
                async with asyncio.timeout(question.deadline - time.monotonic()):
                    answered = await question.put(engine.model, asked)
        except ModelFault as caught:
            fault = caught
        except TimeoutError:
            fault = _cut(engine, began, FaultKind.TIMEOUT, "no answer in time")
        except asyncio.CancelledError:
            call = _cut(engine, began, FaultKind.TIMEOUT, "").call
            self.books.count([call], asked.contact_id, model=engine.model_id, estimate=estimate)
            raise
        except Exception as error:  # an engine that breaks in a way nobody foresaw must not cost the answer
            fault = _cut(engine, began, FaultKind.SERVER, f"{type(error).__name__}: {error}", cost=Decimal(0))
        else:
            calls = self.books.count(answered.calls, asked.contact_id, model=engine.model_id, estimate=estimate)
            question.calls += calls
            return answered
        question.calls += self.books.count([fault.call], asked.contact_id, model=engine.model_id, estimate=estimate)
        raise fault

    def _is_well(self, engine: Engine, ticket: int) -> None:
        engine.health.succeeded(ticket)
        if engine.may_be_on_desk and engine.health.is_well:
            engine.may_be_on_desk = False
            self.books.tell(notices.about(engine.name), None)

    def _is_ill(self, engine: Engine, ticket: int, fault: ModelFault) -> None:
        said = notices.masked(str(fault), engine.key)
        _log.warning("engine %s (%s): %s: %s", engine.name, engine.model_id, fault.kind, said)
        if engine.health.failed(ticket, fault, self._clock.now()):
            sentence = notices.trouble(engine.name, engine.model_id, fault.kind, said)
            _log.critical("%s", sentence)
            engine.may_be_on_desk = True
            self.books.tell(notices.about(engine.name), sentence)


def _had(answered: Answered[T] | None, calls: tuple[Call, ...]) -> Answered[T]:
    if answered is None:
        tried = ", ".join(f"{call.engine}: {call.fault}" for call in calls)
        raise NoEngine(f"no hosted engine could do it ({tried or 'none was to be asked'})", calls)
    return answered


def _cut(engine: Engine, began: float, kind: FaultKind, text: str, *, cost: Decimal | None = None) -> ModelFault:
    """The fault of a call that did not come back with one of its own."""
    took = (time.perf_counter() - began) * 1000
    return ModelFault(kind, text, call=Call(engine.name, engine.model_id, cost=cost, took_ms=took, fault=kind))
