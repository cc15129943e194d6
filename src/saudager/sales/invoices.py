"""Invoices as somebody tells of them: what is told again with other lines is written anew, all else stays."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Table, delete, insert, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import Refused
from saudager.sales import naming
from saudager.sales.currencies import CURRENCIES
from saudager.sales.models import Invoice, InvoiceLine
from saudager.sales.stored import Stored, batches, changes, hold, write_changes
from saudager.words import storable

MOST_LINES = 1_000
"""Of one invoice."""
_TABLE: Table = Invoice.__table__  # type: ignore[assignment]
_LINES: Table = InvoiceLine.__table__  # type: ignore[assignment]
_TOLD = ("person_id", "issued_on", "currency", "total", "order_id")
_ROW = select(*(_TABLE.c[name] for name in ("id", "company_id", "number", "is_refund", *_TOLD)))
_LINE = ("number", "product", "sku", "name", "category", "quantity", "price", "amount")
_LINE_ROW = select(_LINES.c.invoice_id, *(_LINES.c[name] for name in _LINE))

_Key = tuple[int, str, bool]


@dataclass(frozen=True, slots=True)
class Line:
    """A product of an invoice; of a refund ``quantity`` and ``amount`` are below zero, ``price`` never is."""

    name: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    sku: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An invoice, or what was given back of one: a refund goes by its own number or by that of its invoice."""

    company_id: int
    number: str
    issued_on: date
    currency: str
    total: Decimal
    lines: Sequence[Line]
    is_refund: bool = False
    person_id: int | None = None
    order_id: int | None = None

    @property
    def known_by(self) -> _Key:
        return self.company_id, storable(self.number), self.is_refund


def wrong(told: Told) -> str | None:
    """What is wrong with an invoice, as a Russian sentence."""
    if told.currency not in CURRENCIES:
        return f"валюты «{told.currency}» нет: ожидается код из трёх букв, например KZT."
    if not told.lines:
        return "в счёте нет ни одной строки."
    if len(told.lines) > MOST_LINES:
        return f"в счёте {len(told.lines)} строк, а принимаем до {MOST_LINES}."
    summed = sum((line.amount for line in told.lines), Decimal(0))
    if summed != told.total:
        return f"сумма счёта {told.total:.2f} не равна сумме его строк {summed:.2f}."
    sign = -1 if told.is_refund else 1
    if any(line.quantity * sign <= 0 or line.amount * sign < 0 for line in told.lines):
        return (
            "в возврате количество и суммы строк пишут со знаком минус."
            if told.is_refund
            else "в счёте, который не возврат, количество и суммы не бывают меньше нуля."
        )
    if any(line.price < 0 for line in told.lines):
        return "цена не бывает меньше нуля: со знаком минус пишут количество и сумму возврата."
    return None


def store(session: Session, told: Sequence[Told], *, now: datetime) -> Stored:
    """Bring invoices up to date in the caller's transaction; of several tellings of one the last counts.

    Raises Refused for an invoice that does not add up or is of no known currency: then nothing is to be kept.
    """
    hold(session)
    stored = Stored()
    for batch in batches(told):
        stored.add(_store(session, batch, now=now))
    return stored


def of_their_years(session: Session, told: Sequence[Told]) -> list[Told]:
    """The same invoices, where another year has taken the number with the year behind it: many shops begin with
    number 1 every January, so ``1`` of 2026 is ``1/2026`` beside that of 2025."""
    years: dict[_Key, int] = {}
    for batch in batches(told):
        years |= {key: row.issued_on.year for key, row in _known(session, (one.known_by for one in batch)).items()}
    for one in sorted(told, key=lambda one: one.issued_on):
        years.setdefault(one.known_by, one.issued_on.year)
    return [
        one if years[one.known_by] == one.issued_on.year else replace(one, number=f"{one.number}/{one.issued_on.year}")
        for one in told
    ]


def given_back(sold: Told, *, issued_on: date) -> Told:
    """The refund of a whole invoice."""
    lines = [replace(line, quantity=-line.quantity, amount=-line.amount) for line in sold.lines]
    return replace(sold, is_refund=True, total=-sold.total, issued_on=issued_on, lines=lines)


def _store(session: Session, told: Sequence[Told], *, now: datetime) -> Stored:
    latest = {one.known_by: one for one in told}
    for one in latest.values():
        if problem := wrong(one):
            raise Refused(f"Счёт {one.number}: {problem}")
    known = _known(session, latest)
    lines = _lines(session, [row.id for row in known.values()])
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    rewritten: list[int] = []
    unchanged, written = 0, list[tuple[_Key, list[tuple[Any, ...]]]]()
    for key, one in latest.items():
        facts = {name: getattr(one, name) for name in _TOLD}
        invoice, its_lines = known.get(key), _rows(one)
        if invoice is None:
            named = dict(zip(("company_id", "number", "is_refund"), key, strict=True))
            new.append(named | facts | {"created_at": now, "updated_at": now})
            written.append((key, its_lines))
            continue
        news, has_other_lines = changes(invoice, facts, ()), lines.get(invoice.id, []) != its_lines
        if has_other_lines:
            rewritten.append(invoice.id)
            written.append((key, its_lines))
        if news or has_other_lines:
            changed.append(news | {"id": invoice.id, "updated_at": now})
        else:
            unchanged += 1
    ids = {key: invoice.id for key, invoice in known.items()}
    if new:
        made = insert(_TABLE).returning(_TABLE.c.company_id, _TABLE.c.number, _TABLE.c.is_refund, _TABLE.c.id)
        ids |= {(company, number, back): id for company, number, back, id in session.execute(made, new)}
    write_changes(session, _TABLE, changed)
    if rewritten:
        session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id.in_(rewritten)))
    if rows := [
        dict(zip(_LINE, line, strict=True)) | {"invoice_id": ids[key]} for key, some in written for line in some
    ]:
        session.execute(insert(_LINES), rows)
    return Stored([ids[one.known_by] for one in told], len(new), len(changed), unchanged)


def _known(session: Session, told: Iterable[_Key]) -> dict[_Key, Row[Any]]:
    wanted = json.dumps([list(key) for key in set(told)])
    ids = [row[0] for row in _FIND(session, wanted=wanted).fetchall()]
    found = session.execute(_ROW.where(_TABLE.c.id.in_(ids))) if ids else ()
    return {(row.company_id, row.number, row.is_refund): row for row in found}


def _lines(session: Session, invoices: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    lines: dict[int, list[tuple[Any, ...]]] = {}
    if invoices:
        found = _LINE_ROW.where(_LINES.c.invoice_id.in_(invoices)).order_by(_LINES.c.invoice_id, _LINES.c.number)
        for row in session.execute(found):
            lines.setdefault(row[0], []).append(tuple(row[1:]))
    return lines


def _rows(told: Told) -> list[tuple[Any, ...]]:
    """Lines as they are stored, in the order of ``_LINE``."""
    return [
        (
            number,
            storable(naming.product_key(line.sku, line.name)),
            line.sku and storable(line.sku),
            storable(line.name),
            line.category and storable(line.category),
            line.quantity,
            line.price,
            line.amount,
        )
        for number, line in enumerate(told.lines, 1)
    ]


_FIND = Statement(
    """
    select i.id from json_each(:wanted) asked join invoices i on i.company_id = json_extract(asked.value, '$[0]')
    and i.number = json_extract(asked.value, '$[1]') and i.is_refund = json_extract(asked.value, '$[2]')""",
    postgresql="""
    select i.id from json_array_elements(cast(:wanted as json)) asked
    join invoices i on i.company_id = cast(asked.value ->> 0 as bigint) and i.number = asked.value ->> 1
    and i.is_refund = cast(asked.value ->> 2 as boolean)""",
)
