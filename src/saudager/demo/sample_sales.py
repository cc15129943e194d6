"""Made-up companies, the people in them and what they bought in the eighteen months before the demo is opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.sales import companies, invoices, people
from saudager.sales.models import Company, Consent

_MONTHS = 18
_SEASON = (70, 75, 95, 110, 120, 125, 120, 115, 120, 110, 90, 80)
"""How much of a usual month is bought in January, February, …, in percent: windows go in when it is warm."""
_GOODS = (
    ("WIN-70", "Окно ПВХ 70 мм, 1500×1500", "Окна", 92_000),
    ("WIN-60", "Окно ПВХ 60 мм, 1200×1400", "Окна", 68_500),
    ("DOOR-1", "Дверь входная «Тёплая»", "Двери", 185_000),
    ("BALC-3", "Балконный блок", "Окна", 134_000),
    ("SILL-W", "Подоконник белый, 1 м", "Подоконники", 7_900),
    ("NET-1", "Москитная сетка", "Сетки", 6_400),
    ("FOAM-1", "Пена монтажная, 750 мл", "Монтаж", 3_150),
)


@dataclass(frozen=True, slots=True)
class _Sample:
    """A company, who is written to in it, and how it buys: ``usual`` pieces a month, changing by ``slope`` percent of
    that from month to month; nothing for the last ``silent`` months."""

    name: str
    tax_id: str | None
    persons: tuple[tuple[str, str, str, Consent | None, str], ...]
    usual: int = 0
    slope: int = 0
    silent: int = 0
    every: int = 1
    refunds: bool = False
    currencies: tuple[str, ...] = ("KZT",)
    goods: tuple[int, ...] = (0, 1, 4, 5)


_YES, _NO = Consent.GIVEN, Consent.REFUSED
_SAMPLES = (
    _Sample(
        "ТОО «ТехКом»",
        "971240001315",
        (
            ("Иван Петрович Соколов", "Директор по IT", "sokolov@techcom.example", _YES, "ru"),
            ("Айгерим Нурланова", "Бухгалтер", "buh@techcom.example", None, "kk"),
        ),
        usual=6,
        slope=1,
        goods=(0, 3, 4),
    ),
    _Sample(
        "ТОО «Астана Құрылыс»",
        "020240000555",
        (("Ерлан Сериков", "Директор по снабжению", "serikov@astana-kurylys.example", _YES, "kk"),),
        usual=10,
        slope=6,
        goods=(0, 1, 3, 6),
    ),
    _Sample(
        "ТОО «СтройГрад»",
        None,
        (("Олег Викторович Ким", "Начальник закупок", "kim@stroygrad.example", _YES, "ru"),),
        usual=14,
        slope=-5,
        goods=(0, 1, 2, 4),
    ),
    _Sample(
        "ИП Ахметова",
        None,
        (("Сауле Ахметова", "Владелица", "saule@akhmetova.example", _YES, "ru"),),
        usual=3,
        silent=5,
        goods=(1, 4, 5),
    ),
    _Sample(
        "ТОО «Дом и Сад»",
        None,
        (("Наталья Ли", "Менеджер по закупкам", "lee@dom-sad.example", None, "ru"),),
        usual=5,
        refunds=True,
        goods=(2, 4, 5),
    ),
    _Sample(
        "TOO «Steppe Trade»",
        None,
        (("Daniel Brown", "Procurement manager", "brown@steppe-trade.example", _YES, "en"),),
        usual=4,
        currencies=("KZT", "USD"),
        goods=(0, 2),
    ),
    _Sample(
        "ТОО «Новосёл»",
        None,
        (("Марат Жумабаев", "Директор", "marat@novosel.example", _YES, "ru"),),
    ),
    _Sample(
        "АО «Қала Жөндеу»",
        None,
        (("Гүлнар Омарова", "Сатып алу бөлімінің басшысы", "omarova@kala.example", _NO, "kk"),),
        usual=8,
        every=2,
        goods=(0, 1, 6),
    ),
    _Sample(
        "ТОО «Уют Сервис»",
        None,
        (("Пётр Иванов", "Главный инженер", "ivanov@uyut.example", _YES, "ru"),),
        usual=4,
        slope=2,
        goods=(4, 5, 6),
    ),
    _Sample(
        "ИП Тулегенов",
        None,
        (("Данияр Тулегенов", "Владелец", "", None, "kk"),),
        usual=2,
        every=3,
        goods=(2,),
    ),
    _Sample(
        "ТОО «Гостиница Алатау»",
        None,
        (("Елена Морозова", "Управляющая", "morozova@alatau.example", _YES, "ru"),),
        usual=12,
        every=6,
        goods=(0, 2, 3),
    ),
    _Sample(
        "ТОО «Школа Плюс»",
        None,
        (("Асель Бекова", "Завхоз", "bekova@school-plus.example", None, "ru"),),
        usual=20,
        every=12,
        goods=(0, 4),
    ),
)


def lay_out(session: Session, *, zone: ZoneInfo, now: datetime) -> None:
    """Store them all, once: where any company is known nothing is done."""
    if session.scalar(select(Company.id).limit(1)) is not None:
        return
    today = now.astimezone(zone).date()
    told = [companies.Told(one.name, tax_id=one.tax_id) for one in _SAMPLES]
    ids = companies.store(session, told, now=now).ids
    asked_at = datetime.combine(_month(today, _MONTHS), time(10), zone)
    people.store(
        session,
        [
            people.Told(
                company_id,
                name,
                position=position,
                email=email or None,
                language=language,
                consent=consent,
                consent_at=asked_at if consent else None,
            )
            for company_id, one in zip(ids, _SAMPLES, strict=True)
            for name, position, email, consent, language in one.persons
        ],
        now=now,
    )
    sold = [
        invoice
        for place, (company_id, one) in enumerate(zip(ids, _SAMPLES, strict=True))
        for invoice in _bought(company_id, place, one, today)
    ]
    invoices.store(session, sold, now=now)


def _bought(company_id: int, place: int, sample: _Sample, today: date) -> Iterator[invoices.Told]:
    for back in range(_MONTHS, sample.silent, -sample.every):
        if not sample.usual:
            return
        month = _month(today, back - 1)
        issued_on = min(month + timedelta(days=(place * 7 + back * 3) % 27), today)
        passed = _MONTHS - back
        pieces = sample.usual * (100 + sample.slope * passed) * _SEASON[month.month - 1] // 10_000
        currency = sample.currencies[passed % len(sample.currencies)]
        lines = [
            _line(good, max(1, pieces * (3 - turn) // 3 + (passed + turn) % 2), currency)
            for turn, good in enumerate(sample.goods[:3] if passed % 3 else sample.goods[-3:])
        ]
        number = f"{place + 1:02}-{passed + 1:02}"
        invoice = invoices.Told(company_id, number, issued_on, currency, _sum(lines), lines)
        yield invoice
        if sample.refunds and passed % 4 == 1:
            part = [_line(sample.goods[0], -1, currency)]
            yield invoices.Told(
                company_id, f"В-{number}", min(issued_on + timedelta(days=9), today), currency, _sum(part), part, True
            )


def _line(good: int, pieces: int, currency: str) -> invoices.Line:
    sku, name, category, tenge = _GOODS[good]
    price = Decimal(tenge) if currency == "KZT" else Decimal(tenge) / 500
    return invoices.Line(name, Decimal(pieces), price, price * pieces, sku=sku, category=category)


def _sum(lines: list[invoices.Line]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))


def _month(today: date, back: int) -> date:
    """The first day of the month so many months ago."""
    count = today.year * 12 + today.month - 1 - back
    return date(count // 12, count % 12 + 1, 1)
