"""A program with a key that asks the shop's routes over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from saudager import keys
from saudager.api import health, seller, sold, watch
from saudager.app import App
from saudager.conversations import counts as said
from saudager.keys import Scope
from saudager.orders import counts
from saudager.web import make_web


@asynccontextmanager
async def program(app: App, *, scope: Scope = Scope.ORDERS) -> AsyncIterator[httpx.AsyncClient]:
    """What the agent serves to programs about orders, asked with a key of this scope."""
    web = make_web("test")
    web.include_router(sold.router(app))
    web.include_router(seller.router(app))
    web.include_router(watch.router(app, said.since, health.ailments_of(app), [counts.families]))
    key = keys.new()
    await app.db.run(keys.keep, key, f"program-{scope}", [scope], now=app.clock.now())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(web), base_url="http://shop", headers={"authorization": f"Bearer {key}"}
    ) as http:
        yield http


def without_key(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same routes, asked by anybody."""
    return httpx.AsyncClient(transport=http._transport, base_url=http.base_url)
