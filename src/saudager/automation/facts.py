"""Whom and what an event is about, and what is known of them: everything conditions and texts may name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.automation.names import LEAD_FIELD, WEEKDAYS
from saudager.db.statements import Statement, document, moment
from saudager.events import Happened
from saudager.orders.naming import first_name
from saudager.outreach import consent

_DAY = timedelta(days=1)
_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Subject:
    """``about`` is what the event names; the ids are those of its own things, or the contact's newest ones: his last
    conversation, his open lead, his last order. ``event`` and ``facts`` are what happened."""

    about: str
    contact_id: int | None = None
    conversation_id: int | None = None
    lead_id: int | None = None
    """Of ``crm_leads``."""
    order_id: int | None = None
    event: Happened | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is kept."""

    id: int
    kind: Happened
    about: str
    contact_id: int | None
    conversation_id: int | None
    facts: Mapping[str, Any]
    cause: str | None
    depth: int
    at: datetime


def told(session: Session, event_id: int) -> Told | None:
    """The event; None when it was forgotten."""
    row = _EVENT(session, id=event_id).fetchone()
    return None if row is None else told_of(row)


def told_of(row: Any) -> Told:
    """A row of ``TOLD_COLUMNS``."""
    id, kind, about, contact_id, conversation_id, facts, cause, depth, at = row
    happened_at = moment(at)
    assert happened_at is not None
    return Told(id, Happened(kind), about, contact_id, conversation_id, document(facts), cause, depth, happened_at)


def subject_of(session: Session, event: Told) -> Subject:
    """Whom and what it is about, as of now: contacts may have been merged since."""
    return subject(
        session,
        event.about,
        contact_id=event.contact_id,
        conversation_id=event.conversation_id,
        event=event.kind,
        facts=event.facts,
    )


def subject(
    session: Session,
    about: str,
    *,
    contact_id: int | None = None,
    conversation_id: int | None = None,
    event: Happened | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Subject:
    """The same of ``contact:12``, ``lead:3``, ``order:7`` or ``conversation:5``."""
    what, _, number = about.partition(":")
    own = int(number) if number.isdecimal() else None
    found = Subject(
        about,
        contact_id if what != "contact" or contact_id is not None else own,
        own if what == "conversation" else conversation_id,
        own if what == "lead" else None,
        own if what == "order" else None,
        event,
        facts or {},
    )
    if found.contact_id is None:
        found = replace(found, contact_id=_contact_behind(session, found))
    return found if found.contact_id is None else _with_his_newest(session, found)


def values(
    session: Session, subject: Subject, names: Collection[str], *, now: datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """What the names stand for; at most one statement for each of contact, lead, order and conversation, and one for a
    lead's own fields. None, or nothing at all, is what is not known."""
    known: dict[str, Any] = {}
    rooms = {name.partition(".")[0] for name in names}
    for room, look in _ROOMS.items():
        if room in rooms:
            known |= look(session, subject, now)
    if any(name.startswith(LEAD_FIELD) for name in names):
        known |= _fields(session, subject)
    if "event" in rooms:
        known |= {f"event.{fact}": value for fact, value in subject.facts.items()}
    if "now" in rooms:
        here = now.astimezone(zone)
        known |= {"now.hour": here.hour, "now.weekday": WEEKDAYS[here.weekday()]}
    return known


def _contact_behind(session: Session, subject: Subject) -> int | None:
    row = None
    if subject.conversation_id is not None:
        row = _OF_CONVERSATION(session, id=subject.conversation_id).fetchone()
    elif subject.lead_id is not None:
        row = _OF_LEAD(session, id=subject.lead_id).fetchone()
    elif subject.order_id is not None:
        row = _OF_ORDER(session, id=subject.order_id).fetchone()
    return None if row is None else row[0]


def _with_his_newest(session: Session, subject: Subject) -> Subject:
    """What the event does not name itself."""
    contact_id = subject.contact_id
    while (row := _MERGED(session, id=contact_id).fetchone()) is not None and row[0] is not None:
        contact_id = row[0]
    conversation, lead, order = _NEWEST(session, contact=contact_id).fetchone()
    return replace(
        subject,
        contact_id=contact_id,
        conversation_id=subject.conversation_id or conversation,
        lead_id=subject.lead_id or lead,
        order_id=subject.order_id or order,
    )


def _contact(session: Session, subject: Subject, now: datetime) -> dict[str, Any]:
    row = None if subject.contact_id is None else _CONTACT(session, id=subject.contact_id).fetchone()
    if row is None:
        return {}
    name, phone, is_client, purchased_at, email, wish, spoke_at = row
    return {
        "contact.name": name,
        "contact.first_name": first_name(name),
        "contact.phone": phone,
        "contact.email": email,
        "contact.is_client": None if is_client is None else bool(is_client),
        "contact.wish": None if wish == consent.RESUME else wish,
        "contact.days_silent": _days(spoke_at, now),
        "contact.days_since_purchase": _days(purchased_at, now),
    }


def _lead(session: Session, subject: Subject, now: datetime) -> dict[str, Any]:
    row = None if subject.lead_id is None else _LEAD(session, id=subject.lead_id).fetchone()
    if row is None:
        return {}
    name, price, stage_since, closed_at, pipeline, stage, kind, responsible = row
    return {
        "lead.name": name,
        "lead.price": price,
        "lead.pipeline": pipeline,
        "lead.stage": stage,
        "lead.responsible": responsible,
        "lead.days_in_stage": _days(stage_since, now),
        "lead.is_open": closed_at is None if kind is None else kind not in ("won", "lost"),
    }


def _fields(session: Session, subject: Subject) -> dict[str, Any]:
    if subject.lead_id is None:
        return {}
    rows = _FIELDS(session, id=subject.lead_id).fetchall()
    filled = document(rows[0][2]) if rows else {}
    return {f"{LEAD_FIELD}{name}": filled.get(str(number)) for name, number, _ in rows}


def _order(session: Session, subject: Subject, now: datetime) -> dict[str, Any]:
    row = None if subject.order_id is None else _ORDER(session, id=subject.order_id).fetchone()
    if row is None:
        return {}
    code, total, currency, shop, stage, placed_at = row
    return {
        "order.code": code,
        "order.total": Decimal(total) / _HUNDREDTHS,
        "order.currency": currency,
        "order.shop": shop,
        "order.stage": stage,
        "order.days_since": _days(placed_at, now),
    }


def _conversation(session: Session, subject: Subject, now: datetime) -> dict[str, Any]:
    row = None if subject.conversation_id is None else _TALK(session, id=subject.conversation_id).fetchone()
    if row is None:
        return {}
    account, silent_until = row[0], moment(row[1])
    return {
        "conversation.account": account,
        "conversation.is_with_person": silent_until is not None and silent_until > now,
    }


def _days(stored: Any, now: datetime) -> int | None:
    """Whole days since the moment."""
    since = moment(stored)
    return None if since is None else max(0, (now - since) // _DAY)


_ROOMS = {"contact": _contact, "lead": _lead, "order": _order, "conversation": _conversation}

TOLD_COLUMNS = "id, kind, about, contact_id, conversation_id, facts, cause, depth, at"
_EVENT = Statement(f"select {TOLD_COLUMNS} from events where id = :id")  # noqa: S608
_OF_CONVERSATION = Statement("select contact_id from conversations where id = :id")
_OF_LEAD = Statement("""
    select c.contact_id from crm_leads l
    join crm_contacts c on c.connection_id = l.connection_id and c.vendor_id = l.contact_vendor_id
    where l.id = :id""")
_OF_ORDER = Statement("select contact_id from orders where id = :id")
_MERGED = Statement("select merged_into_id from contacts where id = :id")
_NEWEST = Statement("""
    select
        (select id from conversations where contact_id = :contact
            order by coalesce(last_message_at, created_at) desc, id desc limit 1),
        (select l.id from crm_contacts c
            join crm_leads l on l.connection_id = c.connection_id and l.contact_vendor_id = c.vendor_id
            where c.contact_id = :contact and not l.is_deleted and l.closed_at is null order by l.id desc limit 1),
        (select id from orders where contact_id = :contact order by placed_at desc, id desc limit 1)""")
_CONTACT = Statement("""
    select coalesce(c.name, c.full_name), c.phone_number, c.is_client, c.last_purchase_at,
        (select value from identities where contact_id = c.id and kind = 'email' order by value limit 1),
        (select wish from consents where contact_id = c.id order by id desc limit 1),
        (select max(spoke.at) from (
            select (select m.sent_at from messages m
                where m.conversation_id = k.id and m.author = 'customer' and not m.history
                order by m.id desc limit 1) as at
            from conversations k where k.contact_id = c.id) spoke)
    from contacts c where c.id = :id""")
_LEAD = Statement("""
    select l.name, l.price, l.stage_since, l.closed_at, p.name, s.name, s.kind, u.name
    from crm_leads l
    left join crm_pipelines p on p.connection_id = l.connection_id and p.vendor_id = l.pipeline_vendor_id
    left join crm_pipeline_stages s on s.pipeline_id = p.id and s.vendor_id = l.stage_vendor_id
    left join crm_users u on u.connection_id = l.connection_id and u.vendor_id = l.responsible_id
    where l.id = :id""")
_FIELDS = Statement("""
    select f.name, f.vendor_id, l."values"
    from crm_leads l join crm_fields f on f.connection_id = l.connection_id and f.entity = 'leads'
    where l.id = :id""")
_ORDER = Statement("""
    select o.code, o.total, o.currency, s.name, o.stage, o.placed_at
    from orders o join shops s on s.id = o.shop_id where o.id = :id""")
_TALK = Statement("select account, silent_until from conversations where id = :id")
