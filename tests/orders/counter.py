"""A shop's counter: orders come and move on, and what was said about them can be looked up."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.conversations import identity
from saudager.conversations.models import Contact
from saudager.orders import triggers
from saudager.orders.models import Order, OrderLine, OrderTrigger, Product, Shop
from saudager.phones import chat_with
from saudager.providers.marketplace import OPEN, Stage
from saudager.rehearsal import Shop as House

PHONE = "77015550001"
FIRST = "496000001"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Counter:
    """One shop elsewhere that writes to its buyers, connected a week ago."""

    def __init__(self, house: House) -> None:
        self.house = house

    @classmethod
    async def open(cls, house: House, **shop: Any) -> "Counter":
        counter = cls(house)
        await counter.run(_connect, now=counter.now, **shop)
        return counter

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self.house.app.db.run(function, *args, **kwargs)

    async def comes(self, stage: Stage, code: str = FIRST, *, phone: str | None = PHONE, **order: Any) -> None:
        """An order seen for the first time."""
        await self.run(_comes, code, stage, phone, order, settings=self.house.app.settings, now=self.now)
        await self.house.settles()

    async def many_come(
        self, stage: Stage, phones: Sequence[str], *, codes: Sequence[str] = (), names: Sequence[str] = ()
    ) -> None:
        """An order of each buyer, all in one look."""
        numbered = codes or [f"4970{number:05}" for number in range(len(phones))]
        called = names or ["Асель Ким"] * len(phones)
        orders = list(zip(numbered, phones, called, strict=True))
        await self.run(_many_come, stage, orders, settings=self.house.app.settings, now=self.now)
        await self.house.settles()

    async def moves(self, stage: Stage, code: str = FIRST, **order: Any) -> None:
        """The next look finds the order at the stage."""
        await self.run(_moves, code, stage, order, settings=self.house.app.settings, now=self.now)
        await self.house.settles()

    async def tells_number(self, phone: str = PHONE, code: str = FIRST) -> None:
        """The marketplace shows the number it had masked."""
        await self.run(tell_number, code, phone, settings=self.house.app.settings, now=self.now)
        await self.house.settles()

    async def later(self, **span: float) -> None:
        """Let the time go by at once, then what fell due in it be done."""
        self.house.clock.move_to(self.now + timedelta(**span))
        await self.house.time_passes(minutes=2)

    async def has_goods_that_go_together(self) -> None:
        """Something of the kettle's category is in stock."""
        await self.run(_stock, now=self.now)

    async def changes_shop(self, **values: Any) -> None:
        await self.run(_change, values)

    async def rows(self, code: str = FIRST) -> dict[str, OrderTrigger]:
        return await self.house.app.db.read(_rows, code)

    async def became(self, code: str = FIRST) -> dict[str, tuple[str, str | None]]:
        """What became of each message about the order: its state and why."""
        return {trigger: (row.state, row.reason) for trigger, row in (await self.rows(code)).items()}

    def got(self, phone: str = PHONE) -> list[str]:
        """What the buyer has got from us."""
        return self.house.answers(chat_with(phone))


def _connect(session: Session, *, now: datetime, **shop: Any) -> None:
    usual = {"name": "Kaspi", "writes": True, "writes_since": now - 7 * DAY, "connected_at": now - 7 * DAY}
    session.add(Shop(**usual | shop))


def _buyer(session: Session, phone: str | None, *, now: datetime) -> int | None:
    if phone is None:
        return None
    contact = identity.recognise(session, [("phone", phone)], now=now)
    session.get_one(Contact, contact).phone_number = phone
    return contact


def _comes(
    session: Session, code: str, stage: Stage, phone: str | None, order: dict[str, Any], *, settings: Any, now: datetime
) -> None:
    shop = session.scalars(select(Shop)).one()
    usual = {
        "shop_id": shop.id,
        "code": code,
        "contact_id": _buyer(session, phone, now=now),
        "phone": phone,
        "status": stage.upper(),
        "state": "PICKUP",
        "stage": stage,
        "is_open": stage in OPEN,
        "total": Decimal(25_000),
        "currency": "KZT",
        "buyer_name": "Асель Ким",
        "has_lines": True,
        "placed_at": now - HOUR,
        "first_read_at": now,
        "read_at": now,
        "came_from": "marketplace",
    }
    new = Order(**usual | order)
    session.add(new)
    session.flush()
    session.add(
        OrderLine(
            order_id=new.id,
            number=1,
            sku="kettle",
            name="Чайник электрический",
            category="Чайники",
            category_code="kettles",
            quantity=Decimal(1),
            price=Decimal(25_000),
            total=Decimal(25_000),
        )
    )
    session.flush()
    triggers.follow(session, new, shop=shop, before=None, settings=settings, now=now)


def _many_come(
    session: Session, stage: Stage, orders: Sequence[tuple[str, str, str]], *, settings: Any, now: datetime
) -> None:
    for code, phone, name in orders:
        _comes(session, code, stage, phone, {"buyer_name": name}, settings=settings, now=now)


def _moves(session: Session, code: str, stage: Stage, order: dict[str, Any], *, settings: Any, now: datetime) -> None:
    found = _order(session, code)
    before, found.stage, found.is_open, found.read_at = Stage(found.stage), stage, stage in OPEN, now
    for name, value in order.items():
        setattr(found, name, value)
    session.flush()
    shop = session.get_one(Shop, found.shop_id)
    triggers.follow(session, found, shop=shop, before=before, settings=settings, now=now)


def tell_number(session: Session, code: str, phone: str, *, settings: Any, now: datetime) -> None:
    found = _order(session, code)
    found.phone, found.contact_id = phone, _buyer(session, phone, now=now)
    session.flush()
    shop = session.get_one(Shop, found.shop_id)
    triggers.follow(session, found, shop=shop, before=Stage(found.stage), settings=settings, now=now)


def _stock(session: Session, *, now: datetime) -> None:
    shop = session.scalars(select(Shop)).one()
    session.add(
        Product(
            shop_id=shop.id,
            sku="descaler",
            name="Средство от накипи",
            category="Чайники",
            category_code="kettles",
            price=Decimal(1500),
            currency="KZT",
            stock=Decimal(10),
            updated_at=now,
        )
    )


def _change(session: Session, values: dict[str, Any]) -> None:
    shop = session.scalars(select(Shop)).one()
    for name, value in values.items():
        setattr(shop, name, value)


def _order(session: Session, code: str) -> Order:
    return session.scalars(select(Order).where(Order.code == code)).one()


def _rows(session: Session, code: str) -> dict[str, OrderTrigger]:
    rows = session.scalars(select(OrderTrigger).join(Order).where(Order.code == code).order_by(OrderTrigger.id))
    return {row.trigger: row for row in rows}
