"""Calls that were agreed upon, and the times a customer was last offered."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class CallStatus(StrEnum):
    """What became of a call."""

    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    HELD = "held"
    NO_ANSWER = "no_answer"


class ScheduledCall(AgentBase):
    """A call at an agreed time; a rescheduled one keeps its row and its new time has another."""

    __tablename__ = "scheduled_calls"
    __table_args__ = (
        Index("ix_scheduled_calls_scheduled_at", "scheduled_at"),
        Index(
            "ix_scheduled_calls_booked",
            "contact_id",
            sqlite_where=text("status = 'booked'"),
            postgresql_where=text("status = 'booked'"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    scheduled_at: Mapped[datetime] = mapped_column(Moment)
    timezone: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    """What the customer wrote when it was agreed."""
    outcome: Mapped[str | None] = mapped_column(Text)
    """What a person noted of it afterwards."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class CallDay(AgentBase):
    """A day with calls: whoever books on it holds its row, so that a slot is given once."""

    __tablename__ = "call_days"

    day: Mapped[date] = mapped_column(primary_key=True)


class CallOffer(AgentBase):
    """The times a conversation was last offered, as ISO 8601 in ``slots``, in the order they were named."""

    __tablename__ = "call_offers"

    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"), primary_key=True)
    slots: Mapped[list[str]] = mapped_column(JSON)
    offered_at: Mapped[datetime] = mapped_column(Moment)
