"""Hosted models through Agno: one port call is one request on the wire, and every failure of it has a kind."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel

from saudager.providers.llm import Answered, Briefing, Call, Decision, FaultKind, M, ModelFault, Task
from saudager.providers.llm.agno.faults import Trouble, trouble_of
from saudager.providers.llm.agno.messages import Line, of_task, of_turn
from saudager.providers.llm.agno.schemas import read_into

if TYPE_CHECKING:
    from saudager.providers.llm.agno.vendors import Arrived, Engine

_NO_TEMPERATURE = re.compile(r"HTTP 4\d\d: .*temperature", re.IGNORECASE)
"""Reasoning models refuse one; the caller asks again, then without it
(https://platform.openai.com/docs/guides/reasoning, 2026-11)."""
Kind = Literal["openrouter", "gemini", "openai", "compatible"]
_T = TypeVar("_T")


class AgnoModel:
    """One hosted model. Agno and the vendor's SDK are imported at ``warm_up`` or the first call, in a thread.

    ``compatible`` is any address that speaks OpenAI's chat completions (Ollama, vLLM); its key may be empty.
    ``deadline`` is in seconds and for one call. Nothing is repeated here: no retries of the SDK or of Agno, no
    fallback, no second question after an unreadable answer. Texts only: neither files nor addresses of files are passed
    to Agno, which would fetch or upload them in the event loop.
    """

    hosted = True

    def __init__(
        self,
        name: str,
        kind: Kind,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        deadline: float = 25.0,
        max_tokens: int = 1024,
    ) -> None:
        self.name = name
        self._kind: Kind = kind
        self._base_url = base_url
        self._model = model
        self._api_key = api_key
        self._deadline = deadline
        self._max_tokens = max_tokens
        self._engine: Engine | None = None
        self._takes_temperature = True
        self._opening = asyncio.Lock()

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        """What to say and do in a turn; a decision that says and does nothing is BAD_OUTPUT."""

        def read(text: str) -> Decision:
            decision = read_into(Decision, text)
            if not decision.reply.strip() and not decision.actions:
                raise ValueError("neither a reply nor an action")
            return decision

        return await self._ask(of_turn(briefing), Decision, read, briefing)

    async def write(self, task: Task) -> Answered[str]:
        """A text, without white space around it; an empty one is BAD_OUTPUT."""
        return await self._ask(of_task(task), None, str.strip, task, task.max_tokens)

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        """The fields of ``into``; its ValidationError becomes the message of a BAD_OUTPUT."""
        return await self._ask(of_task(task), into, lambda text: read_into(into, text), task, task.max_tokens)

    async def warm_up(self) -> None:
        """Import what is needed and open the client, in a thread; the first time it takes a second or two.

        What fails here is raised, with its kind, by the first call.
        """
        with suppress(Exception):
            await self._opened()

    async def close(self) -> None:
        """Close the one HTTP client; a later call opens a new one."""
        async with self._opening:
            if self._engine is not None:
                await self._engine.close()
                self._engine = None

    async def _opened(self) -> "Engine":
        async with self._opening:
            if self._engine is None:
                self._engine = await asyncio.to_thread(self._open)
            return self._engine

    def _open(self) -> "Engine":
        from saudager.providers.llm.agno.vendors import open_engine

        return open_engine(
            self._kind,
            base_url=self._base_url,
            model=self._model,
            api_key=self._api_key,
            max_tokens=self._max_tokens,
        )

    async def _ask(
        self,
        lines: Sequence[Line],
        into: type[BaseModel] | None,
        read: Callable[[str], _T],
        asked: Briefing | Task,
        max_tokens: int | None = None,
    ) -> Answered[_T]:
        started = perf_counter()
        temperature = asked.temperature if self._takes_temperature else None
        try:
            engine = await self._opened()
            started = perf_counter()
            async with asyncio.timeout(self._deadline):
                arrived = await engine.ask(lines, into, temperature=temperature, max_tokens=max_tokens)
        except TimeoutError:
            trouble = Trouble(FaultKind.TIMEOUT, f"no answer within {self._deadline:g} s", may_have_cost=True)
            raise self._fault(trouble, self._lost_call(trouble, started)) from None
        except Exception as error:
            trouble = trouble_of(error)
            if temperature is not None and trouble.kind is FaultKind.SERVER and _NO_TEMPERATURE.search(trouble.message):
                self._takes_temperature = False
                trouble = replace(trouble, kind=FaultKind.BAD_OUTPUT)
            raise self._fault(trouble, self._lost_call(trouble, started)) from error
        return self._answered(arrived, read, took_ms=(perf_counter() - started) * 1000)

    def _answered(self, arrived: "Arrived", read: Callable[[str], _T], *, took_ms: float) -> Answered[_T]:
        call = Call(
            engine=self.name,
            model=arrived.model or self._model,
            tokens_in=arrived.tokens_in,
            tokens_out=arrived.tokens_out,
            tokens_cached=arrived.tokens_cached,
            cost=arrived.cost,
            took_ms=took_ms,
        )
        trouble = arrived.trouble
        if trouble is None and not arrived.text.strip():
            trouble = Trouble(FaultKind.BAD_OUTPUT, "the answer is empty")
        if trouble is not None:
            raise self._fault(trouble, call)
        try:
            value = read(arrived.text)
        except ValueError as error:
            raise self._fault(Trouble(FaultKind.BAD_OUTPUT, f"the answer is unusable: {error}"), call) from None
        return Answered(value, self.name, (call,))

    def _lost_call(self, trouble: Trouble, started: float) -> Call:
        """A call without an answer."""
        cost = None if trouble.may_have_cost else Decimal(0)
        return Call(self.name, self._model, cost=cost, took_ms=(perf_counter() - started) * 1000)

    def _fault(self, trouble: Trouble, call: Call) -> ModelFault:
        message = f"{self.name}: {trouble.message}"
        if self._api_key:
            message = message.replace(self._api_key, "…")
        return ModelFault(
            trouble.kind, message, call=replace(call, fault=trouble.kind), retry_after=trouble.retry_after
        )
