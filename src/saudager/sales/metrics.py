"""What companies bought: totals, growth, products, rhythm, counted by SQL for many companies at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import ceil
from statistics import median

from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.sales import periods, purchases
from saudager.sales.periods import Period
from saudager.sales.purchases import Month, Product, Purchases

_TOP, _CATEGORIES = 5, 10
_FEWEST = 3
"""Days something must have been bought on to have a rhythm."""
_SILENCE = 2
"""How many usual intervals a product is silent for when it has lapsed."""
_HUNDREDTHS = 100
_WHOLE, _CENT, _FINE = Decimal(1), Decimal("0.01"), Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Bought:
    """A product and how much of it was bought in the period, less what was given back."""

    product: str
    """What it is known by on every invoice."""
    name: str
    """This and the category are as on its newest line, one with a category if there is any."""
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

    The usual interval is the mean one; the rhythm is steady when intervals differ from it by no more than half of it
    on average. The last three years count (both periods when these are longer), and only products of which more was
    paid for than given back in the period and the one before.
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
    """The last purchase and the median interval, rounded up, of the last twelve days something was bought on. None with
    fewer than three such days, and when that day has passed."""
    missed_on: date | None
    """When the next purchase was expected, if that day has passed."""

    @property
    def main(self) -> InCurrency | None:
        return self.currencies[0] if self.currencies else None


def of_companies(session: Session, ids: Sequence[int], *, months_back: int = 12, today: date) -> dict[int, Figures]:
    """Figures of every company there is among ``ids``, with as many statements for a thousand as for one.

    The period is the last ``months_back`` (1 to 60) months as ``periods.up_to`` reckons them; what is dated after
    today is not looked at. Raises Refused for other ``months_back``.
    """
    period = periods.up_to(today, months_back)
    return {
        company_id: _figures(company_id, bought, period, months_back)
        for company_id, bought in purchases.of_companies(session, ids, period).items()
    }


def of_company(session: Session, company_id: int, *, months_back: int = 12, today: date) -> Figures:
    """The same for one; raises NotFound."""
    found = of_companies(session, [company_id], months_back=months_back, today=today)
    if not found:
        raise NotFound("Такой компании нет.")
    return found[company_id]


def _figures(company_id: int, bought: Purchases, period: Period, months_back: int) -> Figures:
    months, products = defaultdict[str, list[Month]](list), defaultdict[str, list[Product]](list)
    for month in bought.months:
        months[month.currency].append(month)
    for product in bought.products:
        products[product.currency].append(product)
    currencies = [
        _in_currency(currency, of_currency, products[currency], period)
        for currency, of_currency in months.items()
        if any(month.orders_now or month.refunds_now for month in of_currency)
    ]
    expected = _expected(bought.last_days)
    has_passed = expected is not None and expected < period.until
    return Figures(
        company_id,
        bought.name,
        period.since,
        period.until,
        months_back,
        tuple(sorted(currencies, key=lambda one: (-one.orders, -one.total, one.currency))),
        bought.first_on,
        bought.last_days[0] if bought.last_days else None,
        expected_next_on=None if has_passed else expected,
        missed_on=expected if has_passed else None,
    )


def _in_currency(currency: str, months: Sequence[Month], products: Sequence[Product], period: Period) -> InCurrency:
    total, before = sum(month.now for month in months), sum(month.before for month in months)
    orders, refunds = sum(month.orders_now for month in months), -sum(month.refunded_now for month in months)
    by_month = {month.month: month.total for month in months}
    return InCurrency(
        currency,
        total=_money(total),
        orders=orders,
        average=_part(total + refunds, orders * _HUNDREDTHS, _CENT) if orders else None,
        refunds=_money(refunds),
        refund_count=sum(month.refunds_now for month in months),
        last_purchase_on=max((month.last_now for month in months if month.last_now), default=None),
        total_before=_money(before),
        orders_before=sum(month.orders_before for month in months),
        growth=_part(total - before, before, _FINE) if before > 0 and total >= 0 else None,
        top=_top(products),
        categories=_shifts(products),
        months=tuple((name, _money(by_month.get(name, 0))) for name in period.months),
        lapsed=_lapsed(products, period.until),
    )


def _top(products: Sequence[Product]) -> tuple[Bought, ...]:
    bought = [product for product in products if product.now > 0]
    whole = sum(product.now for product in bought)
    largest = sorted(bought, key=lambda product: (-product.now, product.product))[:_TOP]
    return tuple(
        Bought(
            product.product,
            product.name,
            product.category,
            _money(product.now),
            Decimal(product.quantity_now).scaleb(-3),
            _part(product.now, whole, _FINE),
        )
        for product in largest
    )


def _shifts(products: Sequence[Product]) -> tuple[Shift, ...]:
    now, before = defaultdict[str | None, int](int), defaultdict[str | None, int](int)
    for product in products:
        now[product.category] += product.now
        before[product.category] += product.before
    whole, whole_before = (sum(max(amount, 0) for amount in amounts.values()) for amounts in (now, before))
    shifts = [
        Shift(
            category,
            _part(max(now[category], 0), whole, _FINE) if whole else Decimal(0),
            _part(max(before[category], 0), whole_before, _FINE) if whole_before else None,
        )
        for category in now
        if category is not None and max(now[category], before[category]) > 0
    ]
    shifts.sort(key=lambda shift: (-max(shift.share, shift.share_before or 0), shift.category))
    return tuple(
        sorted(shifts[:_CATEGORIES], key=lambda shift: (-shift.share, -(shift.share_before or 0), shift.category))
    )


def _lapsed(products: Sequence[Product], today: date) -> tuple[Lapsed, ...]:
    kept = [product for product in products if product.days and product.now + product.before > 0]
    found = [_rhythm(product, today) for product in kept]
    return tuple(sorted(filter(None, found), key=lambda lapsed: (-lapsed.times, lapsed.name)))


def _rhythm(product: Product, today: date) -> Lapsed | None:
    """The product if its rhythm was steady and has stopped."""
    told = (product.days or "").split(",")
    first, last = date.fromisoformat(min(told)), date.fromisoformat(max(told))
    span, silence = (last - first).days, (today - last).days
    if len(told) < _FEWEST or silence * (len(told) - 1) <= _SILENCE * span:
        return None
    days = sorted(map(date.fromisoformat, set(told)))
    if (intervals := len(days) - 1) < _FEWEST - 1 or silence * intervals <= _SILENCE * span:
        return None
    uneven = sum(abs((later - earlier).days * intervals - span) for earlier, later in pairwise(days))
    if 2 * uneven > span * intervals:
        return None
    return Lapsed(product.name, last, int(_part(span, intervals, _WHOLE)), len(days))


def _expected(last_days: Sequence[date]) -> date | None:
    """When the next purchase is due by the median interval of these days, the newest first."""
    if len(last_days) < _FEWEST:
        return None
    usual = median([(later - earlier).days for later, earlier in pairwise(last_days)])
    return last_days[0] + timedelta(days=ceil(usual))


def _money(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def _part(amount: int, whole: int, places: Decimal) -> Decimal:
    return (Decimal(amount) / Decimal(whole)).quantize(places, ROUND_HALF_UP)
