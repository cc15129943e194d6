"""Orders as a marketplace tells them, and what is stored of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.orders import intake, shops
from saudager.orders.intake import Taken
from saudager.orders.models import Order, OrderLine, OrderStatus
from saudager.providers.marketplace import Buyer, Line, MarketOrder, Stage
from saudager.rehearsal import OPENING

KETTLE = Line(0, "SKU-1", "Чайник", "Чайники", "Master - Kettles", Decimal(2), Decimal("9990"), Decimal("19980"))
APPROVED = MarketOrder(
    code="496000001",
    id="T1JERVItMQ",
    status="APPROVED_BY_BANK",
    state="NEW",
    stage=Stage.APPROVED,
    total=Decimal("19980.0"),
    currency="KZT",
    placed_at=OPENING,
    buyer=Buyer("Айгерим С.", "77015550101", "CUST-1"),
    lines=(KETTLE,),
    approved_at=OPENING,
    delivery="DELIVERY_PICKUP",
    payment="PREPAID",
)
READY = replace(APPROVED, status="ACCEPTED_BY_MERCHANT", state="PICKUP", stage=Stage.READY)
DELIVERED = replace(APPROVED, status="COMPLETED", state="ARCHIVE", stage=Stage.DELIVERED)


async def connected(app: App, name: str = "Чайники", **values: Any) -> int:
    """A shop, its id; by default it is elsewhere."""
    usual = {"marketplace": None, "sealed_config": None, "account": None, "writes": True, "now": app.clock.now()}
    return await app.db.run(shops.connect, name, **usual | values)


async def take(
    app: App,
    shop_id: int,
    *orders: MarketOrder,
    read_at: datetime | None = None,
    came_from: str = intake.FROM_MARKETPLACE,
) -> Taken:
    """Take them in as read now, or at that moment."""

    def work(session: Session) -> Taken:
        return intake.take(
            session,
            shops.one(session, shop_id),
            orders,
            read_at=read_at or app.clock.now(),
            came_from=came_from,
            vault=app.vault,
            settings=app.settings,
            now=app.clock.now(),
        )

    return await app.db.run(work)


async def stored(app: App, code: str = APPROVED.code, *, shop_id: int | None = None) -> Order:
    query = select(Order).where(Order.code == code)
    if shop_id is not None:
        query = query.where(Order.shop_id == shop_id)
    return await app.db.read(lambda session: session.scalars(query).one())


async def lines_of(app: App, order_id: int) -> list[tuple[str | None, Decimal]]:
    """Names and totals, in their order."""
    query = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.number)
    lines: Iterable[OrderLine] = await app.db.read(lambda session: session.scalars(query).all())
    return [(line.name, line.total) for line in lines]


async def history_of(app: App, order_id: int) -> list[str]:
    """The stages it went through, as we saw them."""
    query = select(OrderStatus.stage).where(OrderStatus.order_id == order_id).order_by(OrderStatus.id)
    return list(await app.db.read(lambda session: session.scalars(query).all()))
