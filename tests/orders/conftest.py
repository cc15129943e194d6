"""A product that runs nothing by itself, and a Kaspi of ours with a shop that is connected to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from saudager.app import App
from saudager.bench.kaspi_shop import KaspiShop
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.orders import sync
from saudager.orders.sync import Looked
from saudager.rehearsal import OPENING
from saudager.settings import Settings
from tests.orders.market import connected


@pytest.fixture
async def app(settings: Callable[..., Settings]) -> AsyncIterator[App]:
    """The product with nothing running, its clock standing still."""
    opened = bootstrap(settings(), clock=MovableClock(OPENING), hosted=False, poll=None)
    yield opened
    await opened.close()


@pytest.fixture
async def kaspi(app: App) -> AsyncIterator[KaspiShop]:
    async with KaspiShop(now=app.clock.now) as shop:
        yield shop


@dataclass
class Watched:
    """A shop at our Kaspi, looked at when the test says so."""

    app: App
    kaspi: KaspiShop
    id: int

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.app.clock, MovableClock)
        return self.app.clock

    async def looks(self, owner: str = "look") -> Looked:
        looked = await self.ends(sync.look(self.app, self.id, owner=owner))
        assert looked is not None
        return looked

    async def ends(self, work: Awaitable[Any]) -> Any:
        """What came of something that keeps the marketplace's pace, for which the clock is moved on."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.wait({task}, timeout=0.002)
            if (moment := self.clock.next_wake()) is not None:
                self.clock.move_to(moment)
        return task.result()

    def requests(self) -> int:
        """How many reached Kaspi since this was asked last."""
        count = sum(self.kaspi.requests.values())
        self.kaspi.requests.clear()
        return count


@pytest.fixture
async def watched(app: App, kaspi: KaspiShop) -> Watched:
    config = app.vault.seal(json.dumps(kaspi.form))
    return Watched(app, kaspi, await connected(app, marketplace="kaspi", sealed_config=config))
