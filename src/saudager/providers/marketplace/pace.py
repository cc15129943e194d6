"""How fast one client may ask: its requests spread evenly, however many errands wait for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from saudager.clock import Clock


class Pace:
    """At most so many requests a second, first come, first served; ``requests`` counts those that were let through."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._gap = timedelta(seconds=1 / per_second)
        self._clock = clock
        self._next = clock.now()
        self._waiting = 0
        self.requests = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's moment; entered around every single request."""
        now = self._clock.now()
        latest = now + self._gap * (self._waiting + 1)  # a clock that was set back shall not keep anybody
        moment = max(now, min(self._next, latest))
        self._next = moment + self._gap
        self._waiting += 1
        try:
            await self._clock.sleep_until(moment)
        finally:
            self._waiting -= 1
        self.requests += 1
        yield
