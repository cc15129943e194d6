"""The port to whoever searches the web: words and photos of products, none of them proved."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from typing import Protocol

from saudager.clock import Clock
from saudager.providers.images import Photo

FAILURES = 3
RESTS = timedelta(minutes=10)
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=2.5)


@dataclass(frozen=True, slots=True)
class FoundText:
    """A page that was found."""

    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo that was found: where it lies, and the page it stands on."""

    title: str
    image: str
    page: str
    width: int
    height: int


class WebSearch(Protocol):
    """One search engine. Every method raises only OutsideError and its kin; an empty answer means that nothing is
    known, never that there is nothing."""

    name: str

    async def texts(self, query: str, *, most: int) -> Sequence[FoundText]: ...

    async def photos(self, query: str, *, most: int) -> Sequence[FoundPhoto]: ...

    async def fetch(self, url: str) -> Photo:
        """A photo from a public address over https; raises Rejected for any other address, and for no picture."""
        ...

    async def close(self) -> None: ...


@dataclass
class Manners:
    """How the search engines are treated by this process: asked one question at a time, after a pause of irregular
    length, and left alone for a while after several failures in a row. They promise us nothing, and turn away whoever
    asks about ten questions quickly (https://github.com/deedy5/ddgs/issues, 2026-11)."""

    random: Callable[[], float] = SystemRandom().random
    rests_until: datetime | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next_at: datetime | None = None
    _failures: int = 0

    def rests(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until nobody else of this process has a question."""
        async with self._one_at_a_time:
            yield

    async def pause(self, clock: Clock) -> None:
        """Wait, within one's turn, until the next question may be asked."""
        now = clock.now()
        if self._next_at is not None and now < self._next_at:
            await clock.sleep_until(min(self._next_at, now + _LONGEST_PAUSE))
        self._next_at = clock.now() + _SHORTEST_PAUSE + (_LONGEST_PAUSE - _SHORTEST_PAUSE) * self.random()

    def note(self, *, answered: bool, now: datetime) -> None:
        """Tell, within one's turn, what became of the question. An empty answer is none: being turned away looks the
        same. After the rest a single failure begins the next."""
        self._failures = 0 if answered else self._failures + 1
        if self._failures >= FAILURES:
            self.rests_until = now + RESTS
