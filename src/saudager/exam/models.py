"""Exams taken from the console and what they came to."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"


class ExamRun(AgentBase):
    """One suite taken; at most one run is under way."""

    __tablename__ = "exam_runs"
    __table_args__ = (
        Index("ix_exam_runs_suite_id", "suite", "id"),
        Index(
            "uq_exam_runs_running",
            "state",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    suite: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(Text)
    """``offline``, or ``agno`` for the hosted engines."""
    state: Mapped[str] = mapped_column(Text)
    done: Mapped[int]
    total: Mapped[int]
    """Cases altogether; 0 while nobody knows."""
    passed: Mapped[int | None]
    """Of the cases; None while there is no report."""
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The report as ``saudager exam --json`` prints it."""
    fault: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Moment)
    started_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def accuracy(self) -> float | None:
        """Share of the cases that passed, 0 to 1; None while there is no report."""
        return None if self.passed is None else self.passed / max(self.total, 1)
