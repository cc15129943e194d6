"""Marketplace orders that were delivered become invoices of private persons; what was sent back after that, refunds."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.conversations.models import Contact, Identity
from saudager.db.statements import Statement, moment
from saudager.orders.models import Order, OrderLine
from saudager.providers.marketplace import Stage
from saudager.queues import tasks
from saudager.sales import companies, invoices, naming, people
from saudager.sales.invoices import Line
from saudager.sales.models import Invoice, InvoiceLine
from saudager.sales.stored import AT_ONCE, hold

TASK = "sales_from_orders"
_SENT_BACK = frozenset({Stage.CANCELLED, Stage.RETURNED})
_NAMELESS = "Товары заказа"
_CENT = Decimal("0.01")
_ORDERS: Table = Order.__table__  # type: ignore[assignment]
_log = logging.getLogger(__name__)


def next_due(session: Session) -> datetime | None:
    """When the oldest of the orders changed that sales have not looked at since."""
    return moment(_OLDEST(session).fetchone()[0])


def ask(session: Session, *, now: datetime) -> None:
    """Have changed orders looked at, if there are any. Named as ``schedule.keep_due`` does, so that one asks."""
    if next_due(session) is not None:
        tasks.enqueue(session, TASK, task_id=f"due:{TASK}:{now:%Y-%m-%dT%H:%MZ}", now=now)


async def work(app: App, task_id: str) -> int:
    """The task: look at every order that changed, a few hundred in a transaction; how many there were."""
    looked_at = 0
    while count := await app.db.run(take, zone=app.settings.zone, now=app.clock.now()):
        looked_at += count
        await app.db.run(tasks.report_progress, task_id, f"заказов просмотрено: {looked_at}")
    return looked_at


def take(session: Session, *, zone: ZoneInfo, now: datetime, most: int = AT_ONCE) -> int:
    """Look at the next orders that changed and store what they tell; how many. The same orders again change nothing.

    An invoice is dated as the order was placed and follows its order to the contact the order is of now. Orders without
    a contact, and those whose buyer was erased, are left out. A discount on the whole order is spread over its lines.
    """
    hold(session)
    ids = [row[0] for row in _CHANGED(session, most=most).fetchall()]
    if not ids:
        return 0
    orders = session.scalars(select(Order).where(Order.id.in_(ids)).order_by(Order.id)).all()
    known = _invoices(session, ids)
    contacts = _contacts(session, orders)
    sold = [one for one in orders if one.contact_id in contacts and _was_sold(one, known)]
    companies_of, persons_of = _buyers(session, [contacts[one.contact_id] for one in sold if one.contact_id], now=now)
    lines = _lines(session, [one.id for one in sold])
    taken = _numbers(session, sold, companies_of)
    told: list[invoices.Told] = []
    for order in sold:
        assert order.contact_id is not None
        company = companies_of[order.contact_id]
        _follow(session, order, company, taken[order.id], known, now=now)
        invoice = invoices.Told(
            company_id=company,
            number=taken[order.id],
            issued_on=order.placed_at.astimezone(zone).date(),
            currency=order.currency,
            total=Decimal(0),
            lines=_as_sold(order, lines.get(order.id, ())),
            person_id=persons_of[order.contact_id],
            order_id=order.id,
        )
        invoice = replace(invoice, total=sum((line.amount for line in invoice.lines), Decimal(0)))
        if problem := invoices.wrong(invoice):
            _log.warning("order %s is no invoice: %s", order.id, problem)
            continue
        told.append(invoice)
        if Stage(order.stage) in _SENT_BACK:
            refund = known.get((order.id, True))
            back_on = refund.issued_on if refund else order.read_at.astimezone(zone).date()
            told.append(invoices.given_back(invoice, issued_on=back_on))
    invoices.store(session, told, now=now)
    _take_back_refunds(session, orders, known)
    session.execute(update(_ORDERS).where(_ORDERS.c.id.in_(ids)).values(for_sales=False))
    return len(ids)


def _was_sold(order: Order, known: dict[tuple[int, bool], Invoice]) -> bool:
    """It was delivered, or it was and came back since."""
    return order.stage == Stage.DELIVERED or (
        Stage(order.stage) in _SENT_BACK and ((order.id, False) in known or order.delivered_at is not None)
    )


def _invoices(session: Session, orders: Sequence[int]) -> dict[tuple[int, bool], Invoice]:
    found = session.scalars(select(Invoice).where(Invoice.order_id.in_(orders)))
    return {(one.order_id, one.is_refund): one for one in found if one.order_id is not None}


def _contacts(session: Session, orders: Iterable[Order]) -> dict[int | None, Contact]:
    ids = {order.contact_id for order in orders if order.contact_id is not None}
    found = session.scalars(select(Contact).where(Contact.id.in_(ids), Contact.erased_at.is_(None)))
    return {one.id: one for one in found}


def _buyers(session: Session, contacts: Iterable[Contact], *, now: datetime) -> tuple[dict[int, int], dict[int, int]]:
    """The company and the person each contact is."""
    buyers = {contact.id: contact for contact in contacts}
    his = select(Identity.contact_id, Identity.value).where(Identity.kind == "email", Identity.contact_id.in_(buyers))
    emails = {id: naming.email(value) for id, value in session.execute(his.order_by(Identity.value.desc()))}
    names = {id: one.name or one.full_name or one.phone_number or "Покупатель" for id, one in buyers.items()}
    firms = [companies.Told(names[id], key=f"contact:{id}", is_person=True, contact_id=id) for id in buyers]
    of = dict(zip(buyers, companies.store(session, firms, now=now).ids, strict=True))
    told = [
        people.Told(
            of[id],
            names[id],
            key=f"contact:{id}",
            email=emails.get(id),
            phone=contact.phone_number,
            contact_id=id,
        )
        for id, contact in buyers.items()
    ]
    return of, dict(zip(buyers, people.store(session, told, now=now).ids, strict=True))


def _numbers(session: Session, orders: Sequence[Order], companies_of: dict[int, int]) -> dict[int, str]:
    """An invoice's number is that of its order, with the shop's behind it where another shop has the same one."""
    codes = {order.code for order in orders}
    stored = select(Invoice.company_id, Invoice.number, Invoice.order_id).where(
        Invoice.company_id.in_(set(companies_of.values())), Invoice.number.in_(codes), ~Invoice.is_refund
    )
    owners = {(company, number): order for company, number, order in session.execute(stored)}
    numbers: dict[int, str] = {}
    for order in orders:
        company = companies_of[order.contact_id or 0]
        is_free = owners.setdefault((company, order.code), order.id) == order.id
        numbers[order.id] = order.code if is_free else f"{order.code}/{order.shop_id}"
    return numbers


def _follow(
    session: Session, order: Order, company: int, number: str, known: dict[tuple[int, bool], Invoice], *, now: datetime
) -> None:
    """The invoices of an order whose contact is another one now go with it."""
    for is_refund in (False, True):
        invoice = known.get((order.id, is_refund))
        if invoice is not None and (invoice.company_id, invoice.number) != (company, number):
            invoice.company_id, invoice.number, invoice.updated_at = company, number, now
    session.flush()


def _lines(session: Session, orders: Sequence[int]) -> dict[int, list[OrderLine]]:
    found = select(OrderLine).where(OrderLine.order_id.in_(orders)).order_by(OrderLine.order_id, OrderLine.number)
    lines: dict[int, list[OrderLine]] = {}
    for line in session.scalars(found):
        lines.setdefault(line.order_id, []).append(line)
    return lines


def _as_sold(order: Order, lines: Sequence[OrderLine]) -> list[Line]:
    """The lines with what was paid for them; an order nobody told the lines of has one."""
    if not lines:
        return [Line(_NAMELESS, Decimal(1), order.total, order.total)]
    summed = sum((line.total for line in lines), Decimal(0))
    share = order.total / summed if Decimal(0) < order.total < summed else Decimal(1)
    amounts = [(line.total * share).quantize(_CENT) for line in lines]
    if share != 1:
        amounts[-1] += order.total - sum(amounts, Decimal(0))
    return [
        Line(
            line.name or line.sku or _NAMELESS,
            line.quantity if line.quantity > 0 else Decimal(1),
            line.price,
            amount,
            sku=line.sku,
            category=line.category,
        )
        for line, amount in zip(lines, amounts, strict=True)
    ]


def _take_back_refunds(session: Session, orders: Iterable[Order], known: dict[tuple[int, bool], Invoice]) -> None:
    """An order that was said to be sent back, and is delivered all the same."""
    wrong: list[Any] = [
        known[order.id, True].id for order in orders if order.stage == Stage.DELIVERED and (order.id, True) in known
    ]
    if wrong:
        session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id.in_(wrong)))
        session.execute(delete(Invoice).where(Invoice.id.in_(wrong)))


_OLDEST = Statement("select min(read_at) from orders where for_sales")
_CHANGED = Statement("select id from orders where for_sales order by read_at, id limit :most for update skip locked")
