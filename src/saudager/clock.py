"""The only source of time: stored moments come from ``now`` and waits go through ``sleep_until``."""

import asyncio
import time
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Protocol

_NAP = 60.0  # a suspended machine's or a set clock's jump is noticed this many seconds later at most
_SET_BACK = 1.0  # by more than so many seconds; less is the drift that time servers mend all the time
_errand: ContextVar["asyncio.Task[object] | None"] = ContextVar("errand", default=None)


def begin_errand() -> None:
    """Whatever the current task begins from now on belongs to it: who of them waits for the clock, lets it wait."""
    _errand.set(asyncio.current_task())


class Clock(Protocol):
    """What time it is, and how to wait for a moment."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, in UTC."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Return once ``now()`` has reached the moment; at once if it already has. Whoever waits for longer than it was
        away, because the clock was set back, is let go."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(0)
        latest = time.monotonic() + (moment - self.now()).total_seconds() + _SET_BACK
        while (left := (moment - self.now()).total_seconds()) > 0:
            if (left_at_most := latest - time.monotonic()) <= 0:
                return
            await asyncio.sleep(min(left, left_at_most, _NAP))


class MovableClock:
    """A clock a person can move forward: the demo's runs on by itself, a test's stands still between moves."""

    def __init__(self, start: datetime | None = None, *, running: bool = False) -> None:
        self._base = start or datetime.now(UTC)
        self._running = running
        self._origin = time.monotonic()
        self._sleepers: dict[asyncio.Future[None], tuple[datetime, asyncio.Task[object] | None]] = {}
        self._alarm: asyncio.TimerHandle | None = None

    def now(self) -> datetime:
        if not self._running:
            return self._base
        return self._base + timedelta(seconds=time.monotonic() - self._origin)

    async def sleep_until(self, moment: datetime) -> None:
        if moment <= self.now():
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers[woken] = moment, _errand.get() or asyncio.current_task()
        self._set_alarm()
        try:
            await woken
        finally:
            del self._sleepers[woken]

    def next_wake(self) -> datetime | None:
        """The earliest moment anybody waits for."""
        return min((moment for woken, (moment, _) in self._sleepers.items() if not woken.done()), default=None)

    def is_asleep(self, task: "asyncio.Task[object]") -> bool:
        """Whether the task, or one that belongs to it, waits for a moment of this clock (and so cannot come to its end
        until the clock moves)."""
        return any(owner is task and not woken.done() for woken, (_, owner) in self._sleepers.items())

    def move_to(self, moment: datetime) -> None:
        """Jump forward and wake whoever waited for a moment up to there; never backwards."""
        if (ahead := moment - self.now()) > timedelta(0):
            self._base += ahead
        self._wake_due()

    def _wake_due(self) -> None:
        now = self.now()
        due = [(moment, woken) for woken, (moment, _) in self._sleepers.items() if moment <= now and not woken.done()]
        for _, woken in sorted(due, key=lambda sleeper: sleeper[0]):
            woken.set_result(None)
        self._set_alarm()

    def _set_alarm(self) -> None:
        """Let the next sleeper of a running clock be woken at its moment, which a move brings nearer."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._running and (moment := self.next_wake()) is not None:
            seconds = (moment - self.now()).total_seconds() + 0.001
            self._alarm = asyncio.get_running_loop().call_later(seconds, self._wake_due)
