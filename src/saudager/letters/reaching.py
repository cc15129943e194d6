"""Whom a letter reaches: the contact behind a person's address, and what he wishes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.contracts import MessageClass
from saudager.conversations import identity
from saudager.conversations.identity import EMAIL
from saudager.db.statements import Statement
from saudager.outreach import consent, holdout, policy


@dataclass(frozen=True, slots=True)
class Reader:
    """A person of a company as he is written to."""

    person_id: int
    name: str
    email: str
    contact_id: int | None
    """Who he is known as already, by his orders or his letters."""
    company: str


def contact_of(session: Session, reader: Reader, *, now: datetime) -> int:
    """The contact known by the address, made when nobody is. A person known by other names gets his address added; the
    address of another contact, which several people may read, makes nobody one person."""
    row = _KNOWN(session, email=reader.email).fetchone()
    if row is not None:
        contact: int = row[0]
    else:
        other = None if reader.contact_id is None else _ANOTHER_NAME(session, contact=reader.contact_id).fetchone()
        names = [(EMAIL, reader.email)] if other is None else [(other[0], other[1]), (EMAIL, reader.email)]
        contact = identity.recognise(session, names, now=now)
        _CALL(session, contact=contact, name=reader.name or None, company=reader.company)
    if reader.contact_id is None:
        _MET(session, person=reader.person_id, contact=contact)
    return contact


def draw_group(session: Session, contact_id: int, share: float, *, now: datetime) -> None:
    """See that he belongs to those who get offers or to those who get none, while there is such a trial."""
    if share > 0:
        phone = _PHONE(session, contact=contact_id).fetchone()[0]
        holdout.assign(session, contact_id, phone, share, now=now)


def wishes_nothing(session: Session, reader: Reader, contact_id: int, message_class: MessageClass) -> bool:
    """Whether the person himself, known as another contact than his address, has asked not to get such messages."""
    if reader.contact_id is None or reader.contact_id == contact_id:
        return False
    return policy.is_stopped(message_class, consent.standing(session, reader.contact_id))


_KNOWN = Statement("select contact_id from identities where kind = 'email' and value = :email")
_ANOTHER_NAME = Statement("""
    select i.kind, i.value from identities i join contacts c on c.id = i.contact_id
    where i.contact_id = :contact and c.erased_at is null order by i.kind, i.value limit 1""")
_CALL = Statement("""
    update contacts set name = coalesce(name, :name), business_name = coalesce(business_name, :company)
    where id = :contact""")
_MET = Statement("update persons set contact_id = :contact where id = :person and contact_id is null")
_PHONE = Statement("select phone_number from contacts where id = :contact")
