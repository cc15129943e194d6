"""Chains of touches: one row from our last word until the customer speaks, a person takes over, or five touches."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class FollowUp(AgentBase):
    """A conversation in which ours is the last word. The chain begins with its first touch."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        CheckConstraint("touch_number between 1 and 5", name="touch_number"),
        Index(
            "ix_follow_ups_next_touch_at",
            "next_touch_at",
            sqlite_where=text("not is_completed"),
            postgresql_where=text("not is_completed"),
        ),
        Index(
            "uq_follow_ups_open",
            "contact_id",
            unique=True,
            sqlite_where=text("not is_completed"),
            postgresql_where=text("not is_completed"),
        ),
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
    created_at: Mapped[datetime] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
