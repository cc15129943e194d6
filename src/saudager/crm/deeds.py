"""What we do in the CRM: stored with its reason, once by its own name, and done in the order it was asked for."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import events
from saudager.crm.models import CrmDeed, CrmLead, DeedState
from saudager.db.statements import Statement, document, insert_into
from saudager.events import Cause
from saudager.queues import table

QUEUE = "crm_deeds"
"""Lanes are the leads. A body is ``{"deed": id}``."""
_MAY_BE_SEEN_WITHIN = timedelta(days=1)


class DeedKind(StrEnum):
    NOTE = "note"
    MOVE = "move"
    FIELDS = "fields"
    TASK = "task"
    BOT = "bot"
    LETTER = "letter"
    """A letter that is handed to our own mailer: nothing is done in the CRM."""


def ask(
    session: Session,
    connection_id: int,
    lead: int,
    kind: DeedKind,
    body: Mapping[str, Any],
    *,
    about: str,
    contact_id: int | None = None,
    now: datetime,
) -> bool:
    """Have it done in a lead, by the CRM's number of it, in the caller's transaction; False when it was asked for
    before. ``about`` is its own name for ever."""
    is_ours = kind is DeedKind.LETTER
    row = _ASK(
        session,
        connection_id=connection_id,
        lead_vendor_id=lead,
        contact_id=contact_id or _CONTACT_OF(session, connection=connection_id, lead=lead).fetchone()[0],
        about=about,
        kind=kind,
        body=json.dumps(body, ensure_ascii=False),
        state=DeedState.DONE if is_ours else DeedState.WAITING,
        created_at=now,
        done_at=now if is_ours else None,
    ).fetchone()
    if row is None:
        return False
    if not is_ours:
        table.publish(session, QUEUE, {"deed": row[0]}, id=str(row[0]), key=f"{connection_id}:{lead}", now=now)
    return True


def note(session: Session, lead: CrmLead, text: str, *, about: str, now: datetime) -> bool:
    """Keep a text in the lead where everybody who works in it reads it."""
    return _ask(session, lead, DeedKind.NOTE, {"text": text}, about=about, now=now)


def move(session: Session, lead: CrmLead, pipeline: int, stage: int, *, about: str, now: datetime) -> bool:
    """Move the lead to a stage, unless somebody moves it elsewhere before we get to it: a person always wins."""
    session.flush()
    before = _LAST_MOVE(session, connection=lead.connection_id, lead=lead.vendor_id).fetchone()
    stands = [lead.pipeline_vendor_id, lead.stage_vendor_id] if before is None else document(before[0])["to"]
    body: dict[str, Any] = {"to": [pipeline, stage], "from": stands}
    if (cause := events.cause_of(session)) is not None:
        body["cause"] = [cause.by, cause.depth]
    return _ask(session, lead, DeedKind.MOVE, body, about=about, now=now)


def fill(session: Session, lead: CrmLead, values: Mapping[int, str], *, about: str, now: datetime) -> bool:
    """Put words into fields of the lead."""
    body = {"values": {str(field): text for field, text in values.items()}}
    return _ask(session, lead, DeedKind.FIELDS, body, about=about, now=now)


def add_task(
    session: Session,
    lead: CrmLead,
    text: str,
    *,
    due: datetime,
    responsible_id: int | None = None,
    about: str,
    now: datetime,
) -> bool:
    """Give a person of the CRM something to do about the lead: who is responsible for it, unless another is named."""
    body = {"text": text, "due": due.isoformat(), "responsible_id": responsible_id or lead.responsible_id}
    return _ask(session, lead, DeedKind.TASK, body, about=about, now=now)


def run_bot(
    session: Session,
    lead: CrmLead,
    bot: int,
    *,
    says: Mapping[int, str] | None = None,
    about: str,
    now: datetime,
    contact_id: int | None = None,
) -> bool:
    """Run a bot of the CRM on the lead. ``says``: the fields it reads its words from, filled just before."""
    body = {"bot": bot, "values": {str(field): text for field, text in (says or {}).items()}}
    return _ask(session, lead, DeedKind.BOT, body, about=about, now=now, contact_id=contact_id)


def cause_of_move(
    session: Session, connection_id: int, lead: int, pipeline: int, stage: int, *, now: datetime
) -> Cause | None:
    """The rule of ours that moved the lead to where the CRM says it has come, if one did."""
    newest = session.scalars(
        select(CrmDeed)
        .where(
            CrmDeed.connection_id == connection_id,
            CrmDeed.lead_vendor_id == lead,
            CrmDeed.kind == DeedKind.MOVE,
            CrmDeed.tried_at >= now - _MAY_BE_SEEN_WITHIN,
        )
        .order_by(CrmDeed.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.body.get("to") != [pipeline, stage] or "cause" not in newest.body:
        return None
    by, depth = newest.body["cause"]
    return Cause(by, depth)


def resume(session: Session, connection_id: int) -> None:
    """The connection works again: what waited for it need not wait longer."""
    for (lead,) in _WAITING_LEADS(session, connection=connection_id).fetchall():
        table.hurry(session, QUEUE, f"{connection_id}:{lead}")


def _ask(
    session: Session,
    lead: CrmLead,
    kind: DeedKind,
    body: Mapping[str, Any],
    *,
    about: str,
    now: datetime,
    contact_id: int | None = None,
) -> bool:
    session.flush()
    return ask(session, lead.connection_id, lead.vendor_id, kind, body, about=about, contact_id=contact_id, now=now)


_ASK = insert_into(
    "crm_deeds",
    (
        "connection_id", "lead_vendor_id", "contact_id", "about", "kind", "body", "state", "created_at", "done_at",
    ),
    "on conflict (about) do nothing returning id",
)  # fmt: skip
_CONTACT_OF = Statement("""
    select max(c.contact_id) from crm_leads l
    join crm_contacts c on c.connection_id = l.connection_id and c.vendor_id = l.contact_vendor_id
    where l.connection_id = :connection and l.vendor_id = :lead""")
_LAST_MOVE = Statement("""
    select body from crm_deeds
    where connection_id = :connection and lead_vendor_id = :lead and kind = 'move' and state = 'waiting'
    order by id desc limit 1""")
_WAITING_LEADS = Statement("""
    select distinct lead_vendor_id from crm_deeds
    where connection_id = :connection and state = 'waiting' and lead_vendor_id is not null""")
