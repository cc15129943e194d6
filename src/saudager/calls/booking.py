"""Calls as rows: offered, booked once a slot, moved, cancelled; nobody says "booked" without the row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import alerts, events
from saudager.calls.hours import working_hours
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.calls.slots import Verdict, free_slots, is_bookable
from saudager.db.statements import Statement, document, insert_into, moment
from saudager.events import Happened
from saudager.moments import spoken
from saudager.outreach.hours import next_open
from saudager.queues import tasks
from saudager.settings import Settings

REMIND = "remind_of_call"
_OFFER_HOLDS = timedelta(days=3)
_BOOKED_AHEAD = timedelta(days=90)


class Refusal(StrEnum):
    """Why there is no call at a time."""

    TAKEN = "taken"
    PAST = "past"
    TOO_FAR = "too_far"
    OUT_OF_HOURS = "out_of_hours"


@dataclass(frozen=True, slots=True)
class Booked:
    """The row exists: a call of this contact at this moment; ``moved_from`` is the time it had before."""

    call_id: int
    at: datetime
    moved_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotBooked:
    """No call then; ``instead`` are free times near it, in the shop's zone."""

    why: Refusal
    instead: list[datetime] = field(default_factory=list)


def book(
    session: Session,
    contact_id: int,
    conversation_id: int,
    at: datetime,
    *,
    settings: Settings,
    notes: str,
    now: datetime,
) -> Booked | NotBooked:
    """Give the contact a call at the moment, if it is within hours and free; a call he has ahead moves there.

    The merchant is told, and a reminder is asked for. The day's row is held, so that a slot is given once.
    """
    if (refused := _refused(session, at, settings, now=now)) is not None:
        return refused
    _hold_day(session, at, settings)
    before = standing(session, contact_id, now=now)
    if before is not None and before.scheduled_at == at:
        return Booked(before.id, at)
    return _give(session, contact_id, conversation_id, at, before=before, settings=settings, notes=notes, now=now)


def move(
    session: Session, call: ScheduledCall, at: datetime, *, settings: Settings, now: datetime
) -> Booked | NotBooked:
    """Give the call another moment, if it is within hours and free, whether its own has passed or not.

    The merchant is told and a reminder is asked for, as when it was booked.
    """
    if (refused := _refused(session, at, settings, now=now)) is not None:
        return refused
    _hold_day(session, at, settings)
    if call.scheduled_at == at:
        return Booked(call.id, at)
    return _give(
        session,
        call.contact_id,
        call.conversation_id,
        at,
        before=call,
        settings=settings,
        notes=call.notes or "",
        now=now,
    )


def _give(
    session: Session,
    contact_id: int,
    conversation_id: int,
    at: datetime,
    *,
    before: ScheduledCall | None,
    settings: Settings,
    notes: str,
    now: datetime,
) -> Booked | NotBooked:
    """The call itself, in place of the one before, unless the moment of the held day is taken."""
    if _overlapping(session, at, settings, but=before) >= settings.calls_at_once:
        return NotBooked(Refusal.TAKEN, free(session, settings, near=at, now=now))
    if before is not None:
        _SETTLE(session, id=before.id, status=CallStatus.RESCHEDULED, now=now)
    call = _insert(session, contact_id, conversation_id, at, settings=settings, notes=notes, now=now)
    _FORGET_OFFER(session, conversation=conversation_id)
    _ask_for_reminder(session, call, conversation_id, at, settings, now=now)
    what = "Перенесён созвон" if before is not None else "Назначен созвон"
    _tell(
        session,
        conversation_id,
        f"{what}: {{who}}, {spoken(at.astimezone(settings.zone))}.",
        f"call:{call}",
        settings,
        now,
    )
    events.tell(
        session,
        Happened.CALL_BOOKED,
        f"conversation:{conversation_id}",
        contact_id=contact_id,
        conversation_id=conversation_id,
        facts={"at": spoken(at.astimezone(settings.zone))},
        now=now,
    )
    return Booked(call, at, None if before is None else before.scheduled_at)


def cancel(session: Session, call: ScheduledCall, *, settings: Settings, now: datetime) -> None:
    """The call is off, and the merchant is told."""
    _SETTLE(session, id=call.id, status=CallStatus.CANCELLED, now=now)
    when = spoken(call.scheduled_at.astimezone(settings.zone))
    _tell(
        session, call.conversation_id, f"Отменён созвон: {{who}}, {when}.", f"call:{call.id}:cancelled", settings, now
    )
    events.tell(
        session,
        Happened.CALL_CANCELLED,
        f"conversation:{call.conversation_id}",
        contact_id=call.contact_id,
        conversation_id=call.conversation_id,
        facts={"at": when},
        now=now,
    )


def standing(session: Session, contact_id: int, *, now: datetime) -> ScheduledCall | None:
    """The contact's next call ahead."""
    return session.scalars(
        select(ScheduledCall)
        .where(
            ScheduledCall.contact_id == contact_id,
            ScheduledCall.status == CallStatus.BOOKED,
            ScheduledCall.scheduled_at > now,
        )
        .order_by(ScheduledCall.scheduled_at)
        .limit(1)
    ).first()


def cancelled_since(session: Session, contact_id: int, since: datetime) -> ScheduledCall | None:
    """The contact's call that was cancelled at the moment or later: a turn that is thought again has done it before."""
    return session.scalars(
        select(ScheduledCall)
        .where(
            ScheduledCall.contact_id == contact_id,
            ScheduledCall.status == CallStatus.CANCELLED,
            ScheduledCall.updated_at >= since,
        )
        .limit(1)
    ).first()


def free(
    session: Session, settings: Settings, *, now: datetime, near: datetime | None = None, limit: int = 3
) -> list[datetime]:
    """Free times: the nearest to a moment, or the soonest."""
    starts = [
        moment(row[0]) for row in _TAKEN(session, since=now - timedelta(minutes=settings.call_minutes)).fetchall()
    ]
    taken = [start for start in starts if start is not None]
    return free_slots(now, working_hours(settings, now), taken, near=near, limit=limit)


def offer(session: Session, conversation_id: int, slots: Sequence[datetime], *, now: datetime) -> None:
    """Remember what was offered, so that «второй вариант» can be understood."""
    listed = json.dumps([slot.isoformat() for slot in slots])
    _OFFER(session, conversation_id=conversation_id, slots=listed, offered_at=now)


def offered(session: Session, conversation_id: int, *, now: datetime) -> list[datetime]:
    """The times that were offered last, while the offer stands."""
    row = _OFFERED(session, conversation=conversation_id, since=now - _OFFER_HOLDS).fetchone()
    return [] if row is None else [datetime.fromisoformat(slot) for slot in document(row[0])]


def _refused(session: Session, at: datetime, settings: Settings, *, now: datetime) -> NotBooked | None:
    verdict = is_bookable(at, now, working_hours(settings, now))
    if verdict is Verdict.PAST:
        return NotBooked(Refusal.PAST, free(session, settings, near=now, now=now))
    if at - now > _BOOKED_AHEAD:
        return NotBooked(Refusal.TOO_FAR, free(session, settings, now=now))
    if verdict is Verdict.BOOKABLE:
        return None
    return NotBooked(Refusal.OUT_OF_HOURS, free(session, settings, near=at, now=now))


def _hold_day(session: Session, at: datetime, settings: Settings) -> None:
    day = at.astimezone(settings.zone).date().isoformat()
    _DAY(session, day=day)
    _HOLD_DAY(session, day=day)


def _overlapping(session: Session, at: datetime, settings: Settings, *, but: ScheduledCall | None) -> int:
    length = timedelta(minutes=settings.call_minutes)
    values = {"begins": at - length, "ends": at + length, "but": 0 if but is None else but.id}
    count: int = _OVERLAPPING(session, **values).fetchone()[0]
    return count


def is_free(session: Session, at: datetime, settings: Settings) -> bool:
    """Whether one more call may run at the moment; nobody else books on its day until the transaction ends."""
    _hold_day(session, at, settings)
    return _overlapping(session, at, settings, but=None) < settings.calls_at_once


def _insert(
    session: Session,
    contact_id: int,
    conversation_id: int,
    at: datetime,
    *,
    settings: Settings,
    notes: str,
    now: datetime,
) -> int:
    call: int = _BOOK(
        session,
        contact_id=contact_id,
        conversation_id=conversation_id,
        scheduled_at=at,
        timezone=settings.timezone,
        minutes=settings.call_minutes,
        status=CallStatus.BOOKED,
        notes=notes,
        created_at=now,
        updated_at=now,
    ).fetchone()[0]
    return call


def _ask_for_reminder(
    session: Session, call: int, conversation_id: int, at: datetime, settings: Settings, *, now: datetime
) -> None:
    """Before the call, or where he may not be written to then, at the end of the day before."""
    phone = _WHO(session, conversation=conversation_id).fetchone()[1]
    local = at.astimezone(settings.zone)
    evening = datetime.combine(local.date() - timedelta(days=1), time(settings.working_hours_end - 1), settings.zone)
    for due in (at - timedelta(minutes=settings.call_reminder_minutes), evening):
        if due <= now or next_open(phone, due, settings) != due:
            continue
        tasks.enqueue(session, REMIND, task_id=f"{REMIND}:{call}", now=now, due=due, call_id=call)
        return


def _tell(session: Session, conversation_id: int, text: str, about: str, settings: Settings, now: datetime) -> None:
    name, phone, account, chat = _WHO(session, conversation=conversation_id).fetchone()
    who = " ".join(part for part in (name, f"+{phone}" if phone else f"(чат {chat})") if part)
    alerts.tell(session, settings, account, text.format(who=who), about=about, now=now)


_DAY = Statement("insert into call_days (day) values (:day) on conflict (day) do nothing")
_HOLD_DAY = Statement("select day from call_days where day = :day for update")
_OVERLAPPING = Statement("""
    select count(*) from scheduled_calls
    where status = 'booked' and scheduled_at > :begins and scheduled_at < :ends and id <> :but""")
_BOOK = insert_into(
    "scheduled_calls",
    (
        "contact_id",
        "conversation_id",
        "scheduled_at",
        "timezone",
        "minutes",
        "status",
        "notes",
        "created_at",
        "updated_at",
    ),
    "returning id",
)
_SETTLE = Statement("update scheduled_calls set status = :status, updated_at = :now where id = :id")
_TAKEN = Statement("select scheduled_at from scheduled_calls where status = 'booked' and scheduled_at > :since")
_OFFER = insert_into(
    "call_offers",
    ("conversation_id", "slots", "offered_at"),
    "on conflict (conversation_id) do update set slots = excluded.slots, offered_at = excluded.offered_at",
)
_OFFERED = Statement("select slots from call_offers where conversation_id = :conversation and offered_at > :since")
_FORGET_OFFER = Statement("delete from call_offers where conversation_id = :conversation")
_WHO = Statement("""
    select coalesce(k.name, k.full_name), k.phone_number, c.account, c.chat
    from conversations c join contacts k on k.id = c.contact_id where c.id = :conversation""")
