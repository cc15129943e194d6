"""How long customers wait for their answers, in a burst and at a steady rate."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence

_FEEDERS = 50
_PATIENCE = 180.0


def percentiles(delays: Sequence[float]) -> dict[str, float]:
    """The median and the worst of a hundred, of delays in seconds."""
    cuts = statistics.quantiles(delays, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49] * 1000, 1), "p99_ms": round(cuts[98] * 1000, 1)}


class Delays:
    """When each customer wrote, and when the answer was on the phone."""

    def __init__(self, write: Callable[[str], Awaitable[object]], *, first: int = 0) -> None:
        """``write`` brings a customer's line to the shop, given his chat; ``answered`` is called for its answer.
        ``first`` is added to the customers' numbers, so that those of another time do not come again."""
        self._write = write
        self._first = first
        self._wrote: dict[str, float] = {}
        self._delays: list[float] = []
        self._answered = asyncio.Event()
        self._expected: int | None = None

    async def says(self, number: int) -> None:
        chat = f"7701{self._first + number:07d}@c.us"
        self._wrote[chat] = time.perf_counter()
        await self._write(chat)

    def answered(self, chat: str) -> None:
        self._delays.append(time.perf_counter() - self._wrote[chat])
        if len(self._delays) == self._expected:
            self._answered.set()

    async def all_answered(self, count: int) -> None:
        """Raises TimeoutError after three minutes."""
        self._expected = count
        if len(self._delays) < count:
            await asyncio.wait_for(self._answered.wait(), _PATIENCE)

    async def burst(self, count: int) -> float:
        """Seconds from the first of ``count`` customers' lines, as fast as they are taken, to the last answer."""
        began = time.perf_counter()
        for first in range(0, count, _FEEDERS):
            await asyncio.gather(*(self.says(number) for number in range(first, min(first + _FEEDERS, count))))
        await self.all_answered(count)
        return time.perf_counter() - began

    async def steady(self, count: int, rate: float) -> None:
        """``rate`` lines a second until all ``count`` are answered."""
        began = time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            await self.says(number)
        await self.all_answered(count)

    @property
    def each(self) -> list[float]:
        """Every delay in seconds, in the order of the answers."""
        return self._delays

    def percentiles(self) -> dict[str, float]:
        return percentiles(self._delays)
