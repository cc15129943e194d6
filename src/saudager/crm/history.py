"""The history of a lead: letters, chat lines and what we did in the CRM, both sides in one order, with what became of
each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.attention import Attention, Why
from saudager.contracts import is_mailbox
from saudager.conversations.models import Author, Conversation, Message
from saudager.conversations.transcript import words
from saudager.crm import leads, templates
from saudager.crm.deeds import DeedKind
from saudager.crm.models import CrmDeed, CrmLead, CrmPipeline, CrmStage, DeedState
from saudager.outreach.models import OutreachVerdict

Side = Literal["customer", "us", "crm"]
_COPIES = ("note:letter:", "note:talk:")
"""Notes that say again what stands in the history itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said or done. ``kind``: letter, line, a kind of deed, template, or asked (of a person)."""

    at: datetime
    side: Side
    kind: str
    text: str
    subject: str = ""
    by: str | None = None
    """Which operator it was; None: the customer, or the salesperson."""
    place: str | None = None
    """The account it was said in."""
    state: str | None = None
    """How far a message of ours or a deed has come."""
    reason: str | None = None


def of_lead(session: Session, lead_id: int, *, limit: int = 50, before: datetime | None = None) -> Sequence[Entry]:
    """The newest entries before the moment, newest first. Raises NoResultFound when there is no such lead."""
    lead = session.get_one(CrmLead, lead_id)
    contact = leads.main_contact(session, lead)
    contact_id = None if contact is None else contact.contact_id
    entries: list[Entry] = [*_deeds(session, lead, limit, before), *_asked(session, lead, before)]
    if contact_id is not None:
        entries += _said(session, contact_id, limit, before)
        entries += _refused(session, lead, contact_id, before)
    return list(islice(sorted(entries, key=lambda entry: entry.at, reverse=True), limit))


def _said(session: Session, contact_id: int, limit: int, before: datetime | None) -> Iterator[Entry]:
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.contact_id == contact_id)
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(limit)
    )
    for message in session.scalars(query if before is None else query.where(Message.sent_at < before)):
        by_mail = is_mailbox(message.account)
        yield Entry(
            at=message.sent_at,
            side="customer" if message.author == Author.CUSTOMER else "us",
            kind="letter" if by_mail else "line",
            text=(message.text or words(message)) if by_mail else words(message),
            subject=message.subject or "",
            by=message.written_by,
            place=message.account,
            state=message.delivery_state,
            reason=message.delivery_reason,
        )


def _deeds(session: Session, lead: CrmLead, limit: int, before: datetime | None) -> Iterator[Entry]:
    """What we did in the CRM. A letter of our own mailer is a message of its conversation once it is on its way, and
    the copies of what was said elsewhere are shown where they did not get into the lead."""
    query = (
        select(CrmDeed, Message.id, OutreachVerdict.fate, OutreachVerdict.reason)
        .outerjoin(Message, Message.outgoing_id == CrmDeed.about)
        .outerjoin(OutreachVerdict, (OutreachVerdict.about == CrmDeed.about) & (OutreachVerdict.verdict == "write"))
        .where(CrmDeed.connection_id == lead.connection_id, CrmDeed.lead_vendor_id == lead.vendor_id)
        .order_by(CrmDeed.created_at.desc(), CrmDeed.id.desc())
    )
    rows = session.execute(query if before is None else query.where(CrmDeed.created_at < before))
    stages = _stages(session, lead.connection_id)
    shown = (
        _deed(deed, fate, reason, stages)
        for deed, message, fate, reason in rows
        if not (deed.kind == DeedKind.LETTER and message is not None)
        and not (deed.about.startswith(_COPIES) and deed.state == DeedState.DONE)
    )
    yield from islice(shown, limit)


def _deed(deed: CrmDeed, fate: str | None, reason: str | None, stages: dict[tuple[int, int], str]) -> Entry:
    is_letter = deed.kind == DeedKind.LETTER
    return Entry(
        at=deed.created_at,
        side="us",
        kind=deed.kind,
        text=_told(deed, stages),
        subject=deed.body.get("subject", ""),
        state=fate if is_letter else deed.state,
        reason=reason if is_letter else deed.problem,
    )


def _told(deed: CrmDeed, stages: dict[tuple[int, int], str]) -> str:
    body = deed.body
    if deed.kind == DeedKind.MOVE and body:
        pipeline, stage = body["to"]
        return stages.get((pipeline, stage), str(stage))
    return body.get("text") or "; ".join(body.get("values", {}).values())


def _stages(session: Session, connection_id: int) -> dict[tuple[int, int], str]:
    query = select(CrmPipeline.vendor_id, CrmStage.vendor_id, CrmStage.name).join(
        CrmStage, CrmStage.pipeline_id == CrmPipeline.id
    )
    rows = session.execute(query.where(CrmPipeline.connection_id == connection_id))
    return {(pipeline, stage): name for pipeline, stage, name in rows}


def _asked(session: Session, lead: CrmLead, before: datetime | None) -> Iterable[Entry]:
    """What a person was asked to look at."""
    query = select(Attention).where(Attention.kind == Why.CRM, Attention.about == leads.about(lead.id))
    for entry in session.scalars(query if before is None else query.where(Attention.since < before)):
        state = "open" if entry.settled is None else "settled"
        yield Entry(entry.since, "crm", "asked", entry.reason, state=state)


def _refused(session: Session, lead: CrmLead, contact_id: int, before: datetime | None) -> Iterator[Entry]:
    """Templates of stages that were not sent, or wait."""
    query = select(OutreachVerdict).where(
        OutreachVerdict.contact_id == contact_id,
        OutreachVerdict.about.like(f"{templates.TASK}:%:lead:{lead.vendor_id}:%"),
        OutreachVerdict.verdict != "write",
    )
    for verdict in session.scalars(query if before is None else query.where(OutreachVerdict.decided_at < before)):
        yield Entry(verdict.decided_at, "us", "template", "", state=verdict.verdict, reason=verdict.reason)
