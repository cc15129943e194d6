"""What a day came to, counted once it is over so that no chart counts it again."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment


class DailyFigures(AgentBase):
    """The figures of one day in the shop's time zone; see ``day.Figures`` for what each of them counts."""

    __tablename__ = "daily_figures"

    day: Mapped[date] = mapped_column(primary_key=True)
    lines: Mapped[int]
    answers: Mapped[int]
    by_people: Mapped[int]
    contacts: Mapped[int]
    handed_over: Mapped[int]
    calls: Mapped[int]
    deals: Mapped[int]
    opted_out: Mapped[int]
    median_seconds: Mapped[float | None]
    p90_seconds: Mapped[float | None]
    micro_usd: Mapped[int] = mapped_column(BigInteger)
    touches: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON)
    """Of the follow-ups written that day, by touch: how many came to which outcome."""
    counted_at: Mapped[datetime] = mapped_column(Moment)
