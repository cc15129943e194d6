"""What a receiver has handled of what it was told to expect."""

import asyncio
import threading
import time
from typing import Any

from saudager.bench import memory
from saudager.bench.delays import percentiles

_PATIENCE = 120.0


class Tally:
    """Counts handlers and their delays, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.expect(0)

    def expect(self, count: int, *, sleep: float = 0.0) -> None:
        """Begin anew: ``count`` messages will come, each handled for ``sleep`` seconds."""
        self._count, self._sleep = count, sleep
        self._delays: list[float] = []
        self._running = self._most = self._ended = 0
        self._rss = 0.0
        self._done = threading.Event()

    async def handle(self, id: str) -> None:
        self._begin(id)
        if self._sleep:
            await asyncio.sleep(self._sleep)
        self._end()

    def handle_in_thread(self, id: str) -> None:
        self._begin(id)
        if self._sleep:
            time.sleep(self._sleep)
        self._end()

    def wait(self) -> dict[str, Any]:
        """Block until all are handled: when the last was, the delays before the handlers began, the most handlers at
        once and what this process held of memory when the last one began. Raises TimeoutError after two minutes."""
        if not self._done.wait(_PATIENCE):
            raise TimeoutError(f"{self._ended} of {self._count} messages were handled in {_PATIENCE:.0f} s")
        figures = {"last_at": self._last_at, "at_once": self._most, "rss_mb": self._rss}
        return figures | percentiles(self._delays)

    def _begin(self, id: str) -> None:
        delay = time.monotonic() - float(id.partition(":")[0])
        with self._lock:
            self._delays.append(delay)
            self._running += 1
            self._most = max(self._most, self._running)
            if len(self._delays) == self._count:
                self._rss = memory.now_mb()

    def _end(self) -> None:
        with self._lock:
            self._running -= 1
            self._ended += 1
            if self._ended == self._count:
                self._last_at = time.monotonic()
                self._done.set()
