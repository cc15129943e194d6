"""What happened to leads, told to rules and sequences: added, moved on, won, lost, changed."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import events
from saudager.crm import catalogue, deeds, leads, templates
from saudager.crm.catalogue import Named
from saudager.crm.models import CrmConnection, CrmContact, CrmLead
from saudager.events import Happened
from saudager.providers.crm import Lead
from saudager.settings import Settings

_ENDS = {"won": Happened.LEAD_WON, "lost": Happened.LEAD_LOST}


@dataclass(frozen=True, slots=True)
class Change:
    """A lead as it is now, its pipeline and stage before (None: it is new), and whether anything else changed."""

    lead: Lead
    before: tuple[int, int] | None
    others: bool

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def moved(self) -> bool:
        return self.before != (self.lead.pipeline_id, self.lead.stage_id)


def tell(session: Session, connection_id: int, changes: Sequence[Change], *, settings: Settings, now: datetime) -> None:
    """Tell each change once, however often it is read; of one that a rule of ours has made the rule is told too. What
    came to a stage gets what the stage's templates say."""
    names, rows = catalogue.named(session, connection_id), _rows(session, connection_id, changes)
    people = _people(session, connection_id, rows.values())
    connection = session.get_one(CrmConnection, connection_id)
    for change in changes:
        row = rows[change.lead.id]
        with _made_by(session, row, change, now=now):
            for what in _what(change, names):
                events.tell(
                    session,
                    what,
                    leads.about(row.id),
                    contact_id=people.get(row.contact_vendor_id),
                    facts=_facts(change, row, names),
                    once=f"{what}:{row.id}:{change.lead.changed_at.isoformat()}:{change.lead.stage_id}",
                    now=now,
                )
        if change.is_new or change.moved:
            templates.stage_entered(session, connection, row, settings=settings, now=now)


def _made_by(session: Session, row: CrmLead, change: Change, *, now: datetime) -> AbstractContextManager[None]:
    if change.is_new or not change.moved:
        return nullcontext()
    to = (row.pipeline_vendor_id, row.stage_vendor_id)
    cause = deeds.cause_of_move(session, row.connection_id, row.vendor_id, *to, now=now)
    return nullcontext() if cause is None else events.caused_by(session, cause)


def _what(change: Change, names: Named) -> Iterable[Happened]:
    if change.is_new:
        yield Happened.LEAD_ADDED
    elif change.moved:
        yield Happened.LEAD_STAGE_CHANGED
    if change.moved and (end := _ENDS.get(names.kind(change.lead.pipeline_id, change.lead.stage_id))):
        yield end
    if change.others:
        yield Happened.LEAD_CHANGED


def _facts(change: Change, row: CrmLead, names: Named) -> dict[str, Any]:
    old_pipeline, old_stage = change.before or (0, 0)
    return {
        "lead": row.id,
        "name": row.name,
        "price": row.price,
        "pipeline": names.pipeline(row.pipeline_vendor_id),
        "stage": names.stage(row.pipeline_vendor_id, row.stage_vendor_id),
        "old_stage": names.stage(old_pipeline, old_stage),
        "responsible": names.users.get(row.responsible_id or 0, ""),
    }


def _rows(session: Session, connection_id: int, changes: Sequence[Change]) -> dict[int, CrmLead]:
    numbers = [change.lead.id for change in changes]
    found = select(CrmLead).where(CrmLead.connection_id == connection_id, CrmLead.vendor_id.in_(numbers))
    return {row.vendor_id: row for row in session.scalars(found.execution_options(populate_existing=True))}


def _people(session: Session, connection_id: int, rows: Iterable[CrmLead]) -> dict[int | None, int]:
    """Whom of ours the leads' main contacts are, by the CRM's number."""
    numbers = [lead.contact_vendor_id for lead in rows if lead.contact_vendor_id is not None]
    found = select(CrmContact.vendor_id, CrmContact.contact_id).where(
        CrmContact.connection_id == connection_id,
        CrmContact.vendor_id.in_(numbers),
    )
    return {number: contact for number, contact in session.execute(found) if contact is not None}
