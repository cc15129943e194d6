"""A person steps in: he writes, takes a conversation over, or gives it back to the salesperson."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.contracts import Media
from saudager.conversations import cases, handover, outbox
from saudager.conversations.models import Conversation, Outcome, Turn
from saudager.errors import NotFound, Refused
from saudager.followups import plan
from saudager.trust import drafts

LONGEST = 4000
"""Characters of one line; messengers take no more."""


def person_spoke(
    session: Session,
    conversation_id: int,
    text: str,
    *,
    at: datetime,
    silence: timedelta,
    now: datetime,
    by: str | None = None,
) -> None:
    """A line of a person's own, typed at ``at`` in the console by an operator or, without ``by``, on the shop's phone:
    the salesperson falls silent, follow-ups end, and a draft for the same lines is settled."""
    for conversation in cases.of_same_customer(session, conversation_id):
        draft = drafts.person_wrote(session, conversation.id, text, at=at, by=by, now=now)
        if draft is not None:
            turn = session.get_one(Turn, draft.turn_id)
            turn.outcome, turn.reason = Outcome.WITHDRAWN, handover.PERSON_SPOKE
    owner = by or cases.BY_PHONE
    handover.person_spoke(session, conversation_id, at=at, silence=silence, now=now, owner=owner)
    plan.person_spoke(session, conversation_id, now=now)


def typed(text: str) -> str:
    """What an operator typed, as it is sent; raises Refused when it is empty or longer than ``LONGEST``."""
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise Refused("Сообщение пустое: напишите, что ответить клиенту.")
    if len(said) > LONGEST:
        raise Refused(f"Сообщение длиннее {LONGEST} знаков: сократите его или отправьте по частям.")
    return said


def write(
    session: Session,
    conversation_id: int,
    text: str,
    *,
    once: str,
    operator: str,
    silence: timedelta,
    now: datetime,
    signature: str = "",
    picture: Media | None = None,
) -> bool:
    """Send an operator's line, by mail with the ``signature`` below it, or a ``picture`` with the line below it; the
    same ``once`` is sent once, and False the second time.

    Raises NotFound, and Refused for a line that is empty or too long.
    """
    said = typed(text)
    conversation = _held(session, conversation_id)
    if not outbox.write(
        session, conversation, said, once=once, by=operator, now=now, signature=signature, picture=picture
    ):
        return False
    person_spoke(session, conversation_id, said, at=now, silence=silence, now=now, by=operator)
    cases.hold(session, conversation_id, operator, until=now + silence, now=now)
    return True


def take_over(session: Session, conversation_id: int, *, operator: str, silence: timedelta, now: datetime) -> None:
    """Have the salesperson fall silent before anything is written, also when another operator had the conversation;
    what waits is answered when the silence ends."""
    _held(session, conversation_id)
    handover.take_over(session, conversation_id, until=now + silence, now=now)
    cases.hold(session, conversation_id, operator, until=now + silence, now=now)
    plan.person_spoke(session, conversation_id, now=now)


def release(session: Session, conversation_id: int, *, outcome: str, now: datetime) -> None:
    """Give the conversation back, with its case if there is one; what waits in it is answered at once."""
    _held(session, conversation_id)
    case = cases.of_conversation(session, conversation_id)
    if case is None:
        cases.give_back(session, conversation_id)
    else:
        cases.release(session, case.id, now, outcome)


def _held(session: Session, conversation_id: int) -> Conversation:
    """The conversation, held with the others of its customer until the transaction ends."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("Такого разговора нет.")
    cases.of_same_customer(session, conversation_id)
    return conversation
