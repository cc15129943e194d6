"""Files of sales as shops have them, and how one is taken in."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.importing import uploads
from saudager.sales.importing.layouts import Kind
from saudager.sales.importing.taking import IMPORTER as taking
from saudager.sales.importing.taking import Outcome, Wish
from saudager.sales.models import Company, Invoice, InvoiceLine

BIN = "971240001315"
HEAD = "Контрагент;БИН;Номер;Дата;Номенклатура;Артикул;Категория;Количество;Цена;Сумма"
ROWS = (
    f"ТОО «ТехКом»;{BIN};101;15.01.2026;Сервер;SRV;Серверы;1;1 250 000;1 250 000",
    f"ТОО «ТехКом»;{BIN};101;15.01.2026;Диск;SSD;Диски;2;65 000;130 000",
    f"ТОО «ТехКом»;{BIN};В-7;02.02.2026;Диск;SSD;Диски;-1;65 000;-65 000",
    "ИП Ахметова;;102;20.01.2026;Кабель;;Кабели;10;450,50;4 505,00",
)
PEOPLE_HEAD = "Компания;БИН;Имя;Должность;E-mail;Телефон;Язык;Согласие;Дата согласия"
PEOPLE = (
    f"ТОО «ТехКом»;{BIN};Иван Петров;Директор;Ivan@TechCom.example;8 701 000 00 01;русский;да;10.01.2026",
    f"ТОО «ТехКом»;{BIN};Айгуль;Бухгалтер;aigul@techcom.example;;қазақша;нет;",
    "ИП Ахметова;;Сауле Ахметова;;;;;;",
)


def csv_of(*rows: str, head: str = HEAD, encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join((head, *rows)).encode(encoding)


async def take_in(app: App, data: bytes, kind: Kind = Kind.INVOICES, **wish: Any) -> Outcome:
    """As the command line does."""
    ticket = uploads.new_ticket(app.clock.now())
    return await taking.take_in(app, "файл.csv", data, Wish(ticket, kind, "тест", **wish))


def sold(session: Session) -> list[tuple[Any, ...]]:
    """What is stored of the invoices, whatever the numbers of the rows."""
    found = (
        select(Company.key, Invoice.number, Invoice.is_refund, Invoice.issued_on, Invoice.currency, Invoice.total)
        .join(Invoice, Invoice.company_id == Company.id)
        .order_by(Company.key, Invoice.issued_on, Invoice.number)
    )
    return [tuple(row) for row in session.execute(found)]


def lines(session: Session, number: str) -> list[InvoiceLine]:
    found = select(InvoiceLine).join(Invoice, Invoice.id == InvoiceLine.invoice_id).where(Invoice.number == number)
    return list(session.scalars(found.order_by(InvoiceLine.number)))
