"""Whose line is it: one person behind a phone, a chat, a hidden id; joined when we learn that they are his."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from saudager.contracts import IncomingMessage, is_mailbox
from saudager.conversations import merging, refusals
from saudager.conversations.models import Contact, Identity
from saudager.db.statements import Statement, insert_into

Names = Sequence[tuple[str, str]]
EMAIL = "email"
"""The kind of a name that is an address in small letters."""

_KNOWN = Statement("select contact_id from identities where kind = :kind and value = :value")
_NEW_CONTACT = insert_into("contacts", ("created_at", "updated_at"), "returning id")
_NAME = insert_into("identities", ("kind", "value", "contact_id"))


def names_of(incoming: IncomingMessage) -> Names:
    """Every name a line gives its contact, as (kind, value), surest first."""
    if is_mailbox(incoming.account):
        return [(EMAIL, incoming.chat)]
    names = [("chat", incoming.chat)]
    if incoming.phone_number:
        names.insert(0, ("phone", incoming.phone_number))
    if incoming.contact.lid:
        names.append(("lid", incoming.contact.lid))
    if incoming.contact.bsuid:
        names.append(("bsuid", incoming.contact.bsuid))
    return names


def recognise(session: Session, names: Names, *, now: datetime) -> int:
    """The contact behind these names: found, or new; several that now prove to be one person are merged."""
    found = {name: _KNOWN(session, kind=name[0], value=name[1]).fetchone() for name in names}
    contacts = sorted({row[0] for row in found.values() if row is not None})
    if contacts:
        contact: int = contacts[0]
        for other in contacts[1:]:
            merging.merge(session, contact, other, now=now)
    else:
        contact = _NEW_CONTACT(session, created_at=now, updated_at=now).fetchone()[0]
    new = [name for name, row in found.items() if row is None]
    for kind, value in new:
        _NAME(session, kind=kind, value=value, contact_id=contact)
    refusals.recall(session, contact, new)
    return contact


def meet(session: Session, phones: Iterable[str], *, now: datetime) -> dict[str, Contact]:
    """The contact of each of many numbers, found or new, with few statements; a new one is stored with the flush."""
    wanted = set(phones)
    found = (
        select(Identity.value, Contact)
        .join(Contact, Contact.id == Identity.contact_id)
        .where(Identity.kind == "phone", Identity.value.in_(wanted))
    )
    contacts = {phone: contact for phone, contact in session.execute(found)}  # noqa: C416
    new = {
        phone: Contact(phone_number=phone, created_at=now, updated_at=now) for phone in sorted(wanted - set(contacts))
    }
    if new:
        session.add_all(new.values())
        session.flush()
        session.execute(
            insert(Identity),
            [{"kind": "phone", "value": phone, "contact_id": contact.id} for phone, contact in new.items()],
        )
        if refusals.are_kept(session):
            for phone, contact in new.items():
                refusals.recall(session, contact.id, [("phone", phone)])
    return contacts | new


def with_phone(session: Session, phone: str) -> int | None:
    """The contact known by this number, or None."""
    row = _KNOWN(session, kind="phone", value=phone).fetchone()
    return None if row is None else int(row[0])
