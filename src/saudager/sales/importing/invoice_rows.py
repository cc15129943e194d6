"""Rows of a file as invoices: rows of one number and company are its lines; what is below zero was given back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from saudager.importing import faults, headings, values
from saudager.importing.faults import RowReader
from saudager.importing.rows import Sheet
from saudager.providers.marketplace import MOST_MONEY
from saudager.sales import invoices, naming, people
from saudager.sales.importing.company_cells import CompaniesSeen, email
from saudager.sales.importing.people_rows import TELL_EVERY
from saudager.sales.invoices import Line

HOME_CURRENCY = "KZT"
_AMOUNTS = ("amount", "total", "price")
_CENT = Decimal("0.01")
_GIVEN_BACK = "возврат"
_money = partial(values.money, signed=True)


@dataclass(slots=True)
class Checked(faults.Checked):
    """Invoices by the keys of their companies, each with whom it was made out to, or what is wrong with the file."""

    sold: list[tuple[str, str | None, invoices.Told]] = field(default_factory=list)
    persons: dict[tuple[str, str], people.Told] = field(default_factory=dict)
    seen: CompaniesSeen = field(default_factory=CompaniesSeen)


@dataclass(slots=True)
class _Row:
    """What one row tells."""

    line: int
    company: str
    number: str
    issued_on: date
    is_refund: bool
    whole: dict[str, Any]
    item: Line


@dataclass(slots=True)
class _Draft:
    """An invoice while its rows are put together."""

    line: int
    issued_on: date
    whole: dict[str, Any] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def check(
    sheet: Sheet,
    columns: Mapping[str, int],
    *,
    zone: ZoneInfo,
    now: datetime,
    on_progress: Callable[[str], None] = lambda words: None,
) -> Checked:
    """Read every row; invoices are of use only when there are no faults."""
    checked = Checked(rows=len(sheet.rows))
    reader = RowReader(dict(columns), sheet.headings, checked.faults)
    usual = next(filter(None, (headings.currency(reader.heading(one)) for one in _AMOUNTS)), None) or HOME_CURRENCY
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    read: list[_Row] = []
    for count, (number, cells) in enumerate(sheet.rows):
        if count and count % TELL_EVERY == 0:
            on_progress(f"проверяем строки: {count} из {len(sheet.rows)}")
        reader.turn_to(number, cells)
        if (row := _row(reader, checked.seen, number, zone, tomorrow)) is not None:
            read.append(row)
    if not checked.faults.total:
        _put_together(checked, reader, read, usual)
    return checked


def _row(reader: RowReader, seen: CompaniesSeen, line: int, zone: ZoneInfo, tomorrow: date) -> _Row | None:
    company = seen.take(reader, line)
    number = reader.take("number", values.code, needed=True)
    issued_on = reader.take("issued_on", partial(values.day, zone=zone), needed=True)
    if issued_on is not None and issued_on > tomorrow:
        reader.complain("issued_on", f"«{issued_on:%d.%m.%Y}»: этот день ещё не наступил.")
    total = reader.take("total", _money)
    item, is_refund, currency = _item(reader, total)
    whole = {
        "currency": reader.take("currency", values.currency) or currency or (total[1] if total else None),
        "total": total[0] if total else None,
        "person": reader.take("person", partial(values.text, most=200)),
        "email": reader.take("email", email),
    }
    if not reader.is_good or company is None or number is None or issued_on is None or item is None:
        return None
    if is_refund and total:
        whole["total"] = -abs(total[0])
    told = {name: value for name, value in whole.items() if value is not None}
    return _Row(line, company, number, issued_on, is_refund, told, item)


def _item(reader: RowReader, total: tuple[Decimal, str | None] | None) -> tuple[Line | None, bool, str | None]:
    """The line a row holds, whether it was given back, and the currency beside its amount."""
    sku = reader.take("sku", partial(values.code, most=200))
    name = reader.take("item", partial(values.text, most=500))
    category = reader.take("category", partial(values.text, most=200))
    kind = reader.take("kind", partial(values.text, most=200))
    counted = reader.take("quantity", partial(values.quantity, signed=True))
    price, amount = reader.take("price", _money), reader.take("amount", _money)
    if not reader.is_good:
        return None, False, None
    if sku is None and name is None:
        reader.complain("item" if reader.has("item") else "sku", "пусто, а без этого строку не принять.")
    if counted == 0:
        reader.complain("quantity", "«0»: ожидается количество, и не ноль.")
        return None, False, None
    if amount is None and price is None and (total is None or reader.has("amount") or reader.has("price")):
        reader.complain("amount" if reader.has("amount") else "price", "нет ни цены, ни суммы.")
        return None, False, None
    is_refund = _GIVEN_BACK in (kind or "").lower() or any(
        one < 0 for one in (counted, amount and amount[0], price and price[0]) if one is not None
    )
    pieces = abs(counted) if counted is not None else Decimal(1)
    money = amount or price or total
    assert money is not None
    is_refund |= money[0] < 0
    summed = abs(money[0]) if amount or not price else (abs(price[0]) * pieces).quantize(_CENT)
    if summed > MOST_MONEY:
        reader.complain("price", f"цена, умноженная на количество, больше {MOST_MONEY:f}.")
    each = abs(price[0]) if price else (summed / pieces).quantize(_CENT)
    sign = -1 if is_refund else 1
    line = Line(name or sku or "", pieces * sign, each, summed * sign, sku=sku, category=category)
    return line, is_refund, money[1]


def _put_together(checked: Checked, reader: RowReader, read: list[_Row], usual: str) -> None:
    settled = checked.seen.settle({row.company for row in read})
    drafts: dict[tuple[str, str, bool, int], _Draft] = {}
    for row in read:
        key = (settled[row.company], row.number, row.is_refund, row.issued_on.year)
        draft = drafts.setdefault(key, _Draft(row.line, row.issued_on))
        if draft.issued_on != row.issued_on:
            other = f"{draft.issued_on:%d.%m.%Y}"
            reader.complain(
                "issued_on", f"не так, как в строке {draft.line} того же счёта: там «{other}».", line=row.line
            )
        for name, value in row.whole.items():
            if draft.whole.setdefault(name, value) != value:
                other = values.shown(draft.whole[name])
                reader.complain(name, f"не так, как в строке {draft.line} того же счёта: там «{other}».", line=row.line)
        draft.lines.append(row.item)
    for (company, number, is_refund, _), draft in drafts.items():
        invoice = _invoice(number, draft, is_refund, usual)
        if problem := invoices.wrong(invoice):
            reader.complain("total" if reader.has("total") else "number", f"«{number}»: {problem}", line=draft.line)
        checked.sold.append((company, _made_out_to(checked, company, draft), invoice))


def _invoice(number: str, draft: _Draft, is_refund: bool, usual: str) -> invoices.Told:
    summed = sum((line.amount for line in draft.lines), Decimal(0))
    return invoices.Told(
        company_id=0,
        number=number,
        issued_on=draft.issued_on,
        currency=draft.whole.get("currency", usual),
        total=draft.whole.get("total", summed),
        lines=draft.lines,
        is_refund=is_refund,
    )


def _made_out_to(checked: Checked, company: str, draft: _Draft) -> str | None:
    """The key of the person an invoice names; an address without a name is nobody's."""
    name, address = draft.whole.get("person"), draft.whole.get("email")
    if name is None:
        return None
    key = naming.person_key(name, address)
    checked.persons.setdefault((company, key), people.Told(0, name, email=address))
    return key
