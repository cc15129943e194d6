"""A shop with a CRM's leads and sequences that run, and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import events
from saudager.automation import by_hand, versions
from saudager.automation.models import Journey, JourneyStep
from saudager.conversations.models import Contact, Identity
from saudager.crm.models import CrmConnection, CrmContact, CrmDeed, CrmLead, CrmPipeline, CrmStage, Strategy
from saudager.events import Happened
from saudager.outreach.models import OutreachVerdict
from saudager.rehearsal import CUSTOMER, Shop
from tests.orders import rows
from tests.outreach.ledger import Ledger

STAGES = {"Новый": (10, "open"), "Думает": (20, "open"), "Успешно": (142, "won"), "Отказ": (143, "lost")}
_numbers = count(1)


@dataclass
class Course:
    shop: Shop

    async def run(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        return await self.shop.app.db.run(function, *args, **kwargs)

    async def later(self, **span: float) -> None:
        """So much later, and two minutes in which what has fallen due by then is done."""
        self.shop.clock.move_to(self.shop.clock.now() + timedelta(**span))
        await self.shop.time_passes(minutes=2)

    async def until(self, moment: datetime) -> None:
        """Shortly before the moment, then some minutes one by one."""
        self.shop.clock.move_to(moment.astimezone(UTC) - timedelta(minutes=3))
        await self.shop.time_passes(minutes=6)

    async def install(self, source: str, *, on: bool = True) -> int:
        """A sequence or a rule as the merchant saves it; its id."""
        return await self.run(_install, source, on, self.shop.app.settings.zone, now=self.shop.clock.now())

    async def switch(self, automation: int, *, on: bool) -> None:
        zone = self.shop.app.settings.zone
        await self.run(versions.switch, automation, on=on, zone=zone, now=self.shop.clock.now())

    async def customer(
        self,
        chat: str = CUSTOMER,
        *,
        name: str | None = "Айгуль Сатпаева",
        email: str | None = None,
        wrote: timedelta | None = timedelta(days=10),
    ) -> int:
        """Somebody who wrote so long ago (None: never), by whatever else is known of him."""
        contact = await Ledger(self.shop).customer(chat, wrote=wrote)
        await self.run(_call, contact, name, email)
        return contact

    async def crm(self, *, connected: bool = True) -> int:
        """A CRM with one pipeline, «Продажи»; its connection's id."""
        return await self.run(_connect, connected, now=self.shop.clock.now())

    async def lead(self, contact: int, *, stage: str = "Новый", connection: int | None = None) -> int:
        """A lead «Окна в гостиную» of the contact."""
        made = connection or await self.crm()
        return await self.run(_add_lead, made, contact, stage, now=self.shop.clock.now())

    async def moves(self, lead: int, stage: str) -> None:
        """The CRM tells that the lead stands on another stage now."""
        await self.run(_move, lead, stage, now=self.shop.clock.now())
        await self.shop.settles()

    async def order(self, contact: int, *, total: int = 120_000) -> tuple[int, str]:
        """A delivered order of the contact; its id and number."""
        return await self.run(_order, contact, total, now=self.shop.clock.now())

    async def tells(self, what: Happened, about: str, **told: Any) -> None:
        """Something happened."""
        await self.run(events.tell, what, about, now=self.shop.clock.now(), **told)
        await self.shop.settles()

    async def begins(self, name: str, about: str) -> int:
        journey = await self.run(by_hand.begin, name, about, by="Дана", now=self.shop.clock.now())
        await self.shop.settles()
        return int(journey)

    async def journeys(self) -> Sequence[Journey]:
        return await self.shop.app.db.read(_journeys, is_single=False)

    async def kept(self) -> Sequence[Journey]:
        """Actions that wait, or waited, for their moment alone."""
        return await self.shop.app.db.read(_journeys, is_single=True)

    async def journey(self) -> Journey:
        (one,) = await self.journeys()
        return one

    async def steps(self, journey: int | None = None) -> list[tuple[str, str, str]]:
        """Path, kind and outcome of what was taken, oldest first; of all journeys, or of one."""
        return [(one.path, one.kind, one.outcome) for one in await self.trace(journey)]

    async def trace(self, journey: int | None = None) -> Sequence[JourneyStep]:
        """The same as it is kept, without actions that waited for their moment alone."""
        return await self.shop.app.db.read(_steps, journey)

    async def deeds(self) -> list[tuple[str, dict[str, Any]]]:
        """What was asked of the CRM."""
        return [(one.kind, one.body) for one in await self.shop.app.db.read(_deeds)]

    async def verdicts(self) -> list[tuple[str, str | None]]:
        return [(one.verdict, one.reason) for one in await self.shop.app.db.read(_verdicts)]

    async def tasks(self) -> list[str]:
        """What lies on the desk to be done."""
        return [one.reason for one in await self.shop.desk() if one.kind == "task"]


def _install(session: Session, source: str, on: bool, zone: Any, *, now: Any) -> int:
    kept = versions.save(session, source, by="Дана", zone=zone, now=now)
    if on and not kept.is_on:
        versions.switch(session, kept.id, on=True, zone=zone, now=now)
    return kept.id


def _call(session: Session, contact_id: int, name: str | None, email: str | None) -> None:
    session.get_one(Contact, contact_id).name = name
    if email is not None:
        session.add(Identity(kind="email", value=email, contact_id=contact_id))


def _connect(session: Session, connected: bool, *, now: Any) -> int:
    connection = CrmConnection(
        vendor="kommo",
        base_url="https://shop.example",
        title="Kommo",
        currency="KZT",
        connected_at=now,
        disconnected_at=None if connected else now,
        synced_at=now,
        strategy=Strategy.MAILBOX,
        notes_talks=False,
    )
    session.add(connection)
    session.flush()
    pipeline = CrmPipeline(
        connection_id=connection.id, vendor_id=5, name="Продажи", sort=1, is_main=True, is_archived=False
    )
    session.add(pipeline)
    session.flush()
    for sort, (name, (number, kind)) in enumerate(STAGES.items()):
        session.add(CrmStage(pipeline_id=pipeline.id, vendor_id=number, name=name, sort=sort, color="", kind=kind))
    return connection.id


def _add_lead(session: Session, connection: int, contact: int, stage: str, *, now: Any) -> int:
    number = next(_numbers)
    session.add(
        CrmContact(
            connection_id=connection,
            vendor_id=number,
            contact_id=contact,
            name="Айгуль",
            phones=[],
            emails=[],
            values={},
            is_deleted=False,
            changed_at=now,
            read_at=now,
        )
    )
    lead = CrmLead(
        connection_id=connection,
        vendor_id=number,
        name="Окна в гостиную",
        price=250_000,
        pipeline_vendor_id=5,
        stage_vendor_id=STAGES[stage][0],
        contact_vendor_id=number,
        contacts=[number],
        responsible_id=None,
        values={},
        is_deleted=False,
        created_at=now,
        changed_at=now,
        stage_since=now,
        read_at=now,
    )
    session.add(lead)
    session.flush()
    return lead.id


def _move(session: Session, lead_id: int, stage: str, *, now: Any) -> None:
    lead = session.get_one(CrmLead, lead_id)
    before = next(name for name, (number, _) in STAGES.items() if number == lead.stage_vendor_id)
    lead.stage_vendor_id, kind = STAGES[stage]
    lead.stage_since = lead.changed_at = now
    lead.closed_at = None if kind == "open" else now
    contact = session.scalars(select(CrmContact).where(CrmContact.vendor_id == lead.contact_vendor_id)).one()
    told = {"lead": lead.vendor_id, "name": lead.name, "price": lead.price, "stage": stage, "old_stage": before}
    kinds = {"won": [Happened.LEAD_WON], "lost": [Happened.LEAD_LOST]}.get(kind, [])
    session.flush()
    for what in [Happened.LEAD_STAGE_CHANGED, *kinds]:
        events.tell(session, what, f"lead:{lead_id}", contact_id=contact.contact_id, facts=told, now=now)


def _order(session: Session, contact: int, total: int, *, now: Any) -> tuple[int, str]:
    shop = rows.shop(session, at=now)
    lines = (("ELITE-70", "Окно ELITE 70", 1, f"{total}.00"),)
    order = rows.order(session, shop, at=now, contact=contact, lines=lines)
    session.flush()
    return order.id, order.code


def _journeys(session: Session, *, is_single: bool) -> Sequence[Journey]:
    return session.scalars(select(Journey).where(Journey.is_single == is_single).order_by(Journey.id)).all()


def _steps(session: Session, journey: int | None) -> Sequence[JourneyStep]:
    query = select(JourneyStep).join(Journey, Journey.id == JourneyStep.journey_id).order_by(JourneyStep.id)
    query = query.where(~Journey.is_single)
    return session.scalars(query if journey is None else query.where(JourneyStep.journey_id == journey)).all()


def _deeds(session: Session) -> Sequence[CrmDeed]:
    return session.scalars(select(CrmDeed).order_by(CrmDeed.id)).all()


def _verdicts(session: Session) -> Sequence[OutreachVerdict]:
    return session.scalars(select(OutreachVerdict).order_by(OutreachVerdict.id)).all()
