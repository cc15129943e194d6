"""What companies bought: totals, growth, products, rhythm, counted by SQL for many companies at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Bought:
    """A product and how much of it was bought in the period, less what was given back."""

    product: str
    """What it is known by on every invoice."""
    name: str
    """As on its newest line."""
    category: str | None
    amount: Decimal
    quantity: Decimal
    share: Decimal
    """Its part, 0 to 1 to the ten-thousandth, of all products of which more was bought than given back."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A category's part of what was bought, reckoned like a product's, now and in the period before."""

    category: str
    share: Decimal
    share_before: Decimal | None
    """None: nothing at all was bought then."""


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A product bought on three days or more at a steady rhythm, and not for more than twice the usual interval.

    The usual interval is the mean one; the rhythm is steady when no interval was longer than twice that. The last
    three years count, and only products of which something was kept.
    """

    name: str
    last_on: date
    usual_days: int
    times: int
    """Days it was bought on."""


@dataclass(frozen=True, slots=True)
class InCurrency:
    """What was bought in one currency; amounts of several are never added up."""

    currency: str
    total: Decimal
    """Invoices less refunds; below zero when more was given back."""
    orders: int
    """Invoices that are no refunds; 0 when there were only refunds."""
    average: Decimal | None
    """Of an order before refunds; None without orders."""
    refunds: Decimal
    """What was given back, as a number that is not below zero."""
    refund_count: int
    last_purchase_on: date | None
    """Within the period; a refund is no purchase."""
    total_before: Decimal
    """Of the period before, as long."""
    orders_before: int
    growth: Decimal | None
    """Of the total: 0.15 is 15 % more than in the period before, to the ten-thousandth. None without a base: nothing
    was bought then, or either total is below zero."""
    top: tuple[Bought, ...]
    """The five products most was paid for, the largest first."""
    categories: tuple[Shift, ...]
    """The ten with the largest part now or before, the largest now first; lines without a category are in none."""
    months: tuple[tuple[str, Decimal], ...]
    """``("2026-01", net total)`` of whole calendar months up to today's, the oldest first, with zeros: twelve, or as
    many as the period has if these are more."""
    lapsed: tuple[Lapsed, ...]
    """The most often bought first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A company's purchases from ``since`` to ``until``, both counted in."""

    company_id: int
    company_name: str
    since: date
    until: date
    months_back: int
    currencies: tuple[InCurrency, ...]
    """Those with an invoice or a refund in the period, the one with most orders first; empty: nothing was bought."""
    first_purchase_on: date | None
    """Ever, in any currency; so is the last one."""
    last_purchase_on: date | None
    expected_next_on: date | None
    """The last purchase and the median interval of the last twelve days something was bought on. None with fewer than
    three such days, and when that day has passed."""
    missed_on: date | None
    """When the next purchase was expected, if that day has passed."""

    @property
    def main(self) -> InCurrency | None:
        return self.currencies[0] if self.currencies else None


def of_companies(session: Session, ids: Sequence[int], *, months_back: int = 12, today: date) -> dict[int, Figures]:
    """Figures of every company there is among ``ids``, with as many statements for a thousand as for one.

    The period is of ``months_back`` (1 to 60) months up to today: from the day after today's day that many months ago;
    the last day of a month is taken for the last day of the other month. Raises Refused for other ``months_back``.
    """
    raise NotImplementedError


def of_company(session: Session, company_id: int, *, months_back: int = 12, today: date) -> Figures:
    """The same for one; raises NotFound."""
    raise NotImplementedError
