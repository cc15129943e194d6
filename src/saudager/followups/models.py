"""Chains of touches: one row from our last word until the customer speaks, a person takes over, or five touches."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


def _some(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class FollowUp(AgentBase):
    """A conversation in which ours is the last word. The chain begins with its first touch."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        CheckConstraint("touch_number between 1 and 5", name="touch_number"),
        _some("ix_follow_ups_next_touch_at", "next_touch_at", where="not is_completed"),
        _some("uq_follow_ups_open", "contact_id", where="not is_completed", unique=True),
        _some("ix_follow_ups_touch_number_next_touch_at", "touch_number", "next_touch_at", where="not is_completed"),
        _some("ix_follow_ups_anchor_at", "anchor_at", "touch_number", "held_reason", where="not is_completed"),
        _some("ix_follow_ups_paused", "next_touch_at", where="not is_completed and held_reason = 'paused'"),
        _some("ix_follow_ups_held", "next_touch_at", where="not is_completed and held_reason <> 'paused'"),
        _some("ix_follow_ups_completed_at", "completed_at", where="is_completed"),
        _some("ix_follow_ups_stop_reason_completed_at", "stop_reason", "completed_at", where="is_completed"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    touch_number: Mapped[int]
    """The touch that comes next, 1 to 5."""
    anchor_at: Mapped[datetime] = mapped_column(Moment)
    """Our last word before the chain, which the intervals count from."""
    next_touch_at: Mapped[datetime] = mapped_column(Moment)
    last_touch_at: Mapped[datetime | None] = mapped_column(Moment)
    held_reason: Mapped[str | None] = mapped_column(Text)
    """Why the next touch waits though its time has come."""
    is_completed: Mapped[bool]
    stop_reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    """What a person said when he paused or stopped it."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
