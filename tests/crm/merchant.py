"""A merchant with an account at our Kommo, who connects it and looks at what is known of it here."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.api import crm as hooks
from saudager.app import App
from saudager.attention import Attention
from saudager.bench.kommo_account import KommoAccount
from saudager.clock import MovableClock
from saudager.conversations import identity
from saudager.conversations.models import Contact, Identity
from saudager.crm import connecting, news, sweeping, sync
from saudager.crm.models import CrmConnection, CrmContact, CrmLead
from saudager.events.models import Event
from saudager.queues import table
from saudager.queues.table import Lease
from saudager.web import make_web

PUBLIC = "https://shop.example.org"
DOMAINS = ("kommo.com", "127.0.0.1", "localhost")
T = TypeVar("T")


@dataclass
class Merchant:
    """Nothing runs by itself: what is to be done is done when a test says so, the clock moved on as it waits."""

    app: App
    kommo: KommoAccount
    id: int = 0

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.app.clock, MovableClock)
        return self.app.clock

    async def ends(self, work: Awaitable[T]) -> T:
        """What came of something that keeps the account's pace, for which the clock is moved on."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.wait({task}, timeout=0.002)
            if not task.done() and (moment := self.clock.next_wake()) is not None:
                self.clock.move_to(moment)
        return task.result()

    def time_passes(self, **span: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**span))

    async def connects(self, token: str | None = None) -> int:
        """By a long-lived token."""
        token = token or self.kommo.long_lived_token
        self.id = await self.ends(connecting.connect_long_lived(self.app, "kommo", self.kommo.base_url, token))
        return self.id

    async def says_yes(self, session_id: int = 7) -> int:
        """By OAuth, in a session of his."""
        state = await self.begins_oauth(session_id)
        self.id = await self.comes_back(state, self.kommo.code(), session_id)
        return self.id

    async def begins_oauth(self, session_id: int = 7) -> str:
        """The state he is sent to Kommo with."""
        known = self.kommo.integration
        url = await self.ends(
            connecting.begin_oauth(
                self.app, "kommo", known.client_id, known.client_secret, domain="kommo.com", session_id=session_id
            )
        )
        return httpx.URL(url).params["state"]

    async def comes_back(self, state: str, code: str, session_id: int = 7) -> int:
        return await self.ends(
            connecting.finish_oauth(self.app, state, code, self.kommo.base_url, session_id=session_id)
        )

    async def disconnects(self) -> None:
        await self.ends(connecting.disconnect(self.app, self.id))

    async def syncs(self) -> Any:
        return await self.ends(sync.sync_pipelines(self.app, f"sync:{self.id}", self.id))

    async def sweeps(self) -> bool:
        return await self.ends(sweeping.sweep(self.app, self.id, owner="sweep"))

    async def is_told(self, *bodies: bytes, secret: str | None = None, connection: int | None = None) -> list[int]:
        """What Kommo gets for the calls it makes: all it would have made, unless these are given."""
        web = make_web("test", longest_body=4_000_000, uploads=hooks.LONGEST)
        web.include_router(hooks.router(self.app))
        secret = secret or connecting.secret_of_hook(self.app, self.id)
        statuses = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://shop") as http:
            for body in bodies or self.kommo.hook_calls():
                form = {"content-type": "application/x-www-form-urlencoded"}
                answer = await http.post(f"/crm/hooks/{connection or self.id}/{secret}", content=body, headers=form)
                statuses.append(answer.status_code)
        return statuses

    async def reads_news(self) -> int:
        """Work what was told; how many calls waited."""
        now = self.clock.now()
        leases: list[Lease] = await self.app.db.run(table.claim, news.POLICY, limit=10, now=now)
        for lease in leases:
            await self.ends(news.reread(self.app, lease))
            await self.app.db.run(table.finish, lease, now=self.clock.now())
        return sum(len(lease.messages) for lease in leases)

    async def connection(self) -> CrmConnection:
        return await self.app.db.read(lambda session: session.get_one(CrmConnection, self.id))

    async def lead(self, number: int) -> CrmLead:
        return await self.app.db.read(
            lambda session: session.scalars(select(CrmLead).filter_by(vendor_id=number)).one()
        )

    async def person(self, number: int) -> CrmContact:
        """A contact of Kommo's as it is known here."""
        return await self.app.db.read(
            lambda session: session.scalars(select(CrmContact).filter_by(vendor_id=number)).one()
        )

    async def stored(self, table: Any, **of: Any) -> Sequence[Any]:
        return await self.app.db.read(lambda session: session.scalars(select(table).filter_by(**of)).all())

    async def happened(self) -> list[tuple[str, dict[str, Any]]]:
        """What has been told of leads, and its facts."""
        events: Sequence[Event] = await self.app.db.read(lambda session: session.scalars(select(Event)).all())
        return [(event.kind, event.facts) for event in events]

    async def desk(self) -> Sequence[Attention]:
        return await self.app.db.read(attention.waiting)

    async def knows(self, *names: tuple[str, str], name: str | None = None) -> int:
        """Somebody who has written to us under these names; his id."""

        def meet(session: Session) -> int:
            contact = identity.recognise(session, names, now=self.clock.now())
            session.get_one(Contact, contact).name = name
            return contact

        return await self.app.db.run(meet)

    async def names(self, contact_id: int) -> set[tuple[str, str]]:
        found = await self.stored(Identity, contact_id=contact_id)
        return {(one.kind, one.value) for one in found}

    async def run(self, function: Callable[..., T], *arguments: Any, **circumstances: Any) -> T:
        return await self.app.db.run(function, *arguments, now=self.clock.now(), **circumstances)
