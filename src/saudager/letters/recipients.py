"""Who can be written to, and what can be offered: found by a person who is about to ask for a letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.orders.models import Product
from saudager.sales.models import Company, Person

MOST_FOUND, MOST_OFFERED = 30, 200


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody and his company."""

    person: Person
    company: Company


def one(session: Session, person_id: int) -> Recipient:
    """Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("Такого получателя нет.")
    return Recipient(person, session.get_one(Company, person.company_id))


def found(session: Session, query: str) -> list[Recipient]:
    """Those with the words in their name, address or company's name, those with an address first; the newest when
    nothing is looked for."""
    people = select(Person, Company).join(Company, Company.id == Person.company_id)
    if words := query.strip():
        people = people.where(holds(session, words, Person.name, Person.email, Company.name))
    order = (Person.email.is_(None), Person.id.desc())
    return [Recipient(*row) for row in session.execute(people.order_by(*order).limit(MOST_FOUND))]


def holds(session: Session, words: str, *columns: Any) -> ColumnElement[bool]:
    """Whether one of the columns holds the words, in whichever case."""
    folded = func.lower if session.info["kind"].IS_SERVER else func.folded
    return or_(*(folded(column).contains(words.lower(), autoescape=True) for column in columns))


def catalogue(session: Session) -> Sequence[Product]:
    """What can be offered, by name."""
    return session.scalars(select(Product).order_by(Product.name, Product.id).limit(MOST_OFFERED)).all()
