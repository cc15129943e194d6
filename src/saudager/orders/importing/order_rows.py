"""Rows of a file as orders: several rows of one number are its lines, and they have to agree about the order."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from saudager.importing import faults, headings, values
from saudager.importing.faults import RowReader
from saudager.importing.rows import Sheet
from saudager.orders.importing import stages
from saudager.providers.marketplace import MOST_MONEY, Buyer, Line, MarketOrder, Stage

HOME_CURRENCY = "KZT"
_AHEAD = timedelta(days=1)
"""An order dated later than this from now is a mistake in the date."""


@dataclass(slots=True)
class Checked(faults.Checked):
    """Orders as a file tells them, or what is wrong with it; ``unknown`` are statuses nothing follows from."""

    orders: list[MarketOrder] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Draft:
    """An order while its rows are read."""

    line: int
    whole: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    sums: list[Decimal] = field(default_factory=list)
    unpriced: list[int] = field(default_factory=list)
    is_good: bool = True


def check(sheet: Sheet, columns: Mapping[str, int], *, zone: ZoneInfo, now: datetime) -> Checked:
    """Read every row; orders are of use only when there are no faults."""
    checked = Checked(rows=len(sheet.rows))
    reader = RowReader(dict(columns), sheet.headings, checked.faults)
    drafts: dict[str, _Draft] = {}
    usual = next(
        filter(None, (headings.currency(reader.heading(one)) for one in ("total", "price", "line_total"))), None
    )
    for number, cells in sheet.rows:
        reader.turn_to(number, cells)
        code = reader.take("code", values.code, needed=True)
        whole = _whole(reader, zone, now)
        line = _line(reader)
        if code is not None:
            draft = drafts.setdefault(code, _Draft(number))
            _join(reader, draft, whole)
            _add(draft, line, number)
            draft.is_good &= reader.is_good
    for code, draft in drafts.items():
        if draft.is_good and (order := _order(reader, code, draft, usual or HOME_CURRENCY)):
            checked.orders.append(order)
            if order.stage is Stage.UNKNOWN and order.status:
                checked.unknown[order.status] += 1
    return checked


def _whole(reader: RowReader, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """What a row says about its order, without what it leaves empty."""
    short, long = partial(values.text, most=100), partial(values.text, most=500)
    at = partial(values.moment, zone=zone)
    placed_at = reader.take("placed_at", at)
    if placed_at is not None and placed_at > now + _AHEAD:
        reader.complain("placed_at", f"«{placed_at:%d.%m.%Y}»: этот день ещё не наступил.")
    total = reader.take("total", values.money)
    found = {
        "placed_at": placed_at,
        "status": reader.take("status", short),
        "total": total[0] if total else None,
        "currency": reader.take("currency", values.currency) or (total[1] if total else None),
        "buyer": reader.take("buyer", partial(values.text, most=200)),
        "phone": reader.take("phone", values.phone),
        "city": reader.take("city", short),
        "delivery": reader.take("delivery", short),
        "payment": reader.take("payment", short),
        "planned_delivery_at": reader.take("planned_delivery_at", at),
        "cancellation_reason": reader.take("cancellation_reason", long),
    }
    return {name: value for name, value in found.items() if value is not None}


def _line(reader: RowReader) -> tuple[Line | None, Decimal | None, str | None]:
    """The line a row holds, if any, what it adds to the sum, None when no price is told, and the price's currency."""
    sku = reader.take("sku", partial(values.code, most=200))
    name = reader.take("item", partial(values.text, most=500))
    category = reader.take("category", partial(values.text, most=200))
    quantity = reader.take("quantity", values.quantity)
    price, total = reader.take("price", values.money), reader.take("line_total", values.money)
    money = total or price
    if quantity == 0:
        reader.complain("quantity", "«0»: ожидается количество больше нуля.")
    pieces = quantity or Decimal(1)
    summed = total[0] if total else (price[0] * pieces).quantize(Decimal("0.01")) if price else None
    if summed is not None and summed > MOST_MONEY:
        reader.complain("price", f"цена, умноженная на количество, больше {MOST_MONEY:f}.")
    if sku is None and name is None:
        return None, summed, money[1] if money else None
    each = price[0] if price else ((summed or Decimal(0)) / pieces).quantize(Decimal("0.01"))
    line = Line(0, sku, name, category, None, pieces, each, summed or Decimal(0))
    return line, summed, money[1] if money else None


def _join(reader: RowReader, draft: _Draft, whole: dict[str, Any]) -> None:
    for name, value in whole.items():
        before = draft.whole.setdefault(name, value)
        if before != value:
            reader.complain(name, f"не так, как в строке {draft.line} у того же заказа: там «{values.shown(before)}».")


def _add(draft: _Draft, read: tuple[Line | None, Decimal | None, str | None], number: int) -> None:
    line, summed, currency = read
    if currency is not None:
        draft.whole.setdefault("currency", currency)
    if summed is not None:
        draft.sums.append(summed)
    if line is None:
        return
    if summed is None:
        draft.unpriced.append(number)
    draft.lines.append(replace(line, number=len(draft.lines) + 1))


def _order(reader: RowReader, code: str, draft: _Draft, currency: str) -> MarketOrder | None:
    """The order its rows tell together, or None when they lack something."""
    whole = draft.whole
    if "placed_at" not in whole:
        reader.complain("placed_at", "даты заказа нет ни в одной его строке.", line=draft.line)
        return None
    if "total" not in whole and not draft.sums:
        reader.complain("total", "суммы заказа нет ни в одной его строке.", line=draft.line)
        return None
    lines = _priced(reader, draft)
    total = whole.get("total", sum(draft.sums, Decimal(0)))
    status = whole.get("status", "")
    if total > MOST_MONEY:
        reader.complain("total", f"сумма заказа больше {MOST_MONEY:f}.", line=draft.line)
        return None
    return MarketOrder(
        code=code,
        id=code,
        status=status,
        state=status,
        stage=stages.stage(status),
        total=total,
        currency=whole.get("currency", currency),
        placed_at=whole["placed_at"],
        buyer=Buyer(name=whole.get("buyer"), phone=whole.get("phone")),
        lines=tuple(lines) if lines else None,
        planned_delivery_at=whole.get("planned_delivery_at"),
        delivery=whole.get("delivery"),
        payment=whole.get("payment"),
        city=whole.get("city"),
        cancellation_reason=whole.get("cancellation_reason"),
    )


def _priced(reader: RowReader, draft: _Draft) -> list[Line]:
    """The lines; the price of an only line may stand in the sum of the order."""
    if not draft.unpriced:
        return draft.lines
    total = draft.whole.get("total")
    if len(draft.lines) == 1 and total is not None:
        (line,) = draft.lines
        each = (total / line.quantity).quantize(Decimal("0.01"))
        return [replace(line, price=each, total=total)]
    for number in draft.unpriced:
        reader.complain("price", "нет ни цены, ни суммы по товару.", line=number)
    return draft.lines
