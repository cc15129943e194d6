"""Companies, the people in them and their invoices, page by page, found by name, number or address."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.orders.models import Product
from saudager.sales import naming
from saudager.sales.models import Company, Invoice, InvoiceLine, Person

PAGE = 50
T = TypeVar("T")


@dataclass(slots=True)
class Listed:
    """A company with what a list shows of it; sums are less what was given back, by currency."""

    company: Company
    people: int = 0
    invoices: int = 0
    last_on: date | None = None
    sums: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list, and what the next one begins after."""

    rows: Sequence[T]
    following: int | None


def companies(session: Session, *, query: str = "", after: int | None = None, most: int = PAGE) -> Page[Listed]:
    """Companies by name; ``after`` is the id of the last one of the page before."""
    found = select(Company).order_by(Company.plain, Company.id)
    if words := query.strip():
        found = found.where(_fits(words))
    if after is not None:
        last = select(Company.plain, Company.id).where(Company.id == after).scalar_subquery()
        found = found.where(tuple_(Company.plain, Company.id) > last)
    rows, following = _cut(session, found, most)
    listed = {company.id: Listed(company) for company in rows}
    _count(session, listed)
    return Page(list(listed.values()), following)


def company(session: Session, company_id: int) -> tuple[Listed, list[Person]]:
    """A company and its people. Raises NotFound."""
    known = session.get(Company, company_id)
    if known is None:
        raise NotFound(f"Компании {company_id} нет.")
    listed = Listed(known)
    _count(session, {company_id: listed})
    return listed, list(session.scalars(select(Person).where(Person.company_id == company_id).order_by(Person.id)))


def person(session: Session, person_id: int) -> Person:
    """Raises NotFound."""
    known = session.get(Person, person_id)
    if known is None:
        raise NotFound(f"Человека {person_id} нет.")
    return known


def invoices(
    session: Session, company_id: int, *, after: int | None = None, most: int = PAGE
) -> Page[tuple[Invoice, list[InvoiceLine]]]:
    """A company's invoices with their lines, the newest first. Raises NotFound when there is no such company."""
    if session.get(Company, company_id) is None:
        raise NotFound(f"Компании {company_id} нет.")
    found = (
        select(Invoice).where(Invoice.company_id == company_id).order_by(Invoice.issued_on.desc(), Invoice.id.desc())
    )
    if after is not None:
        last = select(Invoice.issued_on, Invoice.id).where(Invoice.id == after).scalar_subquery()
        found = found.where(tuple_(Invoice.issued_on, Invoice.id) < last)
    rows, following = _cut(session, found, most)
    lines: dict[int, list[InvoiceLine]] = {one.id: [] for one in rows}
    theirs = select(InvoiceLine).where(InvoiceLine.invoice_id.in_(lines)).order_by(InvoiceLine.number)
    for line in session.scalars(theirs):
        lines[line.invoice_id].append(line)
    return Page([(one, lines[one.id]) for one in rows], following)


def products(session: Session, *, query: str = "", after: int | None = None, most: int = PAGE) -> Page[Product]:
    """The catalogue, as letters may offer it."""
    found = select(Product).order_by(Product.id)
    if words := query.strip():
        spelled = {words, words.lower(), words.upper(), words.capitalize()}
        by_name = [Product.name.contains(one, autoescape=True) for one in spelled]
        found = found.where(or_(*by_name, Product.sku.startswith(words, autoescape=True)))
    if after is not None:
        found = found.where(Product.id > after)
    rows, following = _cut(session, found, most)
    return Page(rows, following)


def _fits(words: str) -> Any:
    plain = naming.plain_company(words)
    of_person = select(Person.company_id).where(Person.email.startswith(words.lower(), autoescape=True))
    return or_(
        Company.plain.contains(plain, autoescape=True),
        Company.tax_id.startswith(words, autoescape=True),
        Company.id.in_(of_person),
    )


def _cut(session: Session, found: Select[T], most: int) -> tuple[Sequence[T], int | None]:
    rows: Sequence[Any] = session.scalars(found.limit(most + 1)).all()
    return rows[:most], rows[most - 1].id if len(rows) > most else None


def _count(session: Session, listed: dict[int, Listed]) -> None:
    """Fill in what is counted, with two statements for the whole page."""
    people = select(Person.company_id, func.count()).where(Person.company_id.in_(listed)).group_by(Person.company_id)
    for company_id, count in session.execute(people):
        listed[company_id].people = count
    sums = (
        select(
            Invoice.company_id,
            Invoice.currency,
            func.sum(Invoice.total),
            func.count().filter(~Invoice.is_refund),
            func.max(Invoice.issued_on).filter(~Invoice.is_refund),
        )
        .where(Invoice.company_id.in_(listed))
        .group_by(Invoice.company_id, Invoice.currency)
        .order_by(Invoice.currency)
    )
    for company_id, currency, total, count, last_on in session.execute(sums):
        one = listed[company_id]
        one.sums[currency] = total
        one.invoices += count
        one.last_on = max(filter(None, (one.last_on, last_on)), default=None)
