"""What has happened, kept for a while so that a new rule can be tried on it, and what is listened for."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Event(AgentBase):
    """One thing that happened; ``kind`` is a ``Happened``."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_kind_id", "kind", "id"), Index("ix_events_at", "at"))

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("conversations.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    once: Mapped[str | None] = mapped_column(Text, unique=True)
    cause: Mapped[str | None] = mapped_column(Text)
    """``rule:12`` when a rule of ours made it happen."""
    depth: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)


class HeardEvent(AgentBase):
    """A kind some rule or sequence listens for."""

    __tablename__ = "heard_events"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
