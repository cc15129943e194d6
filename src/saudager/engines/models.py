"""What the hosted engines cost, a row for every day, contact, engine and model."""

from datetime import date

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase

_Id = BigInteger().with_variant(Integer, "sqlite")


class Spend(AgentBase):
    """Tokens and money of one day in the shop's time zone."""

    __tablename__ = "spend"

    day: Mapped[date] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=False, index=True)
    """0 when it was for nobody in particular."""
    engine: Mapped[str] = mapped_column(Text, primary_key=True)
    model: Mapped[str] = mapped_column(Text, primary_key=True)
    calls: Mapped[int]
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    tokens_cached: Mapped[int] = mapped_column(BigInteger)
    micro_usd: Mapped[int] = mapped_column(BigInteger)
    """Millionths of a US dollar."""
    unpriced_calls: Mapped[int]
    """Calls whose price nobody knows; they are not in ``micro_usd``."""
