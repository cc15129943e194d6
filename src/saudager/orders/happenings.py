"""A step of an order as rules and sequences hear of it: each once, and nothing of what was before we looked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager import events
from saudager.events import Happened
from saudager.orders.models import Order, Shop
from saudager.providers.marketplace import Stage

_FRESH_FOR = timedelta(hours=48)
"""How long after it was placed an order that is seen for the first time is news."""
_STEPS = (Stage.PLACED, Stage.APPROVED, Stage.READY, Stage.DELIVERED)
_TOLD = {Stage.READY: Happened.ORDER_READY, Stage.DELIVERED: Happened.ORDER_DELIVERED}
_ENDED = (Stage.CANCELLED, Stage.RETURNED)


def moved(session: Session, order: Order, shop: Shop, before: Stage | None, *, now: datetime) -> None:
    """The order is new, or has come from ``before`` to its stage. What a file tells is no news."""
    if order.came_from != "file" and (before is not None or _is_new(order, shop, now)):
        for kind in _kinds(Stage(order.stage), before):
            _tell(session, kind, order, shop, order.stage, now=now)


def delivered(session: Session, order: Order, shop: Shop, *, now: datetime) -> None:
    """Somebody says so before the marketplace does."""
    _tell(session, Happened.ORDER_DELIVERED, order, shop, Stage.DELIVERED, now=now)


def _is_new(order: Order, shop: Shop, now: datetime) -> bool:
    return order.placed_at >= shop.connected_at and now - order.placed_at <= _FRESH_FOR


def _kinds(stage: Stage, before: Stage | None) -> Iterator[Happened]:
    if stage in _ENDED:
        if before not in _ENDED:
            yield Happened.ORDER_CANCELLED
        return
    if before is None and stage in _STEPS:
        yield Happened.ORDER_PLACED
    if stage in _TOLD and (before not in _STEPS or _STEPS.index(before) < _STEPS.index(stage)):
        yield _TOLD[stage]


def _tell(session: Session, kind: Happened, order: Order, shop: Shop, stage: str, *, now: datetime) -> None:
    total = order.total
    events.tell(
        session,
        kind,
        f"order:{order.id}",
        contact_id=order.contact_id,
        facts={
            "code": order.code,
            "total": int(total) if total == total.to_integral_value() else float(total),
            "currency": order.currency,
            "shop": shop.name,
            "stage": str(stage),
        },
        once=f"order:{order.id}:{kind}",
        now=now,
    )
