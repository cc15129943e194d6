"""What is kept of the shop's documents."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


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


class Passage(AgentBase):
    """A piece of a document that can stand as a source; ``passages_fts`` holds its lemmas under the same number."""

    __tablename__ = "passages"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(_Id, ForeignKey("documents.id"), index=True)
    page: Mapped[int]
    row: Mapped[int | None]
    """Number of the table row on its page, from 1; null for running text."""
    section: Mapped[str] = mapped_column(Text)
    """Headings above it, outermost first, joined by `` › ``."""
    text: Mapped[str] = mapped_column(Text)
