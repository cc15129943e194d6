"""Shops on a fake Wappi, WAHA, Cloud API or Kommo, and the fakes themselves."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from saudager.clock import MovableClock
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import OPENING
from saudager.settings import Settings
from tests.fakes.amojo import FakeAmojo
from tests.fakes.kommo_talks import FakeKommoTalks
from tests.fakes.waha import FakeWaha
from tests.fakes.wappi import FakeWappi
from tests.fakes.whatsapp_cloud import FakeWhatsAppCloud
from tests.gateway.kommo_talks_shop import OpenTalksShop, TalksShop
from tests.gateway.waha_shop import OpenWahaShop, WahaShop, waha_settings
from tests.gateway.wappi_shop import OpenWappiShop, WappiShop, wappi_settings
from tests.gateway.whatsapp_cloud_shop import CloudShop, OpenCloudShop, cloud_settings


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(OPENING)


@pytest.fixture
async def wappi(clock: MovableClock) -> AsyncIterator[FakeWappi]:
    """The fake, on the shop's clock; what stands on it before the shop opens is history."""
    async with FakeWappi(now=lambda: clock.now().timestamp()) as fake:
        yield fake


@pytest.fixture
async def open_wappi_shop(
    settings: Callable[..., Settings], clock: MovableClock, wappi: FakeWappi
) -> AsyncIterator[OpenWappiShop]:
    """Open the shop (``await open_wappi_shop(model=…, patience=0)``); it closes with the test."""
    async with AsyncExitStack() as stack:

        async def open_it(*, model: Any = None, timeout: float | None = None, **values: Any) -> WappiShop:
            shop = WappiShop(
                settings(**wappi_settings(wappi) | values), wappi, clock, model or ScriptedModel(), timeout=timeout
            )
            stack.push_async_callback(shop.stops)
            await shop.starts()
            return shop

        yield open_it


@pytest.fixture
async def waha(clock: MovableClock) -> AsyncIterator[FakeWaha]:
    """The fake, on the shop's clock; what stands on it before the shop opens is history."""
    async with FakeWaha(now=lambda: clock.now().timestamp()) as fake:
        yield fake


@pytest.fixture
async def open_waha_shop(
    settings: Callable[..., Settings], clock: MovableClock, waha: FakeWaha
) -> AsyncIterator[OpenWahaShop]:
    """Open the shop (``await open_waha_shop(model=…, patience=0)``); it closes with the test."""
    async with AsyncExitStack() as stack:

        async def open_it(*, model: Any = None, **values: Any) -> WahaShop:
            shop = WahaShop(settings(**waha_settings(waha) | values), waha, clock, model or ScriptedModel())
            stack.push_async_callback(shop.stops)
            await shop.starts()
            return shop

        yield open_it


@pytest.fixture
async def meta(clock: MovableClock) -> AsyncIterator[FakeWhatsAppCloud]:
    async with FakeWhatsAppCloud(now=lambda: clock.now().timestamp()) as fake:
        yield fake


@pytest.fixture
async def open_cloud_shop(
    settings: Callable[..., Settings],
    clock: MovableClock,
    meta: FakeWhatsAppCloud,
) -> AsyncIterator[OpenCloudShop]:
    """Open the shop on the Cloud API (``await open_cloud_shop(model=…)``); it closes with the test."""
    async with AsyncExitStack() as stack:

        async def open_it(*, model: Any = None, **values: Any) -> CloudShop:
            quick = {"patience": 2, "patience_complete": 2}
            shop = CloudShop(settings(**cloud_settings(meta) | quick | values), meta, clock, model or ScriptedModel())
            stack.push_async_callback(shop.stops)
            await shop.starts()
            return shop

        yield open_it


@pytest.fixture
async def kommo(clock: MovableClock) -> AsyncIterator[FakeKommoTalks]:
    async with FakeKommoTalks(now=lambda: clock.now().timestamp()) as fake:
        yield fake


@pytest.fixture
async def open_talks_shop(
    settings: Callable[..., Settings], clock: MovableClock, kommo: FakeKommoTalks
) -> AsyncIterator[OpenTalksShop]:
    """Open the shop on Kommo's talks (``await open_talks_shop(model=…)``); it closes with the test."""
    async with AsyncExitStack() as stack:

        async def open_it(*, model: Any = None, **values: Any) -> TalksShop:
            quick = {"patience": 2, "patience_complete": 2}
            shop = TalksShop(settings(**quick | values), kommo, clock, model or ScriptedModel())
            stack.push_async_callback(shop.stops)
            await shop.starts()
            return shop

        yield open_it


@pytest.fixture
async def amojo(clock: MovableClock) -> AsyncIterator[FakeAmojo]:
    async with FakeAmojo(now=clock.now) as fake:
        yield fake
