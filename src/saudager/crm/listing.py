"""Leads as a person looks at them: pipelines with what stands in each stage, lists, and one lead whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.crm import leads, placeholders
from saudager.crm.models import (
    CrmConnection,
    CrmContact,
    CrmDeed,
    CrmField,
    CrmLead,
    CrmPipeline,
    CrmStage,
    CrmUser,
    DeedState,
)
from saudager.errors import NotFound
from saudager.settings import Settings

_DIGITS = 18
_OF_CONTACT = 20


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, and what stands in it: how many leads, and what they come to in the account's currency."""

    stage: CrmStage
    leads: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """A lead in a list, with the name of its main contact and of its stage."""

    lead: CrmLead
    contact: str | None
    stage: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class OfContact:
    """A lead of a contact, with what its stage is called and of what kind it is; None when the stage is gone."""

    lead: CrmLead
    stage: str | None
    kind: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A lead with all that names what it holds."""

    lead: CrmLead
    connection: CrmConnection
    pipelines: Sequence[tuple[CrmPipeline, Sequence[CrmStage]]]
    responsible: str | None
    crm_contact: CrmContact | None
    contact: Contact | None
    fields: Sequence[tuple[str, str]]
    waiting: Sequence[CrmDeed]
    """What we have yet to do in it, or could not."""

    @property
    def stands(self) -> tuple[str, str | None]:
        """What its stage is called, with its pipeline, and of what kind it is."""
        for pipeline, stages in self.pipelines:
            for stage in stages:
                if (pipeline.vendor_id, stage.vendor_id) == (self.lead.pipeline_vendor_id, self.lead.stage_vendor_id):
                    return f"{pipeline.name} · {stage.name}", stage.kind
        return str(self.lead.stage_vendor_id), None


def pipelines(session: Session, connection_id: int) -> list[tuple[CrmPipeline, list[CrmStage]]]:
    """The pipelines in use with their stages, in the CRM's order."""
    kept = session.scalars(
        select(CrmPipeline)
        .where(CrmPipeline.connection_id == connection_id, CrmPipeline.is_archived.is_(False))
        .order_by(CrmPipeline.sort, CrmPipeline.id)
    ).all()
    stages = session.scalars(
        select(CrmStage).where(CrmStage.pipeline_id.in_([one.id for one in kept])).order_by(CrmStage.sort, CrmStage.id)
    ).all()
    return [(one, [stage for stage in stages if stage.pipeline_id == one.id]) for one in kept]


def board(session: Session, connection_id: int) -> list[tuple[CrmPipeline, list[Stage]]]:
    """The same with what stands in each stage; three statements however many leads there are."""
    counted = session.execute(
        select(
            CrmLead.pipeline_vendor_id, CrmLead.stage_vendor_id, func.count(), func.coalesce(func.sum(CrmLead.price), 0)
        )
        .where(CrmLead.connection_id == connection_id, CrmLead.is_deleted.is_(False))
        .group_by(CrmLead.pipeline_vendor_id, CrmLead.stage_vendor_id)
    )
    sums = {(pipeline, stage): (count, price) for pipeline, stage, count, price in counted}
    return [
        (pipeline, [Stage(one, *sums.get((pipeline.vendor_id, one.vendor_id), (0, Decimal(0)))) for one in stages])
        for pipeline, stages in pipelines(session, connection_id)
    ]


def listed(
    session: Session,
    connection_id: int,
    *,
    pipeline: int | None = None,
    stage: int | None = None,
    search: str = "",
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[Row], int | None]:
    """The newest leads, and what to ask for as ``before`` to get more. ``search`` is found in the lead's name or in
    that of its main contact, or is the CRM's number of it."""
    query = (
        select(CrmLead, CrmContact.name, CrmStage.name, CrmStage.kind)
        .outerjoin(
            CrmContact,
            (CrmContact.connection_id == CrmLead.connection_id) & (CrmContact.vendor_id == CrmLead.contact_vendor_id),
        )
        .outerjoin(
            CrmPipeline,
            (CrmPipeline.connection_id == CrmLead.connection_id)
            & (CrmPipeline.vendor_id == CrmLead.pipeline_vendor_id),
        )
        .outerjoin(CrmStage, (CrmStage.pipeline_id == CrmPipeline.id) & (CrmStage.vendor_id == CrmLead.stage_vendor_id))
        .where(CrmLead.connection_id == connection_id, CrmLead.is_deleted.is_(False))
        .order_by(CrmLead.id.desc())
        .limit(limit + 1)
    )
    if pipeline is not None:
        query = query.where(CrmLead.pipeline_vendor_id == pipeline)
    if stage is not None:
        query = query.where(CrmLead.stage_vendor_id == stage)
    if before is not None:
        query = query.where(CrmLead.id < before)
    if words := search.strip().lower():
        folded = func.lower if session.info["kind"].IS_SERVER else func.folded
        by_words = or_(*(folded(name).contains(words, autoescape=True) for name in (CrmLead.name, CrmContact.name)))
        number = words.removeprefix("#")
        is_number = number.isdecimal() and len(number) <= _DIGITS
        query = query.where(or_(by_words, CrmLead.vendor_id == int(number)) if is_number else by_words)
    rows = [Row(*row) for row in session.execute(query)]
    return rows[:limit], rows[limit - 1].lead.id if len(rows) > limit else None


def whole(session: Session, lead_id: int, settings: Settings) -> Whole:
    """Raises NotFound when there is no such lead."""
    lead = session.get(CrmLead, lead_id)
    if lead is None:
        raise NotFound(f"Сделки {lead_id} нет.")
    known = leads.main_contact(session, lead)
    responsible = session.scalar(
        select(CrmUser.name).where(
            CrmUser.connection_id == lead.connection_id, CrmUser.vendor_id == lead.responsible_id
        )
    )
    waiting = session.scalars(
        select(CrmDeed)
        .where(
            CrmDeed.connection_id == lead.connection_id,
            CrmDeed.lead_vendor_id == lead.vendor_id,
            CrmDeed.state != DeedState.DONE,
        )
        .order_by(CrmDeed.id.desc())
        .limit(20)
    ).all()
    return Whole(
        lead,
        session.get_one(CrmConnection, lead.connection_id),
        pipelines(session, lead.connection_id),
        responsible,
        known,
        None if known is None or known.contact_id is None else session.get(Contact, known.contact_id),
        _filled(session, lead, settings),
        waiting,
    )


def of_contact(session: Session, contact_id: int, *, open_only: bool = False) -> Sequence[OfContact]:
    """His leads, the one changed last first; ``open_only``: those that are not closed, in CRMs that are connected."""
    query = (
        select(CrmLead, CrmStage.name, CrmStage.kind, CrmConnection.currency)
        .join(
            CrmContact,
            (CrmContact.connection_id == CrmLead.connection_id) & (CrmContact.vendor_id == CrmLead.contact_vendor_id),
        )
        .join(CrmConnection, CrmConnection.id == CrmLead.connection_id)
        .outerjoin(
            CrmPipeline,
            (CrmPipeline.connection_id == CrmLead.connection_id)
            & (CrmPipeline.vendor_id == CrmLead.pipeline_vendor_id),
        )
        .outerjoin(CrmStage, (CrmStage.pipeline_id == CrmPipeline.id) & (CrmStage.vendor_id == CrmLead.stage_vendor_id))
        .where(CrmContact.contact_id == contact_id, CrmLead.is_deleted.is_(False))
        .order_by(CrmLead.changed_at.desc(), CrmLead.id.desc())
        .limit(_OF_CONTACT)
    )
    if open_only:
        query = query.where(CrmLead.closed_at.is_(None), CrmConnection.disconnected_at.is_(None))
    return [OfContact(*row) for row in session.execute(query)]


def mark(session: Session) -> str:
    """Changes whenever something was read from an account, or one is no longer as it was."""
    accounts = session.execute(
        select(
            CrmConnection.id,
            CrmConnection.progress,
            CrmConnection.swept_until,
            CrmConnection.problem,
            CrmConnection.hooked_at,
            CrmConnection.disconnected_at,
        ).order_by(CrmConnection.id)
    )
    return f"{accounts.all()} {session.scalar(select(func.max(CrmLead.changed_at)))}"


def mark_of_lead(session: Session, lead_id: int) -> str:
    """Changes whenever the lead does, or something we do in it."""
    lead = session.get(CrmLead, lead_id)
    if lead is None:
        return ""
    deeds = select(CrmDeed.id, CrmDeed.state).where(
        CrmDeed.connection_id == lead.connection_id, CrmDeed.lead_vendor_id == lead.vendor_id
    )
    last: Any = session.execute(deeds.order_by(CrmDeed.id.desc()).limit(5)).all()
    return f"{lead.read_at} {last}"


def _filled(session: Session, lead: CrmLead, settings: Settings) -> Sequence[tuple[str, str]]:
    """Its fields by name; of one that is gone, by number."""
    query = select(CrmField.vendor_id, CrmField.name, CrmField.kind).where(
        CrmField.connection_id == lead.connection_id, CrmField.entity == "leads"
    )
    known = {str(number): (name, kind) for number, name, kind in session.execute(query)}
    filled = []
    for number, values in lead.values.items():
        name, kind = known.get(number, (number, ""))
        filled.append((name, ", ".join(placeholders.shown(value, kind, settings) for value in values)))
    return filled
