"""``GET /stats`` and ``GET /metrics`` tell how the day goes, to whoever has a key."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from saudager import keys
from saudager.api import health, watch
from saudager.contracts import CONTRACT
from saudager.conversations import counts as said
from saudager.gateway import counts as passed
from saudager.gateway import health as accounts_health
from saudager.keys import Scope
from saudager.providers.wires.redis import RedisWire
from saudager.web import make_web
from tests.fakes.serving import refused_url
from tests.gateway.wappi_shop import CUSTOMER, WappiShop

pytestmark = pytest.mark.both_kinds

PRICE = "Сколько стоит окно?"
BOARD = "https://board.example.kz"
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def shop(open_wappi_shop: Any) -> WappiShop:
    opened: WappiShop = await open_wappi_shop()
    return opened


@pytest.fixture
async def key(shop: WappiShop) -> str:
    made = keys.new()
    await shop.app.db.run(keys.keep, made, "board", [Scope.WATCH], now=shop.clock.now())
    return made


@pytest.fixture(params=[passed, said], ids=["gateway", "agent"])
async def ask(request: pytest.FixtureRequest, shop: WappiShop) -> AsyncIterator[Ask]:
    """Ask a service's page, with a key or other headers."""
    web = make_web("test", cors_origins=[BOARD])
    ailments = health.ailments_of(shop.app, partial(accounts_health.ailments, shop.app))
    web.include_router(watch.router(shop.app, request.param.since, ailments))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://shop") as http:

        async def get(path: str, key: str = "", **headers: str) -> httpx.Response:
            shown = {"authorization": f"Bearer {key}"} if key else {}
            return await http.get(path, headers=shown | headers)

        yield get


async def test_the_days_messages_and_the_queues_are_counted(shop: WappiShop, ask: Ask, key: str, wappi: Any):
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(seconds=30)
    told = (await ask("/stats", key)).json()
    assert (told["messages_received_today"], told["messages_sent_today"], told["voice_transcribed_today"]) == (1, 1, 0)
    assert told["queues"]["outgoing_messages"] == {"waiting": 0, "done": 1, "dead": 0}
    assert told["broker"] is None


async def test_the_day_is_the_shops_own(shop: WappiShop, ask: Ask, key: str, wappi: Any):
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(seconds=30)
    shop.clock.move_to(shop.clock.now().replace(hour=19))  # in Almaty the next day has begun: UTC+5
    assert (await ask("/stats", key)).json()["messages_received_today"] == 0


async def test_prometheus_reads_the_same(shop: WappiShop, ask: Ask, key: str, wappi: Any):
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(seconds=30)
    answer = await ask("/metrics", key)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    assert "saudager_messages_received_today 1.0" in lines
    assert 'saudager_queue_messages{queue="turns",state="done"} 1.0' in lines
    assert "saudager_ailments 0.0" in lines


@pytest.mark.parametrize("path", ["/stats", "/metrics"])
async def test_nobody_reads_them_without_a_key_in_use(shop: WappiShop, ask: Ask, key: str, path: str):
    assert (await ask(path)).status_code == 401
    assert (await ask(path, "sk_guessed")).status_code == 401
    assert (await ask(path, **{"x-api-key": key})).status_code == 200
    await shop.app.db.run(keys.revoke, "board", now=shop.clock.now())
    assert (await ask(path, key)).status_code == 401


async def test_a_page_of_a_named_origin_may_read_them_and_no_other(ask: Ask, key: str):
    named = await ask("/stats", key, origin=BOARD)
    other = await ask("/stats", key, origin="https://elsewhere.example")
    assert named.headers["access-control-allow-origin"] == BOARD
    assert "access-control-allow-origin" not in other.headers


async def test_a_broker_that_does_not_answer_hides_nothing_else(shop: WappiShop, ask: Ask, key: str):
    where = urlsplit(refused_url())
    shop.app.wire = RedisWire(f"redis://{where.netloc}/0")
    shop.app.wire._contracts["outgoing_messages"] = CONTRACT["outgoing_messages"]
    told = (await ask("/stats", key)).json()
    assert (told["broker"], told["messages_received_today"]) == (None, 0)
    assert "saudager_ailments 1.0" in (await ask("/metrics", key)).text.splitlines()
