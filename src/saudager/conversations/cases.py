"""Cases: a conversation is a person's, from the alert that calls him until he has answered or gives it back.

Nobody is called and forgotten: an unanswered alert is repeated, and when the silence ends the salesperson answers.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import alerts, attention, events
from saudager.app import App
from saudager.attention import Why
from saudager.conversations.models import Case, Contact, Conversation
from saudager.db.statements import Statement
from saudager.errors import NotFound
from saudager.events import Happened
from saudager.queues import table, tasks
from saudager.settings import Settings

HANDED_OVER = "handed_over"
BY_PHONE = "phone"
"""Who has a case when a line typed on the shop's own phone took it."""
MOST_ALERTS = 3
"""How often an unanswered case calls by itself; once more when the silence ends, or the customer asks again."""

_TURNS = "turns"
_TYPED_TO = timedelta(seconds=1)
"""Messengers tell when a line was typed to the second."""
_QUOTED, _LINES_QUOTED = 150, 4

_HELD = "разговор взял {owner}"
_CALLS = "Нужен человек: {reason}.\n{summary}\nОтветьте клиенту в этом чате, продавец пока молчит."
_CALLS_AGAIN = "Клиент всё ещё ждёт человека ({minutes} мин): {reason}.\n{summary}"
_NOBODY_CAME = (
    "Никто не ответил клиенту за {hours:g} ч, ему снова отвечает продавец. Дело открыто: {reason}.\n{summary}"
)


def open_case(
    session: Session, conversation: Conversation, reason: str, summary: str, settings: Settings, now: datetime
) -> Case | None:
    """Give the conversation to a person: he is called, it stands on the desk, and the salesperson falls silent.

    ``reason`` is how the shop is told of it («просит человека»). None when the conversation's case is open already:
    then it is silent anew, and the person is called once more.
    """
    held = session.get_one(Conversation, conversation.id, with_for_update=True)
    until = now + timedelta(hours=settings.handover_hours)
    if held.silent_until is None or held.silent_until < until:
        held.silent_until, held.silent_reason = until, HANDED_OVER
    known = of_conversation(session, held.id)
    case = known or Case(contact_id=held.contact_id, conversation_id=held.id, opened_at=now, alerts=0)
    case.reason, case.summary, case.owner = reason, summary, None
    session.add(case)
    session.flush()
    attention.ask(session, Why.HANDED_OVER, _about(case), f"Передано человеку: {reason}", now=now)
    _call(session, case, _CALLS.format(reason=reason, summary=summary), settings, now=now)
    _watch_silence(session, case, until=held.silent_until, now=now)
    if known:
        return None
    events.tell(
        session,
        Happened.HANDED_OVER,
        _about(case),
        contact_id=case.contact_id,
        conversation_id=case.conversation_id,
        facts={"reason": reason},
        once=f"case:{case.id}",
        now=now,
    )
    return case


def of_conversation(session: Session, conversation_id: int) -> Case | None:
    """The conversation's open case."""
    query = select(Case).where(Case.conversation_id == conversation_id, Case.closed_at.is_(None))
    return session.scalars(query).one_or_none()


def is_open(session: Session, conversation_id: int) -> bool:
    """Whether the conversation has an open case."""
    return _OPEN(session, conversation=conversation_id).fetchone() is not None


def waiting(session: Session, *, limit: int = 100) -> Sequence[tuple[Case, Contact]]:
    """The open cases and whose they are, oldest first."""
    query = (
        select(Case, Contact)
        .join(Conversation, Conversation.id == Case.conversation_id)
        .join(Contact, Contact.id == Conversation.contact_id)
        .where(Case.closed_at.is_(None))
        .order_by(Case.id)
        .limit(limit)
    )
    return [(case, contact) for case, contact in session.execute(query).all()]


def take(
    session: Session, conversation_id: int, owner: str, *, at: datetime, until: datetime, now: datetime
) -> Case | None:
    """A person wrote at ``at`` and has the conversation until ``until``: its open case is his, and calls nobody more.

    A line typed before the case began takes nothing.
    """
    case = of_conversation(session, conversation_id)
    if case is None or at + _TYPED_TO <= case.opened_at:
        return None
    case.owner = case.owner or owner
    session.flush()
    attention.settle(session, Why.HANDED_OVER, _about(case), now=now)
    _watch_silence(session, case, until=until, now=now)
    return case


def hold(session: Session, conversation_id: int, owner: str, *, until: datetime, now: datetime) -> Case:
    """An operator has the conversation until then, called or not: its open case is his, or a new one is."""
    case = of_conversation(session, conversation_id)
    if case is None:
        contact_id = session.get_one(Conversation, conversation_id).contact_id
        case = Case(contact_id=contact_id, conversation_id=conversation_id, opened_at=now, alerts=0)
        case.reason, case.summary = _HELD.format(owner=owner), ""
        session.add(case)
    case.owner = owner
    session.flush()
    attention.settle(session, Why.HANDED_OVER, _about(case), now=now)
    _watch_silence(session, case, until=until, now=now)
    return case


def release(session: Session, case_id: int, now: datetime, outcome: str = "") -> Case:
    """Give the conversation back to the salesperson at once; what waits in it is answered.

    The case keeps ``outcome`` and what the person wrote. Raises NotFound when there is no such open case.
    """
    case = session.get(Case, case_id)
    if case is None or case.closed_at is not None:
        raise NotFound(f"there is no open case {case_id}")
    give_back(session, case.conversation_id)
    _close(session, case, outcome, now=now)
    return case


def give_back(session: Session, conversation_id: int) -> None:
    """The salesperson has the customer again; what waits in his conversations is answered at once."""
    for conversation in of_same_customer(session, conversation_id):
        conversation.silent_until = conversation.silent_reason = None
        table.hurry(session, _TURNS, str(conversation.id))


def of_same_customer(session: Session, conversation_id: int) -> Sequence[Conversation]:
    """The conversations of one customer on one account, this one among them, held until the transaction ends."""
    one = session.get_one(Conversation, conversation_id)
    same = select(Conversation).where(Conversation.contact_id == one.contact_id, Conversation.account == one.account)
    return session.scalars(same.order_by(Conversation.id).with_for_update()).all()


async def call_again(app: App, task_id: str, case_id: int, alert: int) -> bool:
    """Call the shop once more about a case nobody has taken; False when there is no need to."""
    return await app.db.run(_call_again, case_id, alert, app.settings, now=app.clock.now())


async def end_silence(app: App, task_id: str, case_id: int) -> str:
    """What becomes of a case whose silence should be over: ``closed``, ``open`` (nobody came) or ``silent`` still."""
    return await app.db.run(_end_silence, case_id, app.settings, now=app.clock.now())


def _call_again(session: Session, case_id: int, alert: int, settings: Settings, *, now: datetime) -> bool:
    case = session.get_one(Case, case_id, with_for_update=True)
    if case.closed_at is not None or case.owner is not None or case.alerts >= alert:
        return False
    minutes = round((now - case.opened_at) / timedelta(minutes=1))
    said = _CALLS_AGAIN.format(minutes=minutes, reason=case.reason, summary=case.summary)
    return _call(session, case, said, settings, now=now)


def _end_silence(session: Session, case_id: int, settings: Settings, *, now: datetime) -> str:
    case = session.get_one(Case, case_id, with_for_update=True)
    if case.closed_at is not None:
        return "closed"
    until = session.get_one(Conversation, case.conversation_id).silent_until
    if until is not None and until > now:
        _watch_silence(session, case, until=until, now=now)
        return "silent"
    if case.owner is not None:
        _close(session, case, "", now=now)
        return "closed"
    said = _NOBODY_CAME.format(hours=settings.handover_hours, reason=case.reason, summary=case.summary)
    _call(session, case, said, settings, now=now)
    return "open"


def _call(session: Session, case: Case, said: str, settings: Settings, *, now: datetime) -> bool:
    account = session.get_one(Conversation, case.conversation_id).account
    number = case.alerts + 1
    if not alerts.tell(session, settings, account, said, about=f"case:{case.id}:{number}", now=now):
        return False
    case.alerts = number
    if number < MOST_ALERTS:
        tasks.enqueue(
            session,
            "realert",
            task_id=f"realert:{case.id}:{number + 1}",
            now=now,
            due=now + timedelta(minutes=settings.realert_minutes),
            case_id=case.id,
            alert=number + 1,
        )
    return True


def _watch_silence(session: Session, case: Case, *, until: datetime, now: datetime) -> None:
    task_id = f"end_silence:{case.id}:{until:%Y-%m-%dT%H:%M:%S.%fZ}"
    tasks.enqueue(session, "end_silence", task_id=task_id, now=now, due=until, case_id=case.id)


def _close(session: Session, case: Case, outcome: str, *, now: datetime) -> None:
    case.closed_at = now
    case.outcome = " ".join(filter(None, (outcome.strip(), _discussed(session, case))))
    attention.settle(session, Why.HANDED_OVER, _about(case), now=now)


def _discussed(session: Session, case: Case) -> str:
    """What the person wrote, newest lines last."""
    rows = _BY_PERSON(
        session, conversation=case.conversation_id, since=case.opened_at - _TYPED_TO, limit=_LINES_QUOTED
    ).fetchall()
    lines = [f"«{' '.join(text.split())[:_QUOTED]}»" for (text,) in reversed(rows)]
    return f"Человек написал: {', '.join(lines)}." if lines else "Человек в чате не писал."


def _about(case: Case) -> str:
    return f"conversation:{case.conversation_id}"


_OPEN = Statement("select 1 from cases where conversation_id = :conversation and closed_at is null")
_BY_PERSON = Statement("""
    select text from messages
    where conversation_id = :conversation and author = 'human' and sent_at >= :since and coalesce(text, '') <> ''
        and not deleted
    order by id desc limit :limit""")
