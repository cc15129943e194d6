"""The seller who writes to buyers about their orders: how it stands, and its being told of a delivery at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.orders import deeds, metrics, results, triggers
from saudager.orders.deeds import Deed
from saudager.orders.models import Order, OrderTrigger, Shop, Trigger, TriggerState
from saudager.settings import Settings


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose buyers are written to, and what waits."""

    shops: Sequence[Shop]
    """The connected ones, by name."""
    waiting: int
    next_due_at: datetime | None
    counted_since: datetime | None
    suggests_holdout: bool


def standing(session: Session, settings: Settings) -> Standing:
    """How it stands now."""
    query = select(func.count(), func.min(OrderTrigger.due_at)).where(OrderTrigger.state == TriggerState.WAITING)
    waiting, next_due_at = session.execute(query).one()
    return Standing(
        shops=session.scalars(select(Shop).where(Shop.disconnected_at.is_(None)).order_by(Shop.name)).all(),
        waiting=waiting,
        next_due_at=next_due_at,
        counted_since=metrics.last_reset(session),
        suggests_holdout=results.suggestion(session, settings),
    )


def delivered(
    session: Session, code: str, *, shop_id: int | None, settings: Settings, now: datetime
) -> tuple[Deed, bool]:
    """Somebody who knows says that the order with this number was delivered: the buyer is to be told now. What is done
    about it, and whether it was before: then nothing is done again.

    Raises NotFound for an unknown order, Refused when several shops have the number and none is named, or the order
    was cancelled or returned.
    """
    order = _order(session, code, shop_id)
    known = _of_delivery(session, order)
    if known is not None:
        return known, True
    shop = session.get_one(Shop, order.shop_id)
    is_new = triggers.deliver_now(session, order, shop=shop, settings=settings, now=now)
    noted = _of_delivery(session, order)
    assert noted is not None
    return noted, not is_new


def _order(session: Session, code: str, shop_id: int | None) -> Order:
    query = select(Order).where(Order.code == code).limit(2)
    found = session.scalars(query if shop_id is None else query.where(Order.shop_id == shop_id)).all()
    if not found:
        raise NotFound(f"Заказа {code} нет." if shop_id is None else f"В магазине {shop_id} заказа {code} нет.")
    if len(found) > 1:
        raise Refused(f"Заказ {code} есть в нескольких магазинах: укажите shop_id.")
    return found[0]


def _of_delivery(session: Session, order: Order) -> Deed | None:
    done = deeds.of_orders(session, [order.id]).get(order.id, ())
    return next((deed for deed in done if deed.trigger == Trigger.ORDER_DELIVERED), None)
