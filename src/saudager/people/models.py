"""What operators write down about a contact, and contacts that are being erased."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class ContactNote(AgentBase):
    """A note of an operator on a contact; a removed one can be put back."""

    __tablename__ = "contact_notes"
    __table_args__ = (Index("ix_contact_notes_contact_id_id", "contact_id", "id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"))
    text: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Moment)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)


class Erasure(AgentBase):
    """A contact somebody asked to be erased. What the rest of it needs to find is kept here until it is done."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"))
    contacts: Mapped[list[int]] = mapped_column(JSON)
    """Him and whoever was merged into him."""
    phones: Mapped[list[str]] = mapped_column(JSON)
    chats: Mapped[list[str]] = mapped_column(JSON)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
