"""Orders and the messages about them in numbers, for whoever watches the service: cheap enough to ask every minute."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.orders import metrics, shops
from saudager.orders.metrics import Tally
from saudager.orders.models import Order, Shop

Values = Mapping[tuple[str, ...], float]
Family = tuple[str, str, tuple[str, ...], Values]
"""A name, what it says, the names of its labels, and each value by those of the labels."""

_LATE = timedelta(hours=1)
ORDERS_OF, MESSAGES_OF = timedelta(days=14), timedelta(days=7)
_SPAN = f"last {MESSAGES_OF.days} days"
_OUTCOMES = ("sent", "on_the_way", "unsettled", "failed", "waiting")
_AFTERWARDS = ("fallback_used", "answers", "opt_outs", "later_purchases")


def families(session: Session, now: datetime) -> list[Family]:
    """Orders placed in the last two weeks, how old each shop's are, and what became of the week's messages."""
    shops = session.execute(select(Shop.id, Shop.name, Shop.synced_at).where(Shop.disconnected_at.is_(None))).all()
    ages: Values = {(name,): (now - at).total_seconds() for _, name, at in shops if at is not None}
    return [
        ("orders", "Orders placed in the last 14 days", ("shop", "stage"), _orders(session, shops, now)),
        ("orders_age_seconds", "Time since the shop's orders were last read", ("shop",), ages),
        *_messages(metrics.tallies(session, since=now - MESSAGES_OF, now=now)),
    ]


async def ailments(app: App) -> list[Ailment]:
    """The shops at a marketplace whose orders were not read for more than an hour."""
    return await app.db.read(_not_read, now=app.clock.now())


def _not_read(session: Session, *, now: datetime) -> list[Ailment]:
    return [
        Ailment(
            Ill.SHOP,
            f"the orders of {shop.name} were not read since {read:%Y-%m-%d %H:%M} UTC",
            shop.name,
            shop.problem or "",
        )
        for shop in shops.everyone(session)
        if shop.marketplace is not None and (read := shop.synced_at or shop.connected_at) < now - _LATE
    ]


def _messages(tallies: Mapping[str, Tally]) -> Iterator[Family]:
    outcomes, blocked = dict[tuple[str, ...], float](), dict[tuple[str, ...], float]()
    for trigger, one in tallies.items():
        outcomes |= {(trigger, name): getattr(one, name) for name in _OUTCOMES}
        outcomes[trigger, "blocked"] = sum(one.blocked.values())
        blocked |= {(trigger, reason): count for reason, count in one.blocked.items()}
    yield "order_messages", f"Messages about orders, {_SPAN}, and those that wait", ("trigger", "outcome"), outcomes
    yield "order_messages_blocked", f"Refused or stopped messages about orders, {_SPAN}", ("trigger", "reason"), blocked
    for name in _AFTERWARDS:
        values: Values = {(trigger,): getattr(one, name) for trigger, one in tallies.items()}
        yield (
            f"order_messages_{name}",
            f"Messages on orders, {_SPAN}: {name.replace('_', ' ')}",
            ("trigger",),
            values,
        )
    rates: Values = {(trigger,): one.success_rate for trigger, one in tallies.items() if one.success_rate is not None}
    yield "order_messages_success_rate", f"Sent ones among those whose end is known, {_SPAN}", ("trigger",), rates


def _orders(session: Session, shops: Sequence[Any], now: datetime) -> Values:
    names = {id: name for id, name, _ in shops}
    query = (
        select(Order.shop_id, Order.stage, func.count())
        .where(Order.shop_id.in_(names), Order.placed_at >= now - ORDERS_OF)
        .group_by(Order.shop_id, Order.stage)
    )
    return {(names[shop_id], stage): orders for shop_id, stage, orders in session.execute(query)}
