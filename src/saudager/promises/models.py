"""What the shop lets its salesperson promise."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Date, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment


class Kind(StrEnum):
    """What is promised; it says what the promise's figure means."""

    DISCOUNT = "discount"
    INSTALMENTS = "instalments"
    FREE_DELIVERY = "free_delivery"
    GIFT = "gift"
    WARRANTY = "warranty"
    OTHER = "other"


class Promise(AgentBase):
    """One promise; it holds while ``active``, from the first of its days to the last."""

    __tablename__ = "promises"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    words_kk: Mapped[str] = mapped_column(Text)
    words_en: Mapped[str] = mapped_column(Text)
    conditions: Mapped[str] = mapped_column(Text)
    figure: Mapped[int | None]
    """Per cent at most of a discount, months at most of instalments or a warranty, the sum from which delivery is free;
    None for what has no figure."""
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    active: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str] = mapped_column(Text)
