"""Purchases, offers and people as named facts: all a letter may rest on, and how a person or a model reads them."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from saudager.letters import naming
from saudager.letters.naming import amount
from saudager.sales.metrics import Figures, InCurrency, Shift
from saudager.truth.named import NamedFact

UP, DOWN, STEADY = "рост", "снижение", "стабильно"
"""The words of a trend, as the fields of an insight have them."""
_MOST_LAPSED, _MOST_CATEGORIES = 3, 5
_MOST_FRACTION = 5
_STEADY = Decimal("0.05")
_MEANINGFUL = Decimal("0.005")


def of_figures(figures: Figures) -> list[NamedFact]:
    """What is said of a company's purchases: rounded as people say it, the main currency first."""
    if not figures.currencies:
        return []
    said = [NamedFact("company", naming.firm(figures.company_name)), *_period(figures)]
    for one in figures.currencies:
        said += _of_currency(figures, one, alone=len(figures.currencies) == 1)
    for name, when in (
        ("last_purchase", figures.last_purchase_on),
        ("first_purchase", figures.first_purchase_on),
        ("expected_next_purchase", figures.expected_next_on),
    ):
        said += [NamedFact(name, when.isoformat())] if when else []
    return list(dict.fromkeys(said))


def calendar_year(figures: Figures) -> int | None:
    """The year the period is, from its first day to its last."""
    whole = (figures.since.month, figures.since.day, figures.until.month, figures.until.day) == (1, 1, 12, 31)
    return figures.until.year if whole and figures.since.year == figures.until.year else None


def period_label(figures: Figures, *, before: bool = False) -> str:
    """``2024`` of a calendar year, else the months: ``2025-12..2026-11``; ``before``: of the period before."""
    if year := calendar_year(figures):
        return str(year - before)
    first = figures.since if figures.since.day == 1 else _month(figures.since, 1)
    back = -figures.months_back if before else 0
    return f"{_month(first, back):%Y-%m}..{_month(first, back + figures.months_back - 1):%Y-%m}"


def _period(figures: Figures) -> Iterator[NamedFact]:
    yield NamedFact("period_months", str(figures.months_back))
    yield NamedFact("period_from", figures.since.isoformat())
    yield NamedFact("period_until", figures.until.isoformat())


def _of_currency(figures: Figures, one: InCurrency, *, alone: bool) -> Iterator[NamedFact]:
    now, before = period_label(figures), period_label(figures, before=True)
    if not alone:
        now, before = f"{now} {one.currency}", f"{before} {one.currency}"
    if one.orders:
        yield NamedFact("total", amount(one.total, one.currency), now)
        yield NamedFact("orders", str(one.orders), now)
    if one.average is not None:
        yield NamedFact("average_order", amount(one.average, one.currency), now if not alone else "")
    if one.orders_before and one.total_before > 0:
        yield NamedFact("total", amount(one.total_before, one.currency), before)
        yield NamedFact("orders", str(one.orders_before), before)
        if one.average is not None:
            yield NamedFact("average_order", amount(one.total_before / one.orders_before, one.currency), before)
    if one.growth is not None and one.orders:
        yield NamedFact("growth", _grown(one.growth), "total" if alone else f"total {now}")
        yield NamedFact("difference", amount(abs(one.total - one.total_before), one.currency), f"total {before}")
    if one.orders_before and one.orders:
        grown = Decimal(one.orders - one.orders_before) / one.orders_before
        yield NamedFact("growth", _grown(grown), "orders" if alone else f"orders {now}")
    if one is figures.main:
        yield from _of_goods(one, alone=alone)


def _of_goods(one: InCurrency, *, alone: bool) -> Iterator[NamedFact]:
    """Products, categories and months of the main currency; shares only when nothing was bought in another, as they
    would be read as parts of everything."""
    for product in one.top:
        name = naming.title(product.name)
        if product.amount > 0 and product.share >= _MEANINGFUL:
            if alone:
                yield NamedFact("share", f"{naming.share(product.share).normalize():f}", name)
            yield NamedFact("product_sum", amount(product.amount, one.currency), name)
            yield NamedFact("product_quantity", f"{product.quantity.normalize():f}", name)
    for shift in one.categories[:_MOST_CATEGORIES] if alone else ():
        if shift.share >= _MEANINGFUL:
            yield NamedFact(
                "category_share", f"{naming.share(shift.share).normalize():f}", naming.title(shift.category)
            )
        if (way := _trend_of(shift, one)) is not None:
            yield NamedFact("category_trend", way, naming.title(shift.category))
        if shift.share_before is not None and shift.share_before >= _MEANINGFUL:
            told = f"{naming.share(shift.share_before).normalize():f}"
            yield NamedFact("category_share_before", told, naming.title(shift.category))
    for month, total in one.months:
        if total > 0:
            yield NamedFact("month_total", amount(total, one.currency), month)
    for lapsed in one.lapsed[:_MOST_LAPSED]:
        name = naming.title(lapsed.name)
        yield NamedFact("last_bought", lapsed.last_on.isoformat(), name)
        yield NamedFact("usual_interval", f"{lapsed.usual_days} days", name)
        yield NamedFact("times_bought", str(lapsed.times), name)


def _grown(growth: Decimal) -> str:
    """``0.15``; from fivefold on in per cent, as nobody would take 6 for a fraction."""
    part = naming.share(growth)
    return f"{part.normalize():f}" if abs(part) <= _MOST_FRACTION else f"{(part * 100).normalize():f} %"


def trend(growth: Decimal) -> str:
    """The word for a growth: within 5 % it is steady."""
    return STEADY if abs(growth) <= _STEADY else UP if growth > 0 else DOWN


def _trend_of(shift: Shift, one: InCurrency) -> str | None:
    """Which way the sum spent on a category went; None when it was not bought before, or nothing tells."""
    if not shift.share_before or one.total_before <= 0 or one.total <= 0:
        return None
    return trend(shift.share * one.total / (shift.share_before * one.total_before) - 1)


def _month(first: date, ahead: int) -> date:
    """The first day of the month so many months on."""
    year, month = divmod(first.year * 12 + first.month - 1 + ahead, 12)
    return date(year, month + 1, 1)


_NAMES = {
    "company": "Компания",
    "customer_name": "Получатель",
    "greeting_name": "Как обратиться",
    "position": "Должность",
    "shop": "Мы",
    "sender": "Кто пишет",
    "language": "Язык письма",
    "period_months": "Период, месяцев",
    "period_from": "Начало периода",
    "period_until": "Конец периода",
    "total": "Сумма покупок",
    "orders": "Количество заказов",
    "average_order": "Средний чек",
    "growth": "Изменение к прошлому периоду",
    "difference": "Разница с прошлым периодом",
    "share": "Доля в покупках",
    "product_sum": "Куплено на сумму",
    "product_quantity": "Куплено, количество",
    "category_share": "Доля категории",
    "category_share_before": "Доля категории в прошлом периоде",
    "category_trend": "Покупки категории",
    "month_total": "Сумма покупок за месяц",
    "last_purchase": "Последняя покупка",
    "first_purchase": "Первая покупка",
    "expected_next_purchase": "Следующая покупка ожидается",
    "last_bought": "Последний раз покупали",
    "usual_interval": "Обычно покупали раз в",
    "times_bought": "Сколько раз покупали",
    "price": "Цена из каталога",
    "available": "Есть в наличии",
}
_LABELS = {"total": "сумма", "orders": "заказы"}
_FRACTIONS = ("share", "growth", "category_share", "category_share_before")
_DAYS = {"days": "дн."}


def said(fact: NamedFact) -> str:
    """A fact in Russian, as a person or a model reads it: «Доля в покупках (Серверы HP): 45 %»."""
    name = _NAMES.get(fact.name, fact.name)
    label = " ".join(_LABELS.get(word, word) for word in fact.label.split(" "))
    return f"{name}{f' ({label})' if label else ''}: {said_value(fact)}"


def said_value(fact: NamedFact) -> str:
    """The value alone: «45 %», «2 450 000 ₽», «3 октября 2026»."""
    number, _, unit = fact.value.partition(" ")
    if fact.name in _FRACTIONS:
        value = Decimal(number) / (100 if unit else 1)
        sign = ("+" if value > 0 else "−" if value < 0 else "") if fact.name == "growth" else ""
        return f"{sign}{naming.percent(value)}"
    if fact.name == "available":
        return "да"
    if len(fact.value) == 10 and fact.value[4] == fact.value[7] == "-" and fact.value[:4].isdigit():
        return naming.day(fact.value, "ru")
    if unit in _DAYS:
        return f"{number} {_DAYS[unit]}"
    if unit.isupper() and len(unit) == 3 and number.replace(".", "").removeprefix("-").isdigit():
        return naming.money(Decimal(number), unit)
    return fact.value


def stored(facts: Sequence[NamedFact]) -> list[dict[str, str]]:
    """Facts as ``letters.facts`` keeps them."""
    return [{"name": fact.name, "label": fact.label, "value": fact.value} for fact in facts]


def read(stored: Sequence[dict[str, str]]) -> list[NamedFact]:
    """Facts out of ``letters.facts``."""
    return [NamedFact(one["name"], one["value"], one.get("label", "")) for one in stored]
