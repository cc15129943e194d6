"""``saudager doctor`` says of an account, its clock and its public address what is wrong and what to do."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from saudager.doctor import examine
from tests.fakes.serving import refused_url, served
from tests.gateway.wappi_shop import ACCOUNT, WappiShop


async def findings(shop: WappiShop) -> dict[str, tuple[bool, str]]:
    """What the doctor says, by what it is about; time passes whenever he waits for it."""

    async def passes() -> None:
        while True:
            await asyncio.sleep(0.001)
            if (stop := shop.clock.next_wake()) is not None:
                shop.clock.move_to(stop)

    time = asyncio.create_task(passes())
    try:
        return {finding.about: (finding.good, finding.says) async for finding in examine(shop.app)}
    finally:
        time.cancel()


async def test_a_clock_that_differs_from_the_messengers_is_told(open_wappi_shop: Any, wappi: Any):
    shop: WappiShop = await open_wappi_shop()
    shop.app.channels[ACCOUNT].skew = lambda: timedelta(minutes=7)  # type: ignore[method-assign]
    good, says = (await findings(shop))["часы"]
    assert not good
    assert "отстают от часов мессенджера" in says and "420 с" in says
    assert "синхронизацию времени" in says


async def test_a_wrong_token_and_an_unlinked_profile_are_told_with_the_remedy(open_wappi_shop: Any, wappi: Any):
    shop: WappiShop = await open_wappi_shop(polling_interval=3600)
    wappi.profile["authorized"] = False
    assert "QR" in (await findings(shop))[ACCOUNT][1]
    wappi.fail("get/status", "401")
    good, says = (await findings(shop))[ACCOUNT]
    assert not good
    assert "not authorized" in says


async def test_a_public_address_nobody_answers_at_is_told(open_wappi_shop: Any):
    shop: WappiShop = await open_wappi_shop(public_url=refused_url())
    good, says = (await findings(shop))["PUBLIC_URL"]
    assert not good
    assert "мессенджеры не достучатся до шлюза" in says


@pytest.mark.parametrize(
    ("told", "good"), [({"status": "healthy", "last_poll_at": None}, True), ({"status": "healthy"}, False)]
)
async def test_a_public_address_must_lead_to_the_gateway(open_wappi_shop: Any, told: dict[str, Any], good: bool):
    async def health(request: Request) -> JSONResponse:
        return JSONResponse(told)

    async with served(Starlette(routes=[Route("/health", health)])) as url:
        shop: WappiShop = await open_wappi_shop(public_url=url)
        assert (await findings(shop))["PUBLIC_URL"][0] is good
