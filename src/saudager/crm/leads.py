"""Whose a lead is: its main contact with the address he is written to, and the open leads of a contact of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.conversations import identity
from saudager.conversations.identity import EMAIL
from saudager.conversations.models import Contact, Identity
from saudager.crm.models import CrmConnection, CrmContact, CrmLead
from saudager.db.statements import Statement


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a letter of a lead: a contact of ours, at one of his addresses."""

    contact_id: int
    email: str
    name: str


def about(lead_id: int) -> str:
    """What desk, events and rules call a lead."""
    return f"lead:{lead_id}"


def are_any(session: Session) -> bool:
    """Whether there are any to look for; costs next to nothing."""
    return _ARE_ANY(session).fetchone() is not None


def main_contact(session: Session, lead: CrmLead) -> CrmContact | None:
    """Whose the lead is, as the CRM knows him."""
    if lead.contact_vendor_id is None:
        return None
    return session.scalars(
        select(CrmContact).where(
            CrmContact.connection_id == lead.connection_id,
            CrmContact.vendor_id == lead.contact_vendor_id,
            CrmContact.is_deleted.is_(False),
        )
    ).one_or_none()


def open_of(session: Session, contact_id: int) -> Sequence[CrmLead]:
    """His leads that are neither closed nor deleted, in CRMs that are connected, the one changed last first."""
    return session.scalars(
        select(CrmLead)
        .join(
            CrmContact,
            (CrmContact.connection_id == CrmLead.connection_id) & (CrmContact.vendor_id == CrmLead.contact_vendor_id),
        )
        .join(CrmConnection, CrmConnection.id == CrmLead.connection_id)
        .where(
            CrmContact.contact_id == contact_id,
            CrmLead.closed_at.is_(None),
            CrmLead.is_deleted.is_(False),
            CrmConnection.disconnected_at.is_(None),
        )
        .order_by(CrmLead.changed_at.desc(), CrmLead.id.desc())
    ).all()


def reader(session: Session, lead: CrmLead, *, now: datetime) -> Reader | None:
    """Who is written to about the lead: its main contact at his first address; None when nobody knows one, or he was
    erased. Whoever is known by the address already is that contact, so that nobody becomes two people or half of one.
    """
    known = main_contact(session, lead)
    if known is None:
        return None
    email = known.emails[0] if known.emails else _address_of(session, known.contact_id)
    if not email:
        return None
    contact_id = _known_by(session, email)
    if contact_id is None:
        other = None if known.contact_id is None else _another_name(session, known.contact_id)
        names = [(EMAIL, email)] if other is None else [other, (EMAIL, email)]
        contact_id = identity.recognise(session, names, now=now)
    if session.get_one(Contact, contact_id).erased_at is not None:
        return None
    return Reader(contact_id, email, known.name)


def _address_of(session: Session, contact_id: int | None) -> str | None:
    query = select(Identity.value).where(Identity.contact_id == contact_id, Identity.kind == EMAIL)
    return session.scalar(query.order_by(Identity.value).limit(1))


def _known_by(session: Session, email: str) -> int | None:
    return session.scalar(select(Identity.contact_id).where(Identity.kind == EMAIL, Identity.value == email))


def _another_name(session: Session, contact_id: int) -> tuple[str, str] | None:
    query = select(Identity.kind, Identity.value).where(Identity.contact_id == contact_id)
    row = session.execute(query.order_by(Identity.kind, Identity.value).limit(1)).first()
    return None if row is None else (row[0], row[1])


_ARE_ANY = Statement("select 1 from crm_connections where disconnected_at is null limit 1")
