"""Drafts on the desk: made by a turn, decided by a person, overtaken by the customer."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.conversations.models import Author, Message
from saudager.db.statements import Statement
from saudager.errors import NotFound, Refused
from saudager.trust import ramp
from saudager.trust.likeness import likeness
from saudager.trust.models import Draft, State
from saudager.trust.topics import Topic

_QUOTED = 200
_DECIDED = {
    State.SENT: "Этот черновик уже отправил {by}.",
    State.EDITED: "Этот черновик уже исправил и отправил {by}.",
    State.REJECTED: "Этот черновик уже отклонил {by}.",
    State.OVERTAKEN: "Клиент написал ещё, этот черновик заменён новым.",
    State.PERSON_WROTE: "Клиенту уже ответил человек, черновик больше не нужен.",
}


def put(session: Session, conversation_id: int, turn_id: int, topic: Topic, text: str, *, now: datetime) -> Draft:
    """Lay a draft on the desk; none may wait in the conversation."""
    draft = Draft(
        conversation_id=conversation_id, turn_id=turn_id, topic=topic, text=text, state=State.WAITING, made_at=now
    )
    session.add(draft)
    session.flush()
    quoted = " ".join(text.split())[:_QUOTED]
    attention.ask(session, Why.DRAFT, _about(draft), f"Черновик ждёт проверки: «{quoted}»", now=now)
    return draft


def overtake(session: Session, conversation_id: int, *, now: datetime) -> Draft | None:
    """A newer answer covers what the waiting draft was about: the draft, if there was one."""
    draft = waiting_in(session, conversation_id)
    if draft is not None:
        _decide(session, draft, State.OVERTAKEN, now=now)
    return draft


def waiting_in(session: Session, conversation_id: int) -> Draft | None:
    """The draft that waits in the conversation."""
    query = select(Draft).where(Draft.conversation_id == conversation_id, Draft.state == State.WAITING)
    return session.scalars(query).one_or_none()


def waiting_for(session: Session, conversations: Sequence[int]) -> Sequence[Draft]:
    """The drafts that wait in these conversations, oldest first."""
    query = select(Draft).where(Draft.conversation_id.in_(conversations), Draft.state == State.WAITING)
    return session.scalars(query.order_by(Draft.id)).all()


def ids_of_contact(session: Session, conversation_id: int) -> list[int]:
    """The drafts that wait for the contact of a conversation, in any of his."""
    return [row[0] for row in _OF_CONTACT(session, conversation=conversation_id).fetchall()]


def waiting(session: Session, *, limit: int = 100) -> Sequence[Draft]:
    """The drafts that wait, oldest first."""
    return session.scalars(select(Draft).where(Draft.state == State.WAITING).order_by(Draft.id).limit(limit)).all()


def to_decide(session: Session, draft_id: int) -> Draft:
    """The draft, held until the transaction ends; raises NotFound, and Refused when it was decided before."""
    draft = session.get(Draft, draft_id, with_for_update=True, populate_existing=True)
    if draft is None:
        raise NotFound("Такого черновика нет.")
    if draft.state != State.WAITING:
        raise Refused(_DECIDED[State(draft.state)].format(by=draft.decided_by or "другой оператор"))
    return draft


def sent(session: Session, draft: Draft, text: str, *, by: str, now: datetime) -> None:
    """It was said, as it stood or edited."""
    state = State.SENT if text == draft.text else State.EDITED
    draft.sent_text, draft.agreement = text, likeness(draft.text, text)
    _decide(session, draft, state, by=by, now=now)


def rejected(session: Session, draft: Draft, reason: str, *, by: str, now: datetime) -> None:
    """It will not be said; ``reason`` may be empty."""
    draft.reason, draft.agreement = reason.strip() or None, 0.0
    _decide(session, draft, State.REJECTED, by=by, now=now)


def person_wrote(
    session: Session, conversation_id: int, text: str, *, at: datetime, by: str | None, now: datetime
) -> Draft | None:
    """A person answered in his own words at ``at``: the draft for what the customer had said by then is settled."""
    draft = waiting_in(session, conversation_id)
    if draft is None:
        return None
    asked = select(func.max(Message.sent_at)).where(Message.turn_id == draft.turn_id, Message.author == Author.CUSTOMER)
    last = session.scalar(asked)
    if last is not None and last > at:
        return None
    draft.sent_text, draft.agreement = text, likeness(draft.text, text)
    _decide(session, draft, State.PERSON_WROTE, by=by, now=now)
    return draft


def _decide(session: Session, draft: Draft, state: State, *, now: datetime, by: str | None = None) -> None:
    draft.state, draft.decided_at, draft.decided_by = state, now, by
    session.flush()
    attention.settle(session, Why.DRAFT, _about(draft), now=now)
    if draft.agreement is not None:
        ramp.consider(session, draft.topic, now=now)


def _about(draft: Draft) -> str:
    return f"conversation:{draft.conversation_id}"


_OF_CONTACT = Statement("""
    select d.id from conversations c
    join conversations o on o.contact_id = c.contact_id
    join drafts d on d.conversation_id = o.id and d.state = 'waiting'
    where c.id = :conversation order by d.id""")
