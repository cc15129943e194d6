"""A whole shop on a fake WAHA, told of news by signed webhooks."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from saudager import services
from saudager.api import webhooks as pages
from saudager.clock import MovableClock
from saudager.gateway import webhooks
from saudager.gateway.models import Account
from saudager.providers.llm import LanguageModel
from saudager.settings import Settings
from saudager.web import make_web
from tests.fakes.waha import KEY, SESSION, FakeWaha, signed
from tests.gateway.wappi_shop import CUSTOMER, WappiShop

ACCOUNT = f"waha:{SESSION}"

OpenWahaShop = Callable[..., Any]


def waha_settings(waha: FakeWaha) -> dict[str, Any]:
    """What a merchant writes into ``.env``."""
    return {"waha_api_endpoint": waha.base_url, "waha_api_key": KEY, "waha_session": SESSION}


class WahaShop(WappiShop):
    """The product and the WAHA session it answers on."""

    def __init__(self, settings: Settings, waha: FakeWaha, clock: MovableClock, model: LanguageModel | None) -> None:
        super().__init__(settings, waha, clock, model)  # type: ignore[arg-type]
        self.waha = waha

    def answers(self, chat: str = CUSTOMER) -> list[str]:
        return [sent.text for sent in self.waha.sent if sent.chat == chat]

    async def account(self) -> Account:
        return await self.app.db.read(lambda session: session.get_one(Account, ACCOUNT))

    async def is_told(self, body: bytes, *, signature: str | None = None) -> int:
        """WAHA calls the shop's webhook; the answer's status."""
        web = make_web("test")
        web.include_router(pages.router(partial(webhooks.receive, self.app), partial(webhooks.confirm, self.app)))
        headers = signed(body, webhooks.secret_of(self.app, ACCOUNT))
        if signature is not None:
            headers["x-webhook-hmac"] = signature
        transport = httpx.ASGITransport(web, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
            return (await http.post(f"/webhooks/{ACCOUNT}", content=body, headers=headers)).status_code

    async def writes_by_hand(self, id: str, chat: str, text: str, *, seconds: float = 1, **fields: str) -> None:
        """A message another program puts into the queue; a first contact when the chat has not written."""
        body = {"id": id, "account": ACCOUNT, "chat": chat, "message_text": text, "class": "service"} | fields
        await services.put(self.app, "outgoing_messages", json.dumps(body).encode())
        await self.time_passes(seconds=seconds)
