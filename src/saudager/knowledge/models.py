"""What is kept of the shop's documents, and what they could not answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Shelf(AgentBase):
    """The knowledge base as a whole; there is one row."""

    __tablename__ = "shelf"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    folder: Mapped[str | None] = mapped_column(Text)
    """Where its documents were last read; the merchant's synonyms stand there."""
    ranking: Mapped[list[str]] = mapped_column(JSON)
    """Files whose prices rule, best first."""
    version: Mapped[int] = mapped_column(BigInteger)
    """Grows with every change of what can be found."""


class Document(AgentBase):
    """A file of the knowledge folder as it was last read."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    file: Mapped[str] = mapped_column(Text, unique=True)
    """Its path inside the folder, with forward slashes."""
    sha256: Mapped[str] = mapped_column(Text)
    reader: Mapped[int]
    """Which ``documents.READER`` read it."""
    pages: Mapped[int]
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """``[{"page": 3, "problem": "prices.pdf, стр. 3: похоже на скан…"}]``; page is null when it is the whole file."""
    read_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the file was last written to, as its folder says."""


class Passage(AgentBase):
    """A piece of a document that can stand as a source; ``passages_fts`` holds its lemmas under the same number."""

    __tablename__ = "passages"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(_Id, ForeignKey("documents.id"), index=True)
    page: Mapped[int]
    row: Mapped[int | None]
    """Number of the table row on its page, from 1, or in a spreadsheet the number beside it; null for running text."""
    section: Mapped[str] = mapped_column(Text)
    """Headings above it, outermost first, joined by `` › ``."""
    text: Mapped[str] = mapped_column(Text)


class Conflict(AgentBase):
    """Two documents that name different prices for one thing; what loses is not found any more."""

    __tablename__ = "conflicts"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    kept_id: Mapped[int] = mapped_column(_Id, ForeignKey("passages.id"), index=True)
    against_id: Mapped[int] = mapped_column(_Id, ForeignKey("passages.id"), unique=True)
    says: Mapped[str] = mapped_column(Text)
    """A Russian sentence that names both places and both prices."""


class OpenQuestion(AgentBase):
    """A customer's question the documents hold no answer to."""

    __tablename__ = "open_questions"
    __table_args__ = (UniqueConstraint("conversation_id", "question"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    question: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
