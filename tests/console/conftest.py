"""A shop with its console open, and operators who are signed in."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from saudager import web
from saudager.app import App
from saudager.console.door import COOKIE
from saudager.operators import accounts, passwords, sessions
from saudager.operators.roles import Role
from saudager.rehearsal import Shop
from tests.conftest import OpenShop
from tests.console import sites

OpenConsole = Callable[..., Any]


@dataclass
class Console:
    """The console as one operator's browser has it."""

    shop: Shop
    http: httpx.AsyncClient
    csrf: str
    site: FastAPI
    _stack: AsyncExitStack

    @property
    def app(self) -> App:
        return self.shop.app

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.http.get(path, **request)

    async def post(self, path: str, data: Any = None, **request: Any) -> httpx.Response:
        """As htmx sends a form."""
        headers = {"x-csrf-token": self.csrf, "hx-request": "true"} | request.pop("headers", {})
        return await self.http.post(path, data=data, headers=headers, **request)

    async def sees(self, path: str) -> str:
        """The words of a page that is shown as it should."""
        response = await self.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return self.text(response)

    async def another(self, role: str = "manager", name: str = "Айгуль") -> "Console":
        """A second operator at his own browser."""
        return await sign_in(self.shop, self.site, self._stack, role=role, name=name)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
        """The console at an address for a real browser, and the cookies it is signed in with."""
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(web.serve(self.site, "127.0.0.1", 0, on_ready=address.set_result))
        try:
            await asyncio.wait([serving, address], return_when=asyncio.FIRST_COMPLETED)
            where = (await address).rstrip("/")
            yield where, [{"name": COOKIE, "value": self.http.cookies[COOKIE], "url": f"{where}/console"}]
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    @staticmethod
    def text(response: httpx.Response) -> str:
        """The words of a page, without its marks."""
        shown = re.sub(r"<(script|style|head)\b.*?</\1>", " ", response.text, flags=re.S)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())


async def sign_in(shop: Shop, site: FastAPI, stack: AsyncExitStack, *, role: str, name: str) -> Console:
    """A new operator who has just signed in."""
    app, now = shop.app, shop.clock.now()

    def enter(session: Any) -> str:
        login = f"{role}-{len(name)}-{now.timestamp():.0f}"
        operator = accounts.create(session, login, name, Role(role), password_digest=None, now=now)
        return sessions.begin(session, operator.id, address="127.0.0.1", browser="test", now=now)

    token = await app.db.run(enter)
    visitor = await app.db.read(sessions.recognise, token, now=now)
    assert visitor is not None
    transport = httpx.ASGITransport(app=site)
    http = httpx.AsyncClient(transport=transport, base_url="http://console.test", cookies={COOKIE: token})
    return Console(shop, await stack.enter_async_context(http), visitor.csrf, site, stack)


_shipped_hasher = passwords._hasher


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least work; with what is shipped each password costs a fifth of a second of a core."""
    least = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: least)


@pytest.fixture
def shipped_passwords(quick_passwords: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id as it is shipped."""
    monkeypatch.setattr(passwords, "_hasher", _shipped_hasher)


@pytest.fixture(autouse=True)
def _sites_come_back() -> Iterator[None]:
    yield
    sites.take_back()


@pytest.fixture
async def open_console(open_shop: OpenShop) -> AsyncIterator[OpenConsole]:
    """Open shops with a console (``await open_console(role="owner", patience=0)``) that close with the test."""
    async with AsyncExitStack() as stack:

        async def open_one(*, role: str = "owner", name: str = "Марат", **values: Any) -> Console:
            shop = await open_shop(**values)
            return await sign_in(shop, sites.lend(shop.app), stack, role=role, name=name)

        yield open_one
