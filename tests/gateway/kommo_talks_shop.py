"""A whole shop that answers in the chats of its leads in a fake Kommo, told its news by form-encoded webhooks."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx

from saudager.api import webhooks as pages
from saudager.gateway import accounts, connections, webhooks
from saudager.web import make_web
from tests.fakes.kommo_talks import TOKEN, FakeKommoTalks
from tests.gateway.wappi_shop import WappiShop

OpenTalksShop = Callable[..., Any]


class TalksShop(WappiShop):
    """The product on Kommo's talks, and Kommo that calls it."""

    @property
    def kommo(self) -> FakeKommoTalks:
        fake: FakeKommoTalks = self.wappi
        return fake

    async def starts(self) -> None:
        self.account_name = f"kommo_talks:{self.kommo.domain}"
        await super().starts()
        if not any(one.name == self.account_name for one in await self.app.db.read(accounts.everyone)):
            form = {"domain": self.kommo.domain, "token": TOKEN}
            trial = await connections.connect(self.app, "kommo_talks", form)
            assert (trial.ready, trial.account) == (True, self.account_name)
            await self.settles()

    def answers(self, chat: str = "") -> list[str]:
        return [sent.text for sent in self.kommo.sent if not chat or sent.talk == chat.partition("@")[0]]

    async def told(self, body: bytes, *, secret: str | None = None) -> int:
        """Kommo calls the webhook; the answer's status."""
        where = (
            f"/webhooks/{self.account_name}/{secret}" if secret else webhooks.address_of(self.app, self.account_name)
        )
        web = make_web("test")
        web.include_router(pages.router(partial(webhooks.receive, self.app), partial(webhooks.confirm, self.app)))
        transport = httpx.ASGITransport(web, raise_app_exceptions=False)
        form = {"content-type": "application/x-www-form-urlencoded"}
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
            return (await http.post(where, content=body, headers=form)).status_code
