"""A running shop with somebody to write to, and a program that may ask for letters."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from saudager import keys
from saudager.api import letters, openapi, sales_data
from saudager.app import App
from saudager.keys import Scope
from saudager.rehearsal import Shop
from saudager.web import make_web
from tests.letters.tasks.pen import Pen, held, people

EMAILS = "/api/v1/email_marketing/emails"


@pytest.fixture
def pen(monkeypatch: pytest.MonkeyPatch) -> Pen:
    return held(monkeypatch)


@pytest.fixture
async def shop(open_shop: Any, pen: Pen) -> Shop:
    """A running shop with these people."""
    shop: Shop = await open_shop()
    await shop.app.db.run(people)
    return shop


def site(app: App) -> Any:
    """What the agent serves to programs below ``/api/v1``."""
    web = make_web("test")
    web.include_router(letters.router(app))
    web.include_router(sales_data.router(app))
    web.include_router(openapi.router(app))
    return web


@pytest.fixture
async def http(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A program with a key."""
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "program", [Scope.LETTERS], now=shop.app.clock.now())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(site(shop.app)),
        base_url="http://shop",
        headers={"authorization": f"Bearer {key}"},
    ) as client:
        yield client
