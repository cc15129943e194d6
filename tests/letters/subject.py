"""A letter to ТехКом as the writing room sees it, without a database; a test holds it against the stored company."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from saudager.letters.subjects import Offer, Subject
from saudager.sales.metrics import Bought, Figures, InCurrency, Lapsed, Shift

_MONTHS = ("176750", "311500", "85750", "311500", "110250", "262500", "134750", "311500", "127750", "245000", "201250",
           "171500")  # fmt: skip
_TOP = (
    Bought("HP-SERVERS", "Серверное оборудование HP", "Серверы", Decimal(1102500), Decimal(18), Decimal("0.45")),
    Bought("STORAGE", "Системы хранения данных", "Хранение данных", Decimal(686000), Decimal(14), Decimal("0.28")),
    Bought("NETWORK", "Сетевое оборудование", "Сети", Decimal(465500), Decimal(35), Decimal("0.19")),
    Bought("SUPPLIES", "Расходные материалы", "Расходные материалы", Decimal(196000), Decimal(80), Decimal("0.08")),
)
_CATEGORIES = (
    Shift("Серверы", Decimal("0.45"), Decimal("0.3755")),
    Shift("Хранение данных", Decimal("0.28"), Decimal("0.2816")),
    Shift("Сети", Decimal("0.19"), Decimal("0.2253")),
    Shift("Расходные материалы", Decimal("0.08"), Decimal("0.1176")),
)
ROUBLES = InCurrency(
    currency="RUB",
    total=Decimal(2450000),
    orders=18,
    average=Decimal("136111.11"),
    refunds=Decimal(0),
    refund_count=0,
    last_purchase_on=date(2024, 12, 18),
    total_before=Decimal("2130434.78"),
    orders_before=16,
    growth=Decimal("0.15"),
    top=_TOP,
    categories=_CATEGORIES,
    months=tuple((f"2024-{month:02}", Decimal(total)) for month, total in enumerate(_MONTHS, start=1)),
    lapsed=(),
)
FIGURES = Figures(
    company_id=1,
    company_name="ТехКом",
    since=date(2024, 1, 1),
    until=date(2024, 12, 31),
    months_back=12,
    currencies=(ROUBLES,),
    first_purchase_on=date(2023, 1, 18),
    last_purchase_on=date(2024, 12, 18),
    expected_next_on=date(2025, 1, 8),
    missed_on=None,
)
_TECHCOM = Subject(
    company_id=1,
    company="ТехКом",
    is_person=False,
    person="Иван Петрович Соколов",
    greeted="Иван Петрович",
    position="Директор по IT",
    contact_id=None,
    language="ru",
    tone="professional",
    purpose="offer",
    context="",
    figures=FIGURES,
    offers=(Offer(1, "HP ProLiant Gen11", Decimal(890000), "RUB", available=True),),
    shop="Сервер Плюс",
    signature="Алексей Смирнов\nСервер Плюс",
)


def techcom(**other: Any) -> Subject:
    """The letter, with what is to be otherwise in it."""
    return replace(_TECHCOM, **other)


_SUPPLY_MONTHS = ("410000", "350000", "0", "620000", "480000", "510000", "300000", "290000", "700000", "655000",
                  "410500",
                  "274500")  # fmt: skip
_TENGE = replace(
    ROUBLES,
    currency="KZT",
    total=Decimal(5000000),
    orders=24,
    average=Decimal("208333.33"),
    last_purchase_on=date(2026, 10, 3),
    total_before=Decimal(6250000),
    orders_before=31,
    growth=Decimal("-0.2"),
    top=(
        Bought("1", "Кабель ВВГ 3x2.5", "Кабель", Decimal(2100000), Decimal(4200), Decimal("0.42")),
        Bought("2", "Автомат ABB 16A", "Автоматика", Decimal(1250000), Decimal(310), Decimal("0.25")),
        Bought("3", "Щит ЩРН-24", "Щиты", Decimal(600000), Decimal(24), Decimal("0.12")),
    ),
    categories=(
        Shift("Кабель", Decimal("0.42"), Decimal("0.51")),
        Shift("Автоматика", Decimal("0.25"), Decimal("0.16")),
        Shift("Щиты", Decimal("0.12"), None),
    ),
    months=tuple(
        (f"{2026 if month else 2025}-{month or 12:02}", Decimal(total)) for month, total in enumerate(_SUPPLY_MONTHS)
    ),
    lapsed=(Lapsed("Гофра ПВХ 20 мм", date(2026, 4, 14), 28, 9),),
)


def supply() -> Subject:
    """A letter to the head of purchasing of a firm that buys less than the year before, on 27 November 2026."""
    return techcom(
        company="ЭлектроСнаб",
        person="Айгерім Сериковна Ахметова",
        greeted="Айгерім Сериковна",
        position="Начальник отдела снабжения",
        shop="Энергия",
        signature="Энергия",
        figures=replace(
            FIGURES,
            company_name="ЭлектроСнаб",
            since=date(2025, 11, 28),
            until=date(2026, 11, 27),
            currencies=(_TENGE,),
            first_purchase_on=date(2021, 5, 20),
            last_purchase_on=date(2026, 10, 3),
            expected_next_on=date(2026, 12, 1),
        ),
        offers=(
            Offer(1, "Кабель ВВГ 3x4", Decimal(890), "KZT", available=True),
            Offer(2, "Автомат ABB 25A", None, "KZT", available=False),
        ),
    )
