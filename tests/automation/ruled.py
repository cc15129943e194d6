"""A shop with rules, and what they did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import events
from saudager.automation import versions
from saudager.automation.models import Automation, RuleRun
from saudager.crm.models import CrmConnection, CrmContact, CrmField, CrmLead, CrmPipeline, CrmStage, CrmUser, Strategy
from saudager.events import Happened
from saudager.events.models import Event
from saudager.rehearsal import Shop
from saudager.settings import Settings


@dataclass(frozen=True)
class Ruled:
    shop: Shop

    @property
    def _settings(self) -> Settings:
        return self.shop.app.settings

    async def rule(self, text: str, *, on: bool = True) -> int:
        """Kept and, usually, switched on; its id."""
        return await self.shop.app.db.run(_keep, text, on, self._settings, now=self.shop.clock.now())

    async def switch(self, automation: int, *, on: bool) -> None:
        zone = self._settings.zone
        await self.shop.app.db.run(versions.switch, automation, on=on, zone=zone, now=self.shop.clock.now())

    async def one(self, automation: int) -> Automation:
        return await self.shop.app.db.read(versions.one, automation)

    async def runs(self) -> Sequence[RuleRun]:
        return await self.shop.app.db.read(_all_runs)

    async def outcomes(self) -> list[str]:
        return [run.outcome for run in await self.runs()]

    async def told(self, *kinds: Happened) -> list[tuple[str, str, Mapping[str, Any]]]:
        """Kind, subject and facts of all events, or of those of the kinds, oldest first."""
        rows = await self.shop.app.db.read(_all_events)
        return [(row.kind, row.about, row.facts) for row in rows if not kinds or row.kind in kinds]

    async def happens(self, what: Happened, about: str, **told: Any) -> None:
        """Some room tells it, and whoever listens has heard it."""
        await self.shop.app.db.run(events.tell, what, about, now=self.shop.clock.now(), **told)
        await self.shop.settles()

    async def desk(self, why: str = "automation") -> list[tuple[str, str]]:
        return [(one.about, one.reason) for one in await self.shop.desk() if one.kind == why]


def _keep(session: Session, text: str, on: bool, settings: Settings, *, now: datetime) -> int:
    kept = versions.save(session, text, by="Дана", zone=settings.zone, now=now)
    if on:
        versions.switch(session, kept.id, on=True, zone=settings.zone, now=now)
    return kept.id


def _all_runs(session: Session) -> Sequence[RuleRun]:
    return session.scalars(select(RuleRun).order_by(RuleRun.id)).all()


def _all_events(session: Session) -> Sequence[Event]:
    return session.scalars(select(Event).order_by(Event.id)).all()


def crm(session: Session, *, now: datetime) -> int:
    """A connected CRM with the pipeline «Продажи» and a field «Город»; the connection's id."""
    connection = CrmConnection(
        vendor="kommo",
        base_url="https://shop.example",
        title="Kommo",
        currency="KZT",
        connected_at=now,
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
    for number, (name, kind) in {10: ("Думает", "open"), 142: ("Успешно", "won")}.items():
        session.add(CrmStage(pipeline_id=pipeline.id, vendor_id=number, name=name, sort=number, color="", kind=kind))
    for number, name in {601: "Город", 602: "Бюджет"}.items():
        session.add(
            CrmField(connection_id=connection.id, entity="leads", vendor_id=number, name=name, kind="text", choices=[])
        )
    session.add(CrmUser(connection_id=connection.id, vendor_id=7, name="Дана"))
    return connection.id


def lead(
    session: Session,
    connection: int,
    number: int,
    contact: int | None,
    *,
    now: datetime,
    price: int = 250_000,
    since: datetime | None = None,
    closed: bool = False,
) -> int:
    """A lead on «Думает»; its id."""
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
    made = CrmLead(
        connection_id=connection,
        vendor_id=number,
        name="Окна в гостиную",
        price=price,
        pipeline_vendor_id=5,
        stage_vendor_id=142 if closed else 10,
        contact_vendor_id=number,
        contacts=[number],
        responsible_id=7,
        values={"601": ["Алматы"]},
        is_deleted=False,
        created_at=now,
        changed_at=now,
        closed_at=now if closed else None,
        stage_since=since or now,
        read_at=now,
    )
    session.add(made)
    session.flush()
    return made.id
