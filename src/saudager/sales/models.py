"""Deals: opened when a customer says yes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Deal(AgentBase):
    """A customer who agreed; there is at most one open deal a contact."""

    __tablename__ = "deals"
    __table_args__ = (
        Index(
            "uq_deals_open",
            "contact_id",
            unique=True,
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    summary: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(Text)
