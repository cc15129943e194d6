"""The versions of a prompt a merchant has saved; the one in force stands in place of the shipped file."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment


class PromptVersion(AgentBase):
    """A saved text; of each prompt at most one version is in force."""

    __tablename__ = "prompt_versions"
    __table_args__ = (
        Index("ix_prompt_versions_name_id", "name", "id"),
        Index(
            "uq_prompt_versions_in_force",
            "name",
            unique=True,
            sqlite_where=text("in_force"),
            postgresql_where=text("in_force"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    """What was changed, in the words of whoever saved it; may be empty."""
    saved_at: Mapped[datetime] = mapped_column(Moment)
    saved_by: Mapped[str] = mapped_column(Text)
    in_force: Mapped[bool]
