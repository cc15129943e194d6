"""What companies bought as the database adds it up: a few statements, however many companies are asked about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, document
from saudager.sales.periods import Period, months_before

RHYTHM_DAYS = 12
"""How many of the last days something was bought on tell when the next purchase is due."""
HISTORY_MONTHS = 36
"""How far back products' rhythm is looked at; both periods when these are longer."""


class Month(NamedTuple):
    """One currency's invoices of a calendar month: those in the period, those in the one before, and all. Amounts are
    hundredths; refunds are counted in them as what they are, numbers below zero."""

    currency: str
    month: str
    total: int
    now: int
    before: int
    orders_now: int
    orders_before: int
    refunded_now: int
    refunds_now: int
    last_now: date | None


class Product(NamedTuple):
    """One product in one currency. Amounts are hundredths and quantities thousandths, less what was given back."""

    currency: str
    product: str
    name: str
    category: str | None
    now: int
    quantity_now: int
    before: int
    days: str | None
    """Those it was bought on since ``HISTORY_MONTHS`` ago, with commas between, in no order, some twice."""


@dataclass(slots=True)
class Purchases:
    """A company's."""

    name: str
    first_on: date | None = None
    last_days: list[date] = field(default_factory=list)
    """The last ``RHYTHM_DAYS`` days something was bought on, the newest first."""
    months: list[Month] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)


def of_companies(session: Session, ids: Sequence[int], period: Period) -> dict[int, Purchases]:
    """The purchases of every company there is; what is dated after the period is not looked at."""
    listed = json.dumps(sorted(set(ids)))
    days = {"since": period.since, "before": period.since_before, "until": period.until}
    bounds = {name: day.isoformat() for name, day in days.items()}
    until = bounds["until"]
    found = {
        company_id: Purchases(
            name, _day(first_on), sorted(map(date.fromisoformat, document(last_days) or ()), reverse=True)
        )
        for company_id, name, first_on, last_days in _COMPANIES(session, ids=listed, until=until).fetchall()
    }
    listed = json.dumps(list(found))
    begin = min(period.since_before, period.first_of_months).isoformat()
    for company_id, *month in _MONTHS(session, ids=listed, begin=begin, **bounds).fetchall():
        found[company_id].months.append(_month(month))
    begin = min(period.since_before, months_before(period.until, HISTORY_MONTHS)).isoformat()
    for company_id, products in _PRODUCTS(session, ids=listed, begin=begin, **bounds).fetchall():
        found[company_id].products += [Product(*each) for each in document(products) or ()]
    return found


def _month(read: Sequence[Any]) -> Month:
    currency, month, total, now, before, orders_now, orders_before, refunded_now, refunds_now, last_now = read
    return Month(
        currency,
        month,
        int(total),
        int(now or 0),
        int(before or 0),
        orders_now,
        orders_before,
        int(refunded_now or 0),
        refunds_now,
        _day(last_now),
    )


def _day(stored: Any) -> date | None:
    """A day as either kind of database gives it."""
    return date.fromisoformat(stored) if isinstance(stored, str) else stored


_COMPANIES_SQL = """
    select c.id, c.name,
        (select i.issued_on from invoices i
            where i.company_id = c.id and not i.is_refund and i.issued_on <= {until}
            order by i.issued_on limit 1),
        (select {array}(issued_on) from (
            select distinct i.issued_on from invoices i
            where i.company_id = c.id and not i.is_refund and i.issued_on <= {until}
            order by i.issued_on desc limit {rhythm}) days)
    from companies c where c.id in (select {value} from {ids} each)"""
_MONTHS_SQL = """
    select i.company_id, i.currency, {month} as month, sum(i.total),
        sum(i.total) filter (where i.issued_on >= {since}),
        sum(i.total) filter (where i.issued_on < {since} and i.issued_on >= {before}),
        count(*) filter (where i.issued_on >= {since} and not i.is_refund),
        count(*) filter (where i.issued_on < {since} and i.issued_on >= {before} and not i.is_refund),
        sum(i.total) filter (where i.issued_on >= {since} and i.is_refund),
        count(*) filter (where i.issued_on >= {since} and i.is_refund),
        max(i.issued_on) filter (where i.issued_on >= {since} and not i.is_refund)
    from invoices i
    where i.company_id in (select {value} from {ids} each) and i.issued_on >= {begin} and i.issued_on <= {until}
    group by i.company_id, i.currency, month"""
_PRODUCTS_SQL = """
    select {value}, (
        with own as materialized (
            select i.id, i.currency, i.issued_on >= {since} as is_now,
                i.issued_on < {since} and i.issued_on >= {before} as is_before,
                case when not i.is_refund then i.issued_on end as bought_on
            from invoices i
            where i.company_id = {value} and i.issued_on >= {begin} and i.issued_on <= {until})
        select {array}({row}(g.currency, g.product, newest.name, newest.category, g.now, g.quantity_now, g.before,
            g.days))
        from (
            select l.product, own.currency,
                max(case when l.category is null then l.id - {far} else l.id end) as newest,
                coalesce(sum(l.amount) filter (where own.is_now), 0) as now,
                coalesce(sum(l.quantity) filter (where own.is_now), 0) as quantity_now,
                coalesce(sum(l.amount) filter (where own.is_before), 0) as before,
                {days} as days
            from own join invoice_lines l on l.invoice_id = own.id
            group by l.product, own.currency) g
        join invoice_lines newest on newest.id = case when g.newest < 0 then g.newest + {far} else g.newest end)
    from {ids} each"""
"""What is reckoned of an invoice is reckoned once, not for each of its lines; every further sum over the lines costs a
tenth of the whole (SQLite, 2026-11)."""
_ON_SQLITE = {
    "ids": "json_each(:ids)",
    "value": "each.value",
    "array": "json_group_array",
    "row": "json_array",
    "month": "substr(i.issued_on, 1, 7)",
    "days": "group_concat(own.bought_on)",
}
_ON_POSTGRESQL = {
    "ids": "jsonb_array_elements_text(cast(:ids as jsonb))",
    "value": "cast(each.value as bigint)",
    "array": "json_agg",
    "row": "json_build_array",
    "month": "to_char(i.issued_on, 'YYYY-MM')",
    "days": "string_agg(cast(own.bought_on as text), ',')",
}
_BOUNDS = ("since", "before", "begin", "until")
_COUNTS = {"rhythm": RHYTHM_DAYS, "far": 1 << 62}


def _statement(sql: str) -> Statement:
    plain = {bound: f":{bound}" for bound in _BOUNDS}
    dated = {bound: f"cast(:{bound} as date)" for bound in _BOUNDS}
    return Statement(
        sql.format(**_ON_SQLITE, **plain, **_COUNTS), postgresql=sql.format(**_ON_POSTGRESQL, **dated, **_COUNTS)
    )


_COMPANIES, _MONTHS, _PRODUCTS = (_statement(sql) for sql in (_COMPANIES_SQL, _MONTHS_SQL, _PRODUCTS_SQL))
