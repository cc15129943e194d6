"""A company's figures the obvious way: its invoices and their lines loaded through the ORM and added up in Python.

This is what ``prefetch_related`` makes of it: two queries a company, an object for each line. The bench measures it
beside ``sales.metrics``, and tests hold both together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.sales.metrics import Bought, Figures, InCurrency, Lapsed, Shift
from saudager.sales.models import Company, Invoice, InvoiceLine


@dataclass(frozen=True, slots=True)
class _Dates:
    """The bounds of both periods, and from when on products' rhythm is looked at."""

    since: date
    since_before: date
    history: date
    until: date

    def is_now(self, invoice: Invoice) -> bool:
        return self.since <= invoice.issued_on <= self.until

    def is_before(self, invoice: Invoice) -> bool:
        return self.since_before <= invoice.issued_on < self.since


Pairs = Sequence[tuple[Invoice, InvoiceLine]]


def of_company(session: Session, company_id: int, *, months_back: int, today: date) -> Figures:
    """The same figures as ``metrics.of_company``."""
    company = session.get_one(Company, company_id)
    invoices = session.scalars(
        select(Invoice).where(Invoice.company_id == company_id, Invoice.issued_on <= today).order_by(Invoice.id)
    ).all()
    by_id = {invoice.id: invoice for invoice in invoices}
    lines = session.scalars(select(InvoiceLine).where(InvoiceLine.invoice_id.in_(by_id)).order_by(InvoiceLine.id)).all()
    dates = _Dates(
        _months_ago(today, months_back) + timedelta(1),
        _months_ago(today, 2 * months_back) + timedelta(1),
        min(_months_ago(today, 36), _months_ago(today, 2 * months_back) + timedelta(1)),
        today,
    )
    found = []
    for currency in {invoice.currency for invoice in invoices if dates.is_now(invoice)}:
        pairs = [(by_id[line.invoice_id], line) for line in lines if by_id[line.invoice_id].currency == currency]
        own = [invoice for invoice in invoices if invoice.currency == currency]
        found.append(_in_currency(currency, own, pairs, dates, months_back))
    bought_on = sorted({invoice.issued_on for invoice in invoices if not invoice.is_refund})
    due = None
    if len(bought_on) >= 3:
        last = bought_on[-12:]
        gaps = [(later - earlier).days for earlier, later in pairwise(last)]
        due = last[-1] + timedelta(days=-int(-median(gaps) // 1))
    return Figures(
        company_id=company_id,
        company_name=company.name,
        since=dates.since,
        until=today,
        months_back=months_back,
        currencies=tuple(sorted(found, key=lambda one: (-one.orders, -one.total, one.currency))),
        first_purchase_on=bought_on[0] if bought_on else None,
        last_purchase_on=bought_on[-1] if bought_on else None,
        expected_next_on=due if due and due >= today else None,
        missed_on=due if due and due < today else None,
    )


def _in_currency(
    currency: str, invoices: Sequence[Invoice], pairs: Pairs, dates: _Dates, months_back: int
) -> InCurrency:
    now = [invoice for invoice in invoices if dates.is_now(invoice)]
    before = [invoice for invoice in invoices if dates.is_before(invoice)]
    orders = [invoice for invoice in now if not invoice.is_refund]
    refunds = [invoice for invoice in now if invoice.is_refund]
    total, total_before = _sum(invoice.total for invoice in now), _sum(invoice.total for invoice in before)
    months: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        months[f"{invoice.issued_on:%Y-%m}"] += invoice.total
    known = [line for invoice, line in pairs if invoice.issued_on >= dates.history]
    newest = {line.product: line for line in known} | {line.product: line for line in known if line.category}
    return InCurrency(
        currency=currency,
        total=total,
        orders=len(orders),
        average=_rounded(_sum(invoice.total for invoice in orders) / len(orders), "0.01") if orders else None,
        refunds=-_sum(invoice.total for invoice in refunds),
        refund_count=len(refunds),
        last_purchase_on=max((invoice.issued_on for invoice in orders), default=None),
        total_before=total_before,
        orders_before=sum(not invoice.is_refund for invoice in before),
        growth=_rounded((total - total_before) / total_before, "0.0001") if total_before > 0 and total >= 0 else None,
        top=_top(pairs, newest, dates),
        categories=_categories(pairs, newest, dates),
        months=tuple((name, months.get(name, Decimal(0))) for name in _month_names(dates.until, max(12, months_back))),
        lapsed=_lapsed(pairs, newest, dates),
    )


def _top(pairs: Pairs, newest: dict[str, InvoiceLine], dates: _Dates) -> tuple[Bought, ...]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    for invoice, line in pairs:
        if dates.is_now(invoice):
            amounts[line.product] += line.amount
            quantities[line.product] += line.quantity
    kept = {product: amount for product, amount in amounts.items() if amount > 0}
    whole = _sum(kept.values())
    return tuple(
        Bought(
            product=product,
            name=newest[product].name,
            category=newest[product].category,
            amount=kept[product],
            quantity=quantities[product],
            share=_rounded(kept[product] / whole, "0.0001"),
        )
        for product in sorted(kept, key=lambda product: (-kept[product], product))[:5]
    )


def _categories(pairs: Pairs, newest: dict[str, InvoiceLine], dates: _Dates) -> tuple[Shift, ...]:
    shares, shares_before = (_shares(pairs, newest, is_meant) for is_meant in (dates.is_now, dates.is_before))
    found = [
        Shift(
            category=category,
            share=shares.get(category, Decimal(0)),
            share_before=shares_before.get(category, Decimal(0)) if shares_before else None,
        )
        for category in {**shares, **shares_before}
        if category is not None
    ]
    largest = sorted(found, key=lambda one: (-max(one.share, one.share_before or 0), one.category))[:10]
    return tuple(sorted(largest, key=lambda one: (-one.share, -(one.share_before or 0), one.category)))


def _shares(
    pairs: Pairs, newest: dict[str, InvoiceLine], is_meant: Callable[[Invoice], bool]
) -> dict[str | None, Decimal]:
    amounts: dict[str | None, Decimal] = defaultdict(Decimal)
    for invoice, line in pairs:
        if is_meant(invoice):
            amounts[newest[line.product].category] += line.amount
    kept = {category: amount for category, amount in amounts.items() if amount > 0}
    whole = _sum(kept.values())
    return {category: _rounded(amount / whole, "0.0001") for category, amount in kept.items()}


def _lapsed(pairs: Pairs, newest: dict[str, InvoiceLine], dates: _Dates) -> tuple[Lapsed, ...]:
    days: dict[str, set[date]] = defaultdict(set)
    kept: dict[str, Decimal] = defaultdict(Decimal)
    for invoice, line in pairs:
        if dates.is_now(invoice) or dates.is_before(invoice):
            kept[line.product] += line.amount
        if invoice.issued_on >= dates.history and not invoice.is_refund:
            days[line.product].add(invoice.issued_on)
    found = []
    for product, bought_on in days.items():
        ordered = sorted(bought_on)
        if len(ordered) < 3 or kept[product] <= 0:
            continue
        usual = Fraction((ordered[-1] - ordered[0]).days, len(ordered) - 1)
        gaps = [(later - earlier).days for earlier, later in pairwise(ordered)]
        uneven = sum(abs(gap - usual) for gap in gaps) / len(gaps)
        if uneven <= usual / 2 and (dates.until - ordered[-1]).days > 2 * usual:
            found.append(Lapsed(newest[product].name, ordered[-1], floor(usual + Fraction(1, 2)), len(ordered)))
    return tuple(sorted(found, key=lambda one: (-one.times, one.name)))


def _months_ago(day: date, months: int) -> date:
    if (day + timedelta(1)).day == 1:
        return _month_begin(day, months - 1) - timedelta(1)
    last = _month_begin(day, months - 1) - timedelta(1)
    return min(_month_begin(day, months) + timedelta(day.day - 1), last)


def _month_begin(day: date, months_ago: int) -> date:
    found = day.replace(day=1)
    for _ in range(months_ago):
        found = (found - timedelta(1)).replace(day=1)
    return found


def _month_names(until: date, count: int) -> list[str]:
    return [f"{_month_begin(until, back):%Y-%m}" for back in range(count - 1, -1, -1)]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _rounded(number: Decimal, places: str) -> Decimal:
    return number.quantize(Decimal(places), ROUND_HALF_UP)
