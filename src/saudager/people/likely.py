"""Who may be the same person: the same number in another form, the same e-mail, the same full name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact, Identity
from saudager.phones import normalise_phone

_MOST = 10
_KNOWN = (Contact.merged_into_id.is_(None), Contact.erased_at.is_(None))
_NATIONAL = 10
"""Digits of a number without the country's code."""


class Sign(StrEnum):
    """What two contacts have in common, surest first."""

    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Likely:
    """Another contact that may be the same person."""

    contact: Contact
    sign: Sign


def like(session: Session, contact_id: int) -> list[Likely]:
    """The ten likeliest others, surest first. A single given name is no sign: there are many of each."""
    contact = session.get_one(Contact, contact_id)
    names = session.scalars(select(Identity).where(Identity.contact_id == contact_id)).all()
    found: dict[int, Likely] = {}
    for sign, others in (
        (Sign.PHONE, _with_values(session, _forms(contact, names))),
        (Sign.EMAIL, _with_values(session, [_mailbox(one.value) for one in names if one.kind == "email"])),
        (Sign.NAME, _with_names(session, _full_names(contact))),
    ):
        for other in others:
            if other.id != contact_id:
                found.setdefault(other.id, Likely(other, sign))
    return list(found.values())[:_MOST]


def namesakes(session: Session, *, limit: int = 50) -> list[tuple[str, Sequence[Contact]]]:
    """Full names borne by several contacts, with them, the commonest first."""
    several = (
        select(Contact.full_name)
        .where(Contact.full_name.contains(" "))
        .group_by(Contact.full_name)
        .having(func.count() > 1)
        .order_by(func.count().desc(), Contact.full_name)
        .limit(limit)
    )
    of_name: dict[str, list[Contact]] = {name: [] for name in session.scalars(several) if name}
    bearers = select(Contact).where(Contact.full_name.in_(of_name), *_KNOWN).order_by(Contact.id).limit(limit * _MOST)
    for contact in session.scalars(bearers):
        of_name[contact.full_name or ""].append(contact)
    return [(name, contacts) for name, contacts in of_name.items() if len(contacts) > 1]


def _forms(contact: Contact, names: Sequence[Identity]) -> list[str]:
    """His numbers as messengers and people write them."""
    written = {contact.phone_number, *(one.value for one in names if one.kind in ("phone", "chat"))}
    numbers = {number for one in written if one and (number := normalise_phone(one))}
    return sorted(form for number in numbers for form in _spelled(number))


def _spelled(number: str) -> Iterator[str]:
    national = number[-_NATIONAL:]
    yield from (number, f"+{number}", f"8{national}", national, f"{number}@c.us", f"{number}@s.whatsapp.net")


def _mailbox(address: str) -> str:
    return address.strip().lower()


def _full_names(contact: Contact) -> list[str]:
    """Names of at least two words, as they may be written."""
    known = {" ".join(name.split()) for name in (contact.full_name, contact.name) if name and " " in name.strip()}
    return sorted({form for name in known for form in (name, name.title(), name.upper(), name.lower())})


def _with_values(session: Session, values: Sequence[str]) -> Sequence[Contact]:
    if not values:
        return ()
    bearers = select(Identity.contact_id).where(
        Identity.kind.in_(("phone", "chat", "email")), Identity.value.in_(values)
    )
    return _known(session, Contact.id.in_(bearers))


def _with_names(session: Session, names: Sequence[str]) -> Sequence[Contact]:
    return _known(session, or_(Contact.full_name.in_(names), Contact.name.in_(names))) if names else ()


def _known(session: Session, condition: ColumnElement[bool]) -> Sequence[Contact]:
    found = select(Contact).where(condition, *_KNOWN)
    return session.scalars(found.order_by(Contact.id).limit(_MOST + 1)).all()
