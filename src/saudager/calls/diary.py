"""The calls as a person of the shop keeps them: booked by hand, moved, cancelled, and what came of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from saudager.calls import booking
from saudager.calls.booking import Booked, NotBooked
from saudager.calls.models import CallStatus, ScheduledCall
from saudager.conversations import search
from saudager.conversations.models import Contact, Conversation
from saudager.errors import NotFound, Refused
from saudager.settings import Settings

Ended = Literal[CallStatus.HELD, CallStatus.NO_ANSWER]

_STANDS = {
    CallStatus.CANCELLED: "Этот звонок уже отменён. Обновите страницу.",
    CallStatus.RESCHEDULED: "Этот звонок уже перенесён. Обновите страницу.",
    CallStatus.HELD: "Этот звонок уже отмечен: он состоялся.",
    CallStatus.NO_ANSWER: "Этот звонок уже отмечен: клиент не ответил.",
    CallStatus.BOOKED: "Этот звонок и так назначен.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A call with its contact; ``who`` is his name, None when he has none."""

    id: int
    contact_id: int
    conversation_id: int
    who: str | None
    phone: str | None
    at: datetime
    minutes: int
    status: str
    notes: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody who can be called: a contact with a conversation."""

    contact_id: int
    who: str | None
    phone: str | None


def between(session: Session, begins: datetime, ends: datetime) -> list[Entry]:
    """The calls that begin in the span, in order, without those that were moved away."""
    found = _entries().where(
        ScheduledCall.scheduled_at >= begins,
        ScheduledCall.scheduled_at < ends,
        ScheduledCall.status != CallStatus.RESCHEDULED,
    )
    return [Entry(*row) for row in session.execute(found.order_by(ScheduledCall.scheduled_at, ScheduledCall.id))]


def entry(session: Session, call_id: int) -> Entry:
    """One call. Raises NotFound."""
    row = session.execute(_entries().where(ScheduledCall.id == call_id)).first()
    if row is None:
        raise NotFound("Такого звонка нет.")
    return Entry(*row)


def callee(session: Session, contact_id: int) -> Callee:
    """A contact to call. Raises NotFound."""
    row = session.execute(_callees().where(Contact.id == contact_id)).first()
    if row is None:
        raise NotFound("Такого контакта нет, или с ним ещё не переписывались.")
    return Callee(*row)


def callees(session: Session, words: str, *, limit: int = 10) -> list[Callee]:
    """Contacts whose name or number holds the words, three signs at least; the newest contact first."""
    ids = search.contacts(session, words)
    found = {row[0]: Callee(*row) for row in session.execute(_callees().where(Contact.id.in_(ids)))}
    return [found[contact] for contact in ids if contact in found][:limit]


def book(
    session: Session, contact_id: int, at: datetime, *, notes: str, settings: Settings, now: datetime
) -> Booked | NotBooked:
    """Book a call by hand, in the contact's newest conversation; a call he has ahead moves there.

    Raises NotFound for a contact nobody ever wrote with.
    """
    newest = (
        select(Conversation.id)
        .where(Conversation.contact_id == contact_id)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(1)
    )
    conversation = session.scalar(newest)
    if conversation is None:
        raise NotFound("Такого контакта нет, или с ним ещё не переписывались.")
    return booking.book(session, contact_id, conversation, at, settings=settings, notes=notes, now=now)


def move(session: Session, call_id: int, at: datetime, *, settings: Settings, now: datetime) -> Booked | NotBooked:
    """Move a booked call to a free time. Raises Refused when it is not booked any more."""
    return booking.move(session, _booked(session, call_id), at, settings=settings, now=now)


def cancel(session: Session, call_id: int, *, settings: Settings, now: datetime) -> None:
    """Call a booked call off. Raises Refused when it is not booked any more."""
    booking.cancel(session, _booked(session, call_id), settings=settings, now=now)


def conclude(session: Session, call_id: int, came_of_it: Ended, *, note: str, now: datetime) -> None:
    """Note that a call was held, or that nobody answered. Raises Refused before it began and when it is not booked."""
    call = _booked(session, call_id)
    if call.scheduled_at > now:
        raise Refused("Этот звонок ещё не начался. Отметьте его после разговора.")
    call.status, call.outcome, call.updated_at = came_of_it, note.strip() or None, now


def restore(session: Session, call_id: int, *, settings: Settings, now: datetime) -> None:
    """Take back that a call was cancelled or concluded.

    Raises Refused when it stands, was moved, or its time was given to somebody else meanwhile.
    """
    call = _held(session, call_id)
    if call.status in (CallStatus.BOOKED, CallStatus.RESCHEDULED):
        raise Refused(_STANDS[CallStatus(call.status)])
    if call.status == CallStatus.CANCELLED:
        if call.scheduled_at <= now:
            raise Refused("Время этого звонка прошло. Назначьте новый.")
        if booking.standing(session, call.contact_id, now=now) is not None:
            raise Refused("У клиента уже назначен другой звонок.")
        if not booking.is_free(session, call.scheduled_at, settings):
            raise Refused("Это время уже занято другим звонком. Назначьте новое.")
    call.status, call.outcome, call.updated_at = CallStatus.BOOKED, None, now


def mark(session: Session, call_id: int | None = None) -> str:
    """Changes whenever a call, or this one, is booked, moved, cancelled or concluded."""
    which = () if call_id is None else (ScheduledCall.id == call_id,)
    newest = select(func.max(ScheduledCall.id)).where(*which).scalar_subquery()
    changed = select(func.max(ScheduledCall.updated_at)).where(*which).scalar_subquery()
    booked = select(func.count()).where(ScheduledCall.status == CallStatus.BOOKED, *which).scalar_subquery()
    return "|".join(str(part) for part in session.execute(select(newest, changed, booked)).one())


def _held(session: Session, call_id: int) -> ScheduledCall:
    call = session.get(ScheduledCall, call_id, with_for_update=True)
    if call is None:
        raise NotFound("Такого звонка нет.")
    return call


def _booked(session: Session, call_id: int) -> ScheduledCall:
    call = _held(session, call_id)
    if call.status != CallStatus.BOOKED:
        raise Refused(_STANDS[CallStatus(call.status)])
    return call


def _entries() -> Select[*tuple[Any, ...]]:
    call = ScheduledCall
    columns = (
        call.id, call.contact_id, call.conversation_id, _name(), Contact.phone_number, call.scheduled_at, call.minutes,
        call.status, call.notes, call.outcome,
    )  # fmt: skip
    return select(*columns).join(Contact, Contact.id == call.contact_id)


def _callees() -> Select[*tuple[Any, ...]]:
    talked = select(Conversation.id).where(Conversation.contact_id == Contact.id).exists()
    return select(Contact.id, _name(), Contact.phone_number).where(talked, Contact.merged_into_id.is_(None))


def _name() -> Any:
    return func.coalesce(Contact.name, Contact.full_name, Contact.business_name)
