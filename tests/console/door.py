"""A shop with its console's door, and browsers that come to it from anywhere."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pyotp

from saudager.console.door import COOKIE
from saudager.operators import accounts, links, passwords
from saudager.operators.models import Operator
from saudager.operators.roles import Role
from saudager.rehearsal import Shop
from tests.console import sites

PASSWORD = "семь синих чайников"
_FORM_TOKEN = re.compile(r'name="csrf" value="([\w-]+)"')
_BODY_TOKEN = re.compile(r'"X-CSRF-Token":"(\w+)"')


@dataclass
class Browser:
    """One browser: it keeps cookies, and sends forms as the page that holds them does."""

    http: httpx.AsyncClient

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.http.get(path, **request)

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Open the form of a path and send it."""
        page = await self.http.get(path)
        token = _FORM_TOKEN.search(page.text)
        assert token is not None, page.text[-800:]
        return await self.http.post(path.split("?")[0], data={"csrf": token[1]} | fields)

    async def sign_in(self, login: str = "marat", password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.send("/console/sign-in", login=login, password=password, **fields)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """As htmx sends a form of a page of the console."""
        token = _BODY_TOKEN.search((await self.http.get("/console/profile")).text)
        headers = {"x-csrf-token": token[1] if token else "", "hx-request": "true"}
        return await self.http.post(path, data=fields, headers=headers)

    async def is_in(self) -> bool:
        return (await self.http.get("/console/profile")).status_code == 200

    @property
    def token(self) -> str:
        return self.http.cookies.get(COOKIE, "")

    async def turn_second_factor_on(self, shop: Shop) -> "Phone":
        page = (await self.get("/console/profile/second-factor")).text
        offered = re.search(r'name="offered" value="([^"]+)"', page)
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
        assert offered and secret
        phone = Phone(secret[1].replace(" ", ""), shop)
        shown = await self.post(
            "/console/profile/second-factor", offered=offered[1], code=phone.code(), password=PASSWORD
        )
        phone.recovery_codes = re.findall(r"<code>([a-z2-7-]{19})</code>", shown.text)
        assert len(phone.recovery_codes) == 10, shown.text
        return phone


@dataclass
class Phone:
    """A phone with an app for one-time codes; its clock is the shop's."""

    secret: str
    shop: Shop
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, *, seconds: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(int(self.shop.clock.now().timestamp()) + seconds)


@dataclass
class Door:
    """The console as the street sees it."""

    shop: Shop

    def __post_init__(self) -> None:
        self.site = sites.lend(self.shop.app)

    def browser(self, *, origin: str = "http://console.test", address: str = "203.0.113.7", **headers: str) -> Browser:
        transport = httpx.ASGITransport(app=self.site, client=(address, 5000))
        return Browser(httpx.AsyncClient(transport=transport, base_url=origin, headers=headers))

    def later(self, **span: float) -> None:
        """So much time has gone by; what the salesperson does meanwhile is not looked at."""
        self.shop.clock.move_to(self.shop.clock.now() + timedelta(**span))

    async def hire(self, login: str = "marat", role: Role = Role.OWNER, name: str = "Марат") -> Operator:
        """An operator who has a password."""
        digest = await passwords.digest(PASSWORD)
        now = self.shop.clock.now()
        return await self.shop.app.db.run(accounts.create, login, name, role, password_digest=digest, now=now)

    async def first_link(self) -> str:
        """The path of the link printed at the first start."""
        secret = await self.shop.app.db.run(links.for_first_owner, now=self.shop.clock.now())
        assert secret is not None
        return f"/console/welcome/{secret}"
