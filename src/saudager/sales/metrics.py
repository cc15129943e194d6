"""Figures of companies over a period: what they bought, when, and how that has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Bought:
    """A product of a company; ``share`` is of the total, 0 to 1."""

    product: str
    name: str
    category: str | None
    amount: Decimal
    quantity: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True)
class Shift:
    """A category's share now and in the period before."""

    category: str
    share: Decimal
    share_before: Decimal | None


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A product that was bought steadily and no more."""

    name: str
    last_on: date
    usual_days: int
    times: int


@dataclass(frozen=True, slots=True)
class InCurrency:
    """What was bought in one currency."""

    currency: str
    total: Decimal
    orders: int
    average: Decimal | None
    refunds: Decimal
    refund_count: int
    last_purchase_on: date | None
    total_before: Decimal
    orders_before: int
    growth: Decimal | None
    top: tuple[Bought, ...]
    categories: tuple[Shift, ...]
    months: tuple[tuple[str, Decimal], ...]
    lapsed: tuple[Lapsed, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known of a company's purchases in a period."""

    company_id: int
    company_name: str
    since: date
    until: date
    months_back: int
    currencies: tuple[InCurrency, ...]
    first_purchase_on: date | None
    last_purchase_on: date | None
    expected_next_on: date | None

    @property
    def main(self) -> InCurrency | None:
        """The currency with most orders."""
        return self.currencies[0] if self.currencies else None


def of_companies(session: Session, ids: Sequence[int], *, months_back: int = 12, today: date) -> dict[int, Figures]:
    """Figures of many."""
    raise NotImplementedError


def of_company(session: Session, id: int, *, months_back: int = 12, today: date) -> Figures:
    """Figures of one; raises NotFound."""
    raise NotImplementedError
