"""What was said with one contact, in all his conversations together and in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.conversations.models import Author, Contact, Conversation, Message, Turn
from saudager.db.statements import Statement
from saudager.errors import NotFound


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and how its turn ended; ``figures`` are those of its turn's trace, for a line of the salesperson's."""

    message: Message
    outcome: str | None
    reason: str | None
    figures: list[dict[str, Any]]

    @property
    def is_ours(self) -> bool:
        return self.message.author != Author.CUSTOMER


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lines, oldest first, and whether there are older ones."""

    lines: list[Line]
    older: bool

    @property
    def first(self) -> int | None:
        """The key of the oldest line, to ask for those before it or for it and all that follow."""
        return min((line.message.id for line in self.lines), default=None)


def people(session: Session, conversation_id: int) -> tuple[Contact, Sequence[Conversation]]:
    """Whose conversation it is, and all his conversations, the one with the latest line first; raises NotFound."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        raise NotFound("Такого разговора нет.")
    theirs = select(Conversation).where(Conversation.contact_id == conversation.contact_id)
    latest_first = theirs.order_by(Conversation.last_message_at.desc().nulls_last(), Conversation.id)
    return session.get_one(Contact, conversation.contact_id), session.scalars(latest_first).all()


def page(
    session: Session,
    conversations: Sequence[int],
    *,
    before: int | None = None,
    since: int | None = None,
    limit: int = 50,
    most: int = 500,
) -> Timeline:
    """The newest lines, those ``before`` a key, or everything ``since`` a key and at least the newest ones.

    ``most`` bounds the last of these.
    """
    newest = select(Message.id).where(Message.conversation_id.in_(conversations)).order_by(_OF_THESE_ONLY)
    if before is not None:
        newest = newest.where(Message.id < before)
    rows = session.execute(_LINES.where(Message.id.in_(newest.limit((most if since else limit) + 1)))).all()
    if since is not None:
        wanted = sum(row[0].id >= since for row in rows)
        limit = min(max(wanted, limit), most)
    lines = [
        Line(message, outcome, reason, (figures or []) if message.author == Author.BOT else [])
        for message, outcome, reason, figures in rows[:limit]
    ]
    return Timeline(sorted(lines, key=_place), older=len(rows) > limit)


def mark(session: Session, conversation_id: int) -> str:
    """Changes whenever a line of the contact's is added, amended, answered or delivered."""
    return str([tuple(row) for row in _MARK(session, conversation=conversation_id).fetchall()])


def _place(line: Line) -> tuple[datetime, int]:
    return line.message.sent_at, line.message.id


_OF_THESE_ONLY = (Message.id + 0).desc()
"""Keeps PostgreSQL from walking down all lines of the shop until it meets enough of a talk that ended long ago."""
_LINES = (
    select(Message, Turn.outcome, Turn.reason, Turn.trace["figures"])
    .outerjoin(Turn, Turn.id == Message.turn_id)
    .order_by(Message.id.desc())
)
_MARK = Statement("""
    select id, delivery_state, amended_at, turn_id from messages
    where conversation_id in (
        select o.id from conversations c join conversations o on o.contact_id = c.contact_id where c.id = :conversation)
    order by id + 0 desc limit 30""")
