"""How far the contacts of a time came: wrote, proved to be customers, agreed on a call, bought."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import Statement


@dataclass(frozen=True, slots=True)
class Funnel:
    """Contacts who turned up since a moment, and how many of the same came how far by now; nobody counts twice."""

    contacts: int
    customers: int
    called: int
    """Agreed on a call, whatever became of it."""
    bought: int
    """Made a deal or bought something."""


def funnel(session: Session, since: datetime) -> Funnel:
    """Of the contacts known since the moment."""
    contacts, customers = _CONTACTS(session, since=since).fetchone()
    return Funnel(
        contacts=contacts,
        customers=customers or 0,
        called=_CALLED(session, since=since).fetchone()[0],
        bought=_BOUGHT(session, since=since).fetchone()[0],
    )


_CONTACTS = Statement("""
    select count(*), count(case when is_client then 1 end) from contacts
    where created_at >= :since and merged_into_id is null""")
_CALLED = Statement("""
    select count(distinct s.contact_id) from scheduled_calls s join contacts k on k.id = s.contact_id
    where s.created_at >= :since and k.created_at >= :since and k.is_client""")
_BOUGHT = Statement("""
    select count(*) from (
        select d.contact_id from deals d join contacts k on k.id = d.contact_id
        where d.opened_at >= :since and k.created_at >= :since and k.is_client
        union select id from contacts
        where last_purchase_at >= :since and created_at >= :since and is_client) bought""")
