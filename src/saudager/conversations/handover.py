"""A person always wins: when one writes, the salesperson falls silent and what he was about to say is withdrawn."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.conversations import cases, turns
from saudager.conversations.models import Conversation, Outcome

PERSON_SPOKE = "person_spoke"

_TYPED_TO = timedelta(seconds=1)
"""Messengers tell when a line was typed to the second."""
_LOOKED_AT = (
    Why.TOO_LATE,
    Why.NO_ANSWER_FOUND,
    Why.NOT_DELIVERED,
    Why.UNCLEAR_CONTACT,
    Why.TURN_FAILED,
    Why.REPEATS_ITSELF,
)
"""What a person who writes in a conversation has thereby looked at."""


def person_spoke(session: Session, conversation_id: int, *, at: datetime, silence: timedelta, now: datetime) -> None:
    """A line of the shop's own, typed at ``at``, answers what came before it and silences us for ``silence``.

    One customer may have several conversations on an account (WhatsApp shows a chat by its phone's id here and by the
    hidden id there): the line counts in all of them. What waited on the desk for them is thereby looked at.
    """
    typed_in = session.get_one(Conversation, conversation_id)
    query = select(Conversation).where(
        Conversation.contact_id == typed_in.contact_id, Conversation.account == typed_in.account
    )
    for conversation in session.scalars(query.order_by(Conversation.id)).all():
        _fall_silent(session, conversation, at=at, until=at + silence, now=now)


def _fall_silent(session: Session, conversation: Conversation, *, at: datetime, until: datetime, now: datetime) -> None:
    answered = [line for line in turns.unanswered(session, conversation.id) if line.sent_at <= at]
    if answered:
        turns.close(session, answered, Outcome.WITHDRAWN, reason=PERSON_SPOKE, now=now)
    if conversation.last_message_at is None or conversation.last_message_at <= at + _TYPED_TO:
        conversation.unread = 0
    for why in _LOOKED_AT:
        attention.settle(session, why, f"conversation:{conversation.id}", now=now)
    if until > now and (conversation.silent_until is None or until > conversation.silent_until):
        conversation.silent_until = until
        conversation.silent_reason = PERSON_SPOKE
    cases.take(session, conversation.id, cases.BY_PHONE, at=at, until=until, now=now)


def is_silent(conversation: Conversation, *, now: datetime) -> bool:
    """Whether a person has the conversation now."""
    return conversation.silent_until is not None and conversation.silent_until > now
