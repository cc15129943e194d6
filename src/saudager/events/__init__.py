"""What happens in the shop, told once by the room it happens in, for rules and sequences to hear."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into
from saudager.queues import table

QUEUE = "events"
"""Lanes are the contacts, or what it is about where nobody is known. A body is ``{"event": id}``."""
DEEPEST = 5
"""How many rules may cause each other in a row before the last is not run: a person is told of the loop."""


class Happened(StrEnum):
    """What can happen. A value is the word that stands in rules."""

    CUSTOMER_WROTE = "customer_wrote"
    """facts: text, is_first, account, is_client"""
    CUSTOMER_STOPPED = "customer_stopped"
    """He asked not to be written to; facts: wish"""
    HANDED_OVER = "handed_over"
    """facts: reason"""
    CALL_BOOKED = "call_booked"
    """facts: at"""
    CALL_CANCELLED = "call_cancelled"
    """facts: at"""
    FOLLOW_UPS_ENDED = "follow_ups_ended"
    """facts: reason"""
    ORDER_PLACED = "order_placed"
    ORDER_READY = "order_ready"
    ORDER_DELIVERED = "order_delivered"
    ORDER_CANCELLED = "order_cancelled"
    """facts of orders: code, total, currency, shop, stage"""
    LETTER_ANSWERED = "letter_answered"
    """facts: subject, text"""
    LETTER_BOUNCED = "letter_bounced"
    """facts: address, reason"""
    LEAD_ADDED = "lead_added"
    LEAD_STAGE_CHANGED = "lead_stage_changed"
    LEAD_WON = "lead_won"
    LEAD_LOST = "lead_lost"
    LEAD_CHANGED = "lead_changed"
    """facts of leads: lead, name, price, pipeline, stage, old_stage, responsible"""
    SCHEDULED = "scheduled"
    """The moment of a rule that goes by the clock has come; facts: rule"""


@dataclass(frozen=True, slots=True)
class Cause:
    """What of ours made it happen: ``rule:12``, and how many stood behind one another."""

    by: str
    depth: int


def tell(
    session: Session,
    what: Happened,
    about: str,
    *,
    contact_id: int | None = None,
    conversation_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
    once: str | None = None,
    now: datetime,
) -> int | None:
    """Keep it, and wake whoever listens, in the caller's transaction; its id, or None when it was told before.

    ``about`` names the subject: ``conversation:12``, ``order:7``, ``lead:3``. ``once`` is its own name for ever where
    the same thing may be told twice. ``facts`` are plain JSON.
    """
    cause = cause_of(session)
    row = _KEEP(
        session,
        kind=what,
        about=about,
        contact_id=contact_id,
        conversation_id=conversation_id,
        facts=_json(facts or {}),
        once=once,
        cause=cause and cause.by,
        depth=cause.depth if cause else 0,
        at=now,
    ).fetchone()
    if row is None:
        return None
    event, is_heard = row
    if is_heard:
        key = about if contact_id is None else f"contact:{contact_id}"
        table.publish(session, QUEUE, {"event": event}, id=str(event), key=key, now=now)
    return int(event)


@contextmanager
def caused_by(session: Session, cause: Cause) -> Iterator[None]:
    """Whatever is told of inside was made to happen by this."""
    before = session.info.get(_CAUSE)
    session.info[_CAUSE] = cause
    try:
        yield
    finally:
        session.info[_CAUSE] = before


def cause_of(session: Session) -> Cause | None:
    """What is making things happen in this transaction; None: nothing of ours."""
    cause: Cause | None = session.info.get(_CAUSE)
    return cause


def forget(session: Session, *, before: datetime, limit: int) -> int:
    """Delete the oldest events from before the moment, up to so many; how many."""
    return _FORGET(session, before=before, limit=limit).rowcount


def listen_for(session: Session, kinds: set[Happened]) -> None:
    """From now on these are heard, and no others: what is told of them goes to the queue."""
    _FORGET_HEARD(session)
    for kind in sorted(kinds):
        _HEAR(session, kind=kind)


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, default=str)


_CAUSE = "caused_by"
_KEEP = insert_into(
    "events",
    ("kind", "about", "contact_id", "conversation_id", "facts", "once", "cause", "depth", "at"),
    "on conflict (once) do nothing returning id, exists (select 1 from heard_events h where h.kind = :kind)",
)
_FORGET = Statement("""
    delete from events where id in (select id from events where at < :before order by at limit :limit)""")
_FORGET_HEARD = Statement("delete from heard_events")
_HEAR = insert_into("heard_events", ("kind",))
