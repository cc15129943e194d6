"""``GET /health`` tells a load balancer and a person how the service is."""

import itertools
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from saudager.api import health as page
from saudager.db.statements import Statement
from saudager.gateway import health
from saudager.queues import table
from saudager.web import make_web
from tests.gateway.wappi_shop import ACCOUNT, CUSTOMER, WappiShop

pytestmark = pytest.mark.slow

Look = Callable[[], Any]


@pytest.fixture
async def shop(open_wappi_shop: Any) -> WappiShop:
    opened: WappiShop = await open_wappi_shop(polling_interval=10)
    return opened


@pytest.fixture
async def look(shop: WappiShop) -> AsyncIterator[Look]:
    """Status code and body."""
    web = make_web("test")
    not_well = page.ailments_of(shop.app, partial(health.ailments, shop.app))
    web.include_router(page.router(shop.app, not_well, health.last_poll))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://shop") as http:

        async def call() -> tuple[int, dict[str, Any]]:
            answer = await http.get("/health")
            return answer.status_code, answer.json()

        yield call


async def test_a_shop_that_hears_its_messenger_is_healthy(shop: WappiShop, look: Look):
    await shop.time_passes(minutes=5)
    code, told = await look()
    assert (code, told["status"], told["reasons"]) == (200, "healthy", [])
    assert told["last_poll_at"].startswith("2026-03-11T07:05")


async def test_a_messenger_that_does_not_answer_for_long_degrades_it(shop: WappiShop, look: Look, wappi: Any):
    shop.app.channels[ACCOUNT].chats = _nothing  # type: ignore[attr-defined]
    shop.clock.move_to(shop.clock.now().replace(hour=9))
    code, told = await look()
    assert (code, told["status"]) == (200, "degraded")
    assert ACCOUNT in told["reasons"][0]


async def test_a_paused_account_degrades_it_and_says_why(shop: WappiShop, look: Look, wappi: Any):
    wappi.fail_always("chats/get", itertools.repeat("401"))
    await shop.time_passes(minutes=1)
    code, told = await look()
    assert (code, told["status"]) == (200, "degraded")
    assert "paused" in told["reasons"][0]


async def test_a_queue_nobody_works_is_named(shop: WappiShop, look: Look):
    now = shop.clock.now()
    await shop.app.db.run(table.publish, "outgoing_mail", {}, id="letter", key=CUSTOMER, now=now)
    await shop.time_passes(minutes=4)
    assert (await look())[1]["status"] == "healthy"
    await shop.time_passes(minutes=2)
    code, told = await look()
    assert (code, told["status"]) == (200, "degraded")
    assert "outgoing_mail" in told["reasons"][0]


async def test_a_database_that_cannot_be_read_makes_it_unhealthy(shop: WappiShop, look: Look):
    await shop.app.db.run(_rename, "queue_lanes", "elsewhere")
    code, told = await look()
    await shop.app.db.run(_rename, "elsewhere", "queue_lanes")
    assert (code, told["status"]) == (503, "unhealthy")
    assert told["reasons"]


async def _nothing(**_: Any) -> list[Any]:
    raise AssertionError("nobody looks any more")


def _rename(session: Any, old: str, new: str) -> None:
    Statement(f"alter table {old} rename to {new}")(session)
