"""What rules and sequences do: each action does its work here, or stores what the outside is told later."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager import attention, events
from saudager.attention import Why
from saudager.automation import became, in_crm, journeys, placeholders, sending, sequences
from saudager.automation.became import Became
from saudager.automation.definitions import (
    AddTask,
    AnyAction,
    Begin,
    HandOver,
    MoveStage,
    SendLetter,
    SendMessage,
    Stop,
)
from saudager.automation.facts import Subject
from saudager.automation.sending import Post
from saudager.conversations import cases
from saudager.conversations.models import Conversation
from saudager.db.statements import Statement
from saudager.db.threads import is_outage
from saudager.errors import SaudagerError
from saudager.settings import Settings

_log = logging.getLogger(__name__)
NO_SUCH_SEQUENCE, SWITCHED_OFF, ON_THE_WAY, NOBODY_THERE = "no_sequence", "sequence_off", "on_the_way", "nobody_there"
IN_A_CIRCLE = "in_a_circle"
FAULT = "fault"
_FAULT = "внутренняя ошибка: {error}"
_NO_SUCH = "Сценария «{name}» нет"
_CIRCLE = "Сценарий «{name}» начинает сам себя по кругу и больше не начат"


def attempt(
    session: Session,
    action: AnyAction,
    subject: Subject,
    values: Mapping[str, Any],
    *,
    once: str,
    settings: Settings,
    now: datetime,
    post: Post | None = None,
    is_due: bool = False,
) -> Became:
    """``perform`` it; one that cannot be done loses its own changes only, and has FAILED."""
    try:
        with session.begin_nested():
            session.connection()  # sets the savepoint now: statements go past the session
            return perform(
                session, action, subject, values, once=once, settings=settings, now=now, post=post, is_due=is_due
            )
    except Exception as error:
        if is_outage(error, session):
            raise
        says = str(error) if isinstance(error, SaudagerError) else _FAULT.format(error=type(error).__name__)
        _log.warning("action %s: %r", once, error, exc_info=not isinstance(error, SaudagerError))
        return became.failed(FAULT, says)


def perform(
    session: Session,
    action: AnyAction,
    subject: Subject,
    values: Mapping[str, Any],
    *,
    once: str,
    settings: Settings,
    now: datetime,
    post: Post | None = None,
    is_due: bool = False,
) -> Became:
    """Do it in the caller's transaction, once by the name; what it says comes from ``values``.

    Without a ``post`` a message or a letter WAITS for somebody who knows which numbers and mailboxes are connected.
    ``is_due``: its own moment has come. What has an ``until`` is not all done yet: ``journeys.keep`` does it then.
    """
    match action:
        case SendMessage() | SendLetter():
            return _send(session, action, subject, values, post, once=once, settings=settings, now=now)
        case AddTask():
            return _add_task(session, action, subject, values, once=once, is_due=is_due, now=now)
        case MoveStage():
            return in_crm.move_stage(session, action, subject, once=once, now=now)
        case HandOver():
            return _hand_over(session, action, subject, values, settings=settings, now=now)
        case Begin():
            return _begin(session, action, subject, now=now)
        case Stop():
            return _stop(session, action, subject, now=now)


def _send(
    session: Session,
    action: SendMessage | SendLetter,
    subject: Subject,
    values: Mapping[str, Any],
    post: Post | None,
    *,
    once: str,
    settings: Settings,
    now: datetime,
) -> Became:
    if post is None:
        return became.waits(sending.IN_LINE, now)
    if isinstance(action, SendMessage):
        return sending.send_message(session, action, subject, values, post, once=once, settings=settings, now=now)
    return sending.send_letter(session, action, subject, values, post, once=once, settings=settings, now=now)


def _add_task(
    session: Session,
    action: AddTask,
    subject: Subject,
    values: Mapping[str, Any],
    *,
    once: str,
    is_due: bool,
    now: datetime,
) -> Became:
    """In the lead, due then; where there is none it comes to the desk then."""
    text, unknown = placeholders.fill(action.text, values)
    if unknown:
        return sending.nameless(unknown, subject)
    due = now + action.after if action.after is not None else now
    if (added := in_crm.add_task(session, text, subject, once=once, due=due, now=now)) is not None:
        return added
    if due > now and not is_due:
        return Became(became.Outcome.DONE, detail={"text": text}, until=due)
    about = f"conversation:{subject.conversation_id}" if subject.conversation_id else f"contact:{subject.contact_id}"
    _to_the_desk(session, about, text, now=now)
    return became.done(text=text, where="desk")


def _to_the_desk(session: Session, about: str, text: str, *, now: datetime) -> None:
    """Beside what lies there about him already."""
    row = _LIES_THERE(session, kind=Why.TASK, about=about).fetchone()
    lines = [] if row is None else row[0].split("\n")
    if text not in lines:
        attention.ask(session, Why.TASK, about, "\n".join([*lines, text]), now=now)


def _hand_over(
    session: Session,
    action: HandOver,
    subject: Subject,
    values: Mapping[str, Any],
    *,
    settings: Settings,
    now: datetime,
) -> Became:
    reason, unknown = placeholders.fill(action.reason, values)
    if unknown:
        return sending.nameless(unknown, subject)
    row = None if subject.contact_id is None else _TALK(session, contact=subject.contact_id).fetchone()
    if row is None:
        about = f"contact:{subject.contact_id}" if subject.contact_id else subject.about
        _to_the_desk(session, about, reason, now=now)
        return became.done(reason=reason, where="desk")
    conversation = session.get_one(Conversation, row[0])
    is_new = cases.open_case(session, conversation, reason, (row[1] or "")[:_QUOTED], settings, now)
    return became.done(reason=reason, where="case" if is_new else "open_case")


def _begin(session: Session, action: Begin, subject: Subject, *, now: datetime) -> Became:
    live = sequences.named(session, action.sequence)
    if live is None:
        return became.failed(NO_SUCH_SEQUENCE, _NO_SUCH.format(name=action.sequence))
    if not live.is_on:
        return became.skipped(SWITCHED_OFF)
    if subject.contact_id is None:
        return became.skipped(sending.NO_CONTACT)
    cause = events.cause_of(session)
    depth = cause.depth if cause else 0
    if depth > events.DEEPEST:
        return became.failed(IN_A_CIRCLE, _CIRCLE.format(name=live.definition.title))
    journey = journeys.begin(
        session,
        live.id,
        live.version,
        contact_id=subject.contact_id,
        conversation_id=subject.conversation_id,
        about=journeys.about_of(subject.about, subject.contact_id),
        facts={},
        depth=depth,
        now=now,
    )
    return became.skipped(ON_THE_WAY) if journey is None else became.done(journey=journey)


def _stop(session: Session, action: Stop, subject: Subject, *, now: datetime) -> Became:
    live = sequences.named(session, action.sequence)
    if live is None:
        return became.failed(NO_SUCH_SEQUENCE, _NO_SUCH.format(name=action.sequence))
    if subject.contact_id is None:
        return became.skipped(sending.NO_CONTACT)
    stopped = journeys.stop(session, live.id, subject.contact_id, subject.about, journeys.BY_STEP, now=now)
    return became.done(stopped=stopped) if stopped else became.skipped(NOBODY_THERE)


_QUOTED = 200
_LIES_THERE = Statement("select reason from attention where kind = :kind and about = :about and settled is null")
_TALK = Statement("""
    select k.id, (
        select coalesce(m.text, m.voice_transcription) from messages m
        where m.conversation_id = k.id and m.author = 'customer' and not m.deleted order by m.id desc limit 1)
    from conversations k where k.contact_id = :contact
    order by coalesce(k.last_message_at, k.created_at) desc, k.id desc limit 1""")
"""The conversation he is in, and what he said last."""
