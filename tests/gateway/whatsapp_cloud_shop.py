"""A whole shop on a fake WhatsApp Cloud API, told its news by signed webhooks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from saudager.api import webhooks as pages
from saudager.gateway import webhooks
from saudager.web import make_web
from tests.fakes.whatsapp_cloud import APP_SECRET, PHONE_NUMBER_ID, TOKEN, FakeWhatsAppCloud
from tests.gateway.wappi_shop import WappiShop

ACCOUNT = f"whatsapp_cloud:{PHONE_NUMBER_ID}"
PHONE = "77010000001"
CUSTOMER = f"{PHONE}@c.us"

OpenCloudShop = Callable[..., Any]


def cloud_settings(meta: FakeWhatsAppCloud) -> dict[str, Any]:
    """What a merchant writes into ``.env``."""
    return {
        "whatsapp_cloud_token": TOKEN,
        "whatsapp_cloud_phone_number_id": PHONE_NUMBER_ID,
        "whatsapp_cloud_app_secret": APP_SECRET,
        "whatsapp_cloud_base_url": meta.base_url,
    }


class CloudShop(WappiShop):
    """The product on the Cloud API, and Meta that calls it."""

    account_name = ACCOUNT

    @property
    def meta(self) -> FakeWhatsAppCloud:
        return self.wappi

    def answers(self, chat: str = CUSTOMER) -> list[str | None]:
        return [sent.text for sent in self.meta.sent if sent.to == chat.partition("@")[0]]

    async def told(self, *values: dict[str, Any], headers: dict[str, str] | None = None) -> int:
        """Meta calls the webhook with these values; the answer's status."""
        body = self.meta.call(*values)
        signed = self.meta.signed(body) if headers is None else headers
        async with self.web() as http:
            return (await http.post(f"/webhooks/{ACCOUNT}", content=body, headers=signed)).status_code

    def web(self) -> httpx.AsyncClient:
        web = make_web("test")
        web.include_router(pages.router(partial(webhooks.receive, self.app), partial(webhooks.confirm, self.app)))
        transport = httpx.ASGITransport(web, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://shop")
