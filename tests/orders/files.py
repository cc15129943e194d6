"""Files as shops have them, and how one is taken in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.clock import MovableClock
from saudager.orders import shops
from saudager.orders.importing import taking, uploads
from saudager.orders.importing.headings import Kind
from saudager.orders.importing.taking import Outcome, Wish
from saudager.orders.models import Order, OrderLine, Product

HEAD = "Номер заказа;Дата заказа;Статус;Сумма заказа;Покупатель;Телефон;Артикул;Товар;Категория;Количество;Цена"
ROWS = (
    "1001;01.03.2026 14:05;Доставлен;37 500,00 ₸;Айгуль;8 (701) 000-00-01;CHAIR;Стул «Лотос»;Стулья;2;12 500",
    "1001;01.03.2026 14:05;Доставлен;37 500,00 ₸;Айгуль;8 (701) 000-00-01;LAMP;Лампа;Свет;1;12500",
    "1002;2026-03-02 09:30;В пути;18900;Ерлан;+7 701 000 00 02;SHELF;Полка;Полки;1;18900",
)


def csv_of(*rows: str, head: str = HEAD, encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join((head, *rows)).encode(encoding)


def xlsx_of(*rows: Sequence[Any], title: str = "Лист1", above: Sequence[Sequence[Any]] = ()) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in (*above, *rows):
        sheet.append(list(row))
    file = BytesIO()
    book.save(file)
    return file.getvalue()


async def a_shop(app: App, name: str = "Ozon") -> int:
    """A shop elsewhere whose buyers would be written to."""
    return await app.db.run(
        shops.connect, name, marketplace=None, sealed_config=None, account=None, writes=True, now=app.clock.now()
    )


async def take_in(app: App, shop_id: int, data: bytes, kind: Kind = Kind.ORDERS, **wish: Any) -> Outcome:
    """As the command line does."""
    ticket = uploads.new_ticket(app.clock.now())
    return await taking.take_in(app, "файл.csv", data, Wish(ticket, shop_id, kind, "тест", **wish))


def orders(session: Session) -> list[Order]:
    return list(session.scalars(select(Order).order_by(Order.code)))


def lines(session: Session, code: str) -> list[OrderLine]:
    of = select(Order.id).where(Order.code == code)
    return list(session.scalars(select(OrderLine).where(OrderLine.order_id.in_(of)).order_by(OrderLine.number)))


def products(session: Session) -> dict[str, Product]:
    return {product.sku: product for product in session.scalars(select(Product))}


def forward(app: App, **span: float) -> None:
    """Let time go by where nothing runs."""
    assert isinstance(app.clock, MovableClock)
    app.clock.move_to(app.clock.now() + timedelta(**span))


def local(app: App, moment: datetime) -> str:
    return f"{moment.astimezone(app.settings.zone):%d.%m.%Y %H:%M}"
