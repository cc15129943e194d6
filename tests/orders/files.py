"""Files as shops have them, and how one is taken in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.clock import MovableClock
from saudager.importing import uploads
from saudager.orders import shops
from saudager.orders.importing.layouts import Kind
from saudager.orders.importing.taking import IMPORTER as taking
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


def xlsx_of_1c(*rows: Sequence[str]) -> bytes:
    """As some versions of 1C save it: the texts are in another file than the list of parts says."""
    main, kinds = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "application/vnd.openxmlformats"
    links = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    texts = [text for row in rows for text in row]
    counted = iter(range(len(texts)))
    cells = "".join("<row>" + "".join(f'<c t="s"><v>{next(counted)}</v></c>' for _ in row) + "</row>" for row in rows)
    part = f'<Override PartName="/xl/{{}}.xml" ContentType="{kinds}-officedocument.spreadsheetml.{{}}+xml"/>'
    parts = (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"), ("sharedStrings", "sharedStrings"))
    link = f'<Relationships xmlns="{package}/relationships"><Relationship Id="R1" Type="{links}/{{}}" Target="{{}}"/>'
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        listed = "".join(part.format(*one) for one in parts)
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types">{listed}</Types>')
        archive.writestr("_rels/.rels", link.format("officeDocument", "xl/workbook.xml") + "</Relationships>")
        sheets = f'<sheets><sheet name="TDSheet" sheetId="1" r:id="R1" xmlns:r="{links}"/></sheets>'
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}">{sheets}</workbook>')
        leads_to = link.format("worksheet", "worksheets/sheet1.xml") + "</Relationships>"
        archive.writestr("xl/_rels/workbook.xml.rels", leads_to)
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
        )
        said = "".join(f"<si><t>{text}</t></si>" for text in texts)
        archive.writestr("xl/SharedStrings.xml", f'<sst xmlns="{main}">{said}</sst>')
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
