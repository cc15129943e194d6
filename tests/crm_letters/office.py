"""A shop that works in a Kommo of ours: what a person does there, what the shop hears of it, and what it did."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.agent import moderator
from saudager.attention import Why
from saudager.bench.kommo_account import KommoAccount
from saudager.clock import MovableClock
from saudager.crm import connections, deeds, history, pacing, templates, tokens, trouble
from saudager.crm.history import Entry
from saudager.crm.models import CrmConnection, CrmContact, CrmDeed, CrmLead, DeedState, Strategy
from saudager.crm.reading import Reader
from saudager.outreach.models import OutreachVerdict
from saudager.providers.crm import Tokens
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from saudager.rehearsal import CUSTOMER, OPENING, Shop, rehearse
from saudager.settings import Settings
from saudager.vault import Vault

AIGUL, PHONE = "aigul@firm.example", CUSTOMER.partition("@")[0]
NEW, THINKS, PAID = "Новая", "Думает", "Оплачено"


@dataclass
class Office:
    """The shop, the account, and one lead of Aigul's in it."""

    shop: Shop
    kommo: KommoAccount
    connection_id: int
    number: int
    """Of the lead, in Kommo."""

    async def hears(self, *leads: int) -> None:
        """The shop reads what a person did to leads in Kommo."""
        await self.reads(lambda reader: reader.leads(leads or (self.number,)))

    async def reads(self, what: Callable[[Reader], Awaitable[Any]]) -> None:
        crm = await connections.opened(self.shop.app, self.connection_id)
        await in_time(self.shop.clock, what(Reader(self.shop.app, self.connection_id, crm, owner=None)))
        await self.shop.settles()

    async def is_connected_again(self) -> None:
        """With another token, after the first one was revoked."""

        def connect(session: Session) -> None:
            known = tokens.seal(self.shop.app.vault, Tokens(self.kommo.long_lived_token), None)
            session.get_one(CrmConnection, self.connection_id).secrets = known
            trouble.is_well(session, self.connection_id, now=self.shop.clock.now())
            deeds.resume(session, self.connection_id)

        await self.shop.app.db.run(connect)

    async def person_moves(self, stage: str) -> None:
        self.shop.clock.move_to(self.shop.clock.now() + timedelta(seconds=1))
        self.kommo.move(self.number, stage=stage)
        await self.hears()

    def row(self, session: Session) -> CrmLead:
        return session.scalars(select(CrmLead).where(CrmLead.vendor_id == self.number)).one()

    async def asks(self, deed: Callable[..., Any], *args: Any, **values: Any) -> Any:
        """Something asked for in the lead at this moment."""

        def ask(session: Session) -> Any:
            return deed(session, self.row(session), *args, **values, now=self.shop.clock.now())

        return await self.shop.app.db.run(ask)

    async def changes(self, **values: Any) -> None:
        """The connection is set otherwise."""

        def change(session: Session) -> None:
            connection = session.get_one(CrmConnection, self.connection_id)
            for name, value in values.items():
                setattr(connection, name, value)

        await self.shop.app.db.run(change)

    async def deeds(self) -> Sequence[CrmDeed]:
        return await self.shop.app.db.read(lambda session: session.scalars(select(CrmDeed).order_by(CrmDeed.id)).all())

    async def forgets_the_end(self, about: str, **values: Any) -> None:
        """As it stands when the process died behind the request of this deed and before it was stored what came of
        it."""

        def die(session: Session) -> None:
            deed = session.scalars(select(CrmDeed).where(CrmDeed.about == about)).one()
            deed.state, deed.vendor_id, deed.done_at = DeedState.WAITING, None, None
            for name, value in values.items():
                setattr(deed, name, value)
            key, now = f"{deed.connection_id}:{deed.lead_vendor_id}", self.shop.clock.now()
            table.publish(session, deeds.QUEUE, {"deed": deed.id}, id=f"{deed.id}:again", key=key, now=now)

        await self.shop.app.db.run(die)

    async def template(self, stage: str = PAID, **draft: Any) -> int:
        usual = {"channel": "email", "subject": "Ваш заказ", "text": "{name}, спасибо! {lead}: {price}. {shop}"}
        row = self.kommo.leads[self.number]
        filled = templates.Draft(pipeline=row["pipeline_id"], stage=self.kommo.stage(stage), **usual | draft)
        add = templates.add
        return await self.shop.app.db.run(add, self.connection_id, filled, now=self.shop.clock.now())

    async def history(self) -> Sequence[Entry]:
        return await self.shop.app.db.read(lambda session: history.of_lead(session, self.row(session).id))

    async def verdicts(self) -> list[tuple[str, str | None, str | None]]:
        """The door's words on what was written first: verdict, fate, reason."""

        def read(session: Session) -> list[tuple[str, str | None, str | None]]:
            rows = session.scalars(select(OutreachVerdict).order_by(OutreachVerdict.id))
            return [(row.verdict, row.fate, row.reason) for row in rows]

        return await self.shop.app.db.read(read)

    async def asked(self) -> list[str]:
        """What a person was asked to look at in the CRM."""
        return [entry.reason for entry in await self.shop.desk() if entry.kind == Why.CRM]

    def notes(self) -> list[str]:
        return [note["params"]["text"] for note in self.kommo.notes(self.number)]


@asynccontextmanager
async def opened(
    settings: Callable[..., Settings], replies: Sequence[str] = (), **values: Any
) -> AsyncIterator[Office]:
    """Aigul, known to be a customer, has a lead of 94 500 that stands at «Новая»; the account is connected and read."""
    clock = MovableClock(OPENING)
    async with (
        KommoAccount(now=clock.now) as kommo,
        rehearse(settings(**values), model=ScriptedModel(list(replies)), clock=clock) as shop,
    ):
        contact = kommo.add_contact("Айгуль Серикова", phone=PHONE, email=AIGUL)
        number = kommo.add_lead("Стол «Дастархан»", contact=contact, stage=NEW, price=94_500)
        office = Office(shop, kommo, await shop.app.db.run(_connected, shop.app.vault, kommo, now=clock.now()), number)
        await office.hears()
        await shop.app.db.run(_is_a_customer, now=clock.now())
        yield office


async def in_time(clock: MovableClock, work: Awaitable[Any]) -> Any:
    """What came of something that keeps the CRM's pace, for which the clock is moved on."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.wait({task}, timeout=0.002)
        if clock.is_asleep(task) and (moment := clock.next_wake()) is not None:
            clock.move_to(moment)
    return task.result()


def _connected(session: Session, vault: Vault, kommo: KommoAccount, *, now: datetime) -> int:
    """As the account stands once it has been read."""
    connection = CrmConnection(
        vendor="kommo",
        base_url=kommo.base_url,
        account_id=1,
        title="Мебель",
        currency="KZT",
        secrets=tokens.seal(vault, Tokens(kommo.long_lived_token), None),
        connected_at=now,
        strategy=Strategy.MAILBOX,
        notes_talks=True,
        synced_at=now,
    )
    session.add(connection)
    session.flush()
    pacing.begin(session, connection.id, now=now)
    return connection.id


def _is_a_customer(session: Session, *, now: datetime) -> None:
    contact = session.scalars(select(CrmContact)).one()
    assert contact.contact_id is not None
    moderator.overrule(session, contact.contact_id, is_client=True, now=now)
