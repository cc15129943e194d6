"""The company of the letter everybody knows: ТехКом with its 18 orders of 2024, as a fixture of many tests.

On 31.12.2024, over the last twelve months: 2 450 000 ₽ (the year before 2 130 434,78 ₽: +15 %), 18 orders, 136 111,11 ₽
each on average, the last on 18.12.2024; HP servers 45 %, storage 28 %, network gear 19 %, supplies 8 % of it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from saudager.sales import companies, invoices, people
from saudager.sales.models import Consent

TODAY = date(2024, 12, 31)
NOW = datetime(2024, 12, 31, 9, tzinfo=UTC)

_SERVERS = ("Серверное оборудование HP", "HP-SERVERS", "Серверы")
_STORAGE = ("Системы хранения данных", "STORAGE", "Хранение данных")
_NETWORK = ("Сетевое оборудование", "NETWORK", "Сети")
_SUPPLIES = ("Расходные материалы", "SUPPLIES", "Расходные материалы")

_DAYS = (
    *("2024-01-17", "2024-02-08", "2024-02-27", "2024-03-14", "2024-04-04", "2024-04-25", "2024-05-16", "2024-06-06"),
    *("2024-06-27", "2024-07-18", "2024-08-08", "2024-08-29", "2024-09-19", "2024-10-03", "2024-10-24", "2024-11-14"),
    *("2024-12-05", "2024-12-18"),
)
_DAYS_BEFORE = (
    *("2023-01-18", "2023-02-09", "2023-03-02", "2023-03-23", "2023-04-13", "2023-05-11", "2023-06-01", "2023-06-22"),
    *("2023-07-20", "2023-08-10", "2023-09-07", "2023-09-28", "2023-10-19", "2023-11-09", "2023-11-30", "2023-12-21"),
)


@dataclass(frozen=True, slots=True)
class TechCom:
    """Where it is stored."""

    company_id: int
    person_id: int


def store(session: Session, *, now: datetime = NOW) -> TechCom:
    """The company, its director of IT, who agreed to offers, and two years of invoices; stored again it is the same."""
    company = companies.Told("ТехКом", tax_id="971240001315")
    (company_id,) = companies.store(session, [company], now=now).ids
    person = people.Told(
        company_id,
        "Иван Петрович Соколов",
        position="Директор по IT",
        email="sokolov@techcom.example",
        phone="77010000077",
        language="ru",
        consent=Consent.GIVEN,
        consent_at=datetime(2023, 1, 10, 9, tzinfo=UTC),
    )
    (person_id,) = people.store(session, [person], now=now).ids
    told = [
        *(_invoice(company_id, person_id, day, _bought(place)) for place, day in enumerate(_DAYS)),
        *(_invoice(company_id, person_id, day, _bought_before(place)) for place, day in enumerate(_DAYS_BEFORE)),
    ]
    invoices.store(session, told, now=now)
    return TechCom(company_id, person_id)


def _bought(place: int) -> list[invoices.Line]:
    """1 102 500 of servers, 686 000 of storage, 465 500 of network gear and 196 000 of supplies in 18 orders."""
    lines = [_line(_SERVERS, 1, "61250")]
    if place % 9 not in (3, 7):
        lines.append(_line(_STORAGE, 1, "49000"))
    if place % 5 in (0, 2) and place != 17:
        lines.append(_line(_NETWORK, 5, "13300"))
    if place % 2 == 1 and place != 17:
        lines.append(_line(_SUPPLIES, 10, "2450"))
    return lines


def _bought_before(place: int) -> list[invoices.Line]:
    """800 000 of servers, 600 000 of storage, 480 000 of network gear and 250 434,78 of supplies in 16 orders."""
    lines = [_line(_SERVERS, 1, "50000")]
    if place % 8 not in (2, 5, 7):
        lines.append(_line(_STORAGE, 1, "60000"))
    if place % 2 == 0:
        lines.append(_line(_NETWORK, 5, "12000"))
    if place == 9:
        lines.append(_line(_SUPPLIES, 1, "250434.78"))
    return lines


def _line(product: tuple[str, str, str], quantity: int, price: str) -> invoices.Line:
    name, sku, category = product
    each = Decimal(price)
    return invoices.Line(name, Decimal(quantity), each, each * quantity, sku=sku, category=category)


def _invoice(company_id: int, person_id: int, day: str, lines: list[invoices.Line]) -> invoices.Told:
    total = sum((line.amount for line in lines), Decimal(0))
    number = f"С-{day.replace('-', '')}"
    return invoices.Told(company_id, number, date.fromisoformat(day), "RUB", total, lines, person_id=person_id)
