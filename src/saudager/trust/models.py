"""Drafts and topics."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class State(StrEnum):
    """What became of a draft."""

    WAITING = "waiting"
    SENT = "sent"
    EDITED = "edited"
    REJECTED = "rejected"
    OVERTAKEN = "overtaken"
    """The customer wrote more, and a newer answer took its place."""
    PERSON_WROTE = "person_wrote"
    """A person answered in his own words."""


class Mode(StrEnum):
    """What happens to an answer on a topic."""

    DRAFT = "draft"
    """A person sends it."""
    AUTOMATIC = "automatic"


class Draft(AgentBase):
    """An answer that is said when a person agrees; at most one waits in a conversation.

    ``agreement`` from 0 to 1 tells how near it was to what the customer got; None while that is open, or when it never
    will be known.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        Index(
            "uq_drafts_waiting",
            "conversation_id",
            unique=True,
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_drafts_topic_made_at", "topic", "made_at"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    turn_id: Mapped[int] = mapped_column(_Id, ForeignKey("turns.id"), unique=True)
    topic: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was rejected, in the operator's words."""
    sent_text: Mapped[str | None] = mapped_column(Text)
    agreement: Mapped[float | None]


class TopicMode(AgentBase):
    """How a topic is answered; one without a row is answered by the salesperson itself."""

    __tablename__ = "topics"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    mode: Mapped[str] = mapped_column(Text)
    ramp: Mapped[bool]
    """Whether agreement alone may make it automatic."""
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str] = mapped_column(Text)
