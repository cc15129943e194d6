"""A person always wins: when one writes, the salesperson falls silent and what he was about to say is withdrawn."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.conversations import cases, turns
from saudager.conversations.models import Conversation, Outcome
from saudager.db.statements import Statement, moment

PERSON_SPOKE, TAKEN_OVER = "person_spoke", "taken_over"

_TYPED_TO = timedelta(seconds=1)
"""Messengers tell when a line was typed to the second."""
_LOOKED_AT = (
    Why.TOO_LATE,
    Why.NO_ANSWER_FOUND,
    Why.NOT_DELIVERED,
    Why.UNCLEAR_CONTACT,
    Why.TURN_FAILED,
    Why.REPEATS_ITSELF,
    Why.LETTER,
)
"""What a person who writes in a conversation has thereby looked at."""


def person_spoke(
    session: Session,
    conversation_id: int,
    *,
    at: datetime,
    silence: timedelta,
    now: datetime,
    owner: str = cases.BY_PHONE,
) -> None:
    """A line of the shop's own, typed at ``at``, answers what came before it and silences us for ``silence``.

    One customer may have several conversations on an account (WhatsApp shows a chat by its phone's id here and by the
    hidden id there): the line counts in all of them. What waited on the desk for them is thereby looked at.
    """
    for conversation in cases.of_same_customer(session, conversation_id):
        _answer_what_waits(session, conversation, at=at, now=now)
        _fall_silent(conversation, PERSON_SPOKE, until=at + silence, now=now)
        cases.take(session, conversation.id, owner, at=at, until=at + silence, now=now)


def take_over(session: Session, conversation_id: int, *, until: datetime, now: datetime) -> None:
    """A person has the conversation from now on, though he has said nothing yet: what waits in it goes on waiting."""
    for conversation in cases.of_same_customer(session, conversation_id):
        _fall_silent(conversation, TAKEN_OVER, until=until, now=now)


def silent_until(session: Session, conversation_id: int, *, now: datetime) -> datetime | None:
    """Until when a person has the customer of the conversation; None: the salesperson has him."""
    until = moment(_SILENT(session, conversation=conversation_id).fetchone()[0])
    return until if until is not None and until > now else None


def _answer_what_waits(session: Session, conversation: Conversation, *, at: datetime, now: datetime) -> None:
    answered = [line for line in turns.unanswered(session, conversation.id) if line.sent_at <= at]
    if answered:
        turns.close(session, answered, Outcome.WITHDRAWN, reason=PERSON_SPOKE, now=now)
    if conversation.last_message_at is None or conversation.last_message_at <= at + _TYPED_TO:
        conversation.unread = 0
    for why in _LOOKED_AT:
        attention.settle(session, why, f"conversation:{conversation.id}", now=now)


def _fall_silent(conversation: Conversation, reason: str, *, until: datetime, now: datetime) -> None:
    if until > now and (conversation.silent_until is None or until > conversation.silent_until):
        conversation.silent_until, conversation.silent_reason = until, reason


def is_silent(conversation: Conversation, *, now: datetime) -> bool:
    """Whether a person has the conversation now."""
    return conversation.silent_until is not None and conversation.silent_until > now


_SILENT = Statement("""
    select max(o.silent_until) from conversations c
    join conversations o on o.contact_id = c.contact_id and o.account = c.account
    where c.id = :conversation""")
