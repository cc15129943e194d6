"""The model that says what it was told to: the double that ships, for tests, rehearsals and benches."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

from pydantic import BaseModel

from saudager.clock import Clock, SystemClock
from saudager.providers.llm import Answered, Briefing, Decision, M, NoEngine, Task, Verdict

Reply = str | Decision | Exception
"""A text to say, a whole decision, or an error to raise."""


class ScriptedModel:
    """Gives its replies in turn; when they run out, short numbered ones without figures of the shop.

    ``thinking`` seconds pass on the clock before each answer. While ``hold`` is set to an event that has not fired, an
    answer waits for it, so that a test can let a line arrive while the model thinks. ``briefings`` keeps all it saw.
    ``everybody`` is its verdict on every contact; without one the rules judge. ``writes`` makes the text of a task,
    ``fills`` the fields of one, or None where it has nothing to say.
    """

    name = "scripted"
    hosted = False

    def __init__(
        self,
        replies: Iterable[Reply] | Callable[[Briefing], Reply] = (),
        *,
        thinking: float = 0.0,
        hold: asyncio.Event | None = None,
        clock: Clock | None = None,
        everybody: Verdict | None = None,
        writes: Callable[[Task], str] | None = None,
        fills: Callable[[Task, type[BaseModel]], BaseModel | None] | None = None,
    ) -> None:
        self.thinking = thinking
        self.hold = hold
        self.everybody = everybody
        self.writes = writes
        self.fills = fills
        self.briefings: list[Briefing] = []
        self._clock = clock or SystemClock()
        self._compose = replies if callable(replies) else None
        self._queue = None if callable(replies) else iter(list(replies))

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        """The next scripted reply; raises it when it is an error."""
        self.briefings.append(briefing)
        number = len(self.briefings)
        reply = self._next(briefing, number)
        if self.thinking:
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=self.thinking))
        if self.hold is not None:
            await self.hold.wait()
        if isinstance(reply, Exception):
            raise reply
        return Answered(reply if isinstance(reply, Decision) else Decision(reply=reply), self.name)

    async def write(self, task: Task) -> Answered[str]:
        """What ``writes`` makes of the task; without it nothing beside turns."""
        if self.writes is not None:
            return Answered(self.writes(task), self.name)
        raise NoEngine("the scripted model only takes turns")

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        """Who somebody is, when ``everybody`` tells; else what ``fills`` makes of the task."""
        if isinstance(self.everybody, into):
            return Answered(self.everybody, self.name)
        filled = self.fills(task, into) if self.fills is not None else None
        if isinstance(filled, into):
            return Answered(filled, self.name)
        raise NoEngine("the scripted model only takes turns")

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""

    def _next(self, briefing: Briefing, number: int) -> Reply:
        if self._compose is not None:
            return self._compose(briefing)
        assert self._queue is not None
        return next(self._queue, f"Спасибо за сообщение, отвечаю по порядку ({_ordinal(number)}).")


def _ordinal(number: int) -> str:
    """The number in letters, so that the guard finds no figure in it: 28 → «бв»."""
    letters = "абвгдежзиклмнопрстуфхцчшэюя"
    written = ""
    while number:
        number, place = divmod(number - 1, len(letters))
        written = letters[place] + written
    return written
