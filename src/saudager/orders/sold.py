"""What a shop sold in a span of time: totals over all of it, and its orders page by page."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.orders import deeds
from saudager.orders.deeds import Deed
from saudager.orders.models import Order, OrderLine, Shop
from saudager.providers.marketplace import Stage

PAGE = 100
NOT_SOLD = (Stage.CANCELLED, Stage.RETURNED)


@dataclass(frozen=True, slots=True)
class Sum:
    """So many orders, and what they come to in one currency; None when they are in several."""

    orders: int
    total: Decimal | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Orders placed in the span. Amounts of several currencies are never added up: then ``currency`` and every amount
    but those of ``by_currency`` are None."""

    orders: int
    revenue: Decimal | None
    """Of all but the cancelled and returned ones."""
    currency: str | None
    by_status: dict[str, Sum]
    by_stage: dict[str, Sum]
    by_currency: dict[str, Sum]
    """Without the cancelled and returned ones."""


@dataclass(frozen=True, slots=True)
class Sold:
    """An order with its lines, and what the seller did about it."""

    order: Order
    lines: Sequence[OrderLine]
    deeds: Sequence[Deed]


@dataclass(frozen=True, slots=True)
class Page:
    """Newest orders first; ``following`` is handed in as ``after`` to get the next page, None on the last."""

    sold: Sequence[Sold]
    following: int | None


class _Counted(NamedTuple):
    status: str
    stage: str
    currency: str
    orders: int
    total: Decimal


def shop(session: Session, shop_id: int) -> Shop:
    """A shop, also one that was disconnected, whose orders stay; raises NotFound."""
    found = session.get(Shop, shop_id)
    if found is None:
        raise NotFound(f"Магазина {shop_id} нет.")
    return found


def totals(session: Session, shop_id: int, *, since: datetime, until: datetime) -> Totals:
    """Of the orders placed from ``since`` on and before ``until``."""
    query = (
        select(Order.status, Order.stage, Order.currency, func.count(), func.sum(Order.total))
        .where(Order.shop_id == shop_id, Order.placed_at >= since, Order.placed_at < until)
        .group_by(Order.status, Order.stage, Order.currency)
    )
    counted = [_Counted(*row) for row in session.execute(query)]
    bought = [one for one in counted if one.stage not in NOT_SOLD]
    currencies = {one.currency for one in counted}
    add_up = len(currencies) <= 1
    return Totals(
        orders=sum(one.orders for one in counted),
        revenue=sum((one.total for one in bought), Decimal()) if add_up else None,
        currency=currencies.pop() if len(currencies) == 1 else None,
        by_status=_sums(counted, "status", add_up=add_up),
        by_stage=_sums(counted, "stage", add_up=add_up),
        by_currency=_sums(bought, "currency"),
    )


def page(session: Session, shop_id: int, *, since: datetime, until: datetime, after: int | None = None) -> Page:
    """Up to ``PAGE`` orders placed in the span, in four statements however many there are.

    Raises NotFound when ``after`` is no order of the shop.
    """
    query = select(Order).where(Order.shop_id == shop_id, Order.placed_at >= since, Order.placed_at < until)
    if after is not None:
        last = session.get(Order, after)
        if last is None or last.shop_id != shop_id:
            raise NotFound(f"Страницы {after} нет: возьмите её из next предыдущего ответа.")
        earlier = and_(Order.placed_at == last.placed_at, Order.id < last.id)
        query = query.where(or_(Order.placed_at < last.placed_at, earlier), Order.placed_at <= last.placed_at)
    orders = session.scalars(query.order_by(Order.placed_at.desc(), Order.id.desc()).limit(PAGE + 1)).all()
    shown = orders[:PAGE]
    lines, done = _lines(session, shown), deeds.of_orders(session, [order.id for order in shown])
    sold = [Sold(order, lines[order.id], done.get(order.id, ())) for order in shown]
    return Page(sold, shown[-1].id if len(orders) > PAGE else None)


def _sums(counted: Sequence[_Counted], by: str, *, add_up: bool = True) -> dict[str, Sum]:
    sums = {}
    for name in sorted({getattr(one, by) for one in counted}):
        its = [one for one in counted if getattr(one, by) == name]
        total = sum((one.total for one in its), Decimal()) if add_up else None
        sums[name] = Sum(sum(one.orders for one in its), total)
    return sums


def _lines(session: Session, orders: Sequence[Order]) -> dict[int, list[OrderLine]]:
    lines = defaultdict[int, list[OrderLine]](list)
    query = select(OrderLine).where(OrderLine.order_id.in_([order.id for order in orders]))
    for line in session.scalars(query.order_by(OrderLine.order_id, OrderLine.number)):
        lines[line.order_id].append(line)
    return lines
