"""Deals: a customer who said yes has one until somebody of the shop closes it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.db.statements import insert_into
from saudager.sales.models import Deal


def open_deal(session: Session, contact_id: int, conversation_id: int, summary: str, now: datetime) -> Deal | None:
    """Open a deal with a customer; None when he has an open one already."""
    row = _OPEN(
        session, contact_id=contact_id, conversation_id=conversation_id, summary=summary, opened_at=now
    ).fetchone()
    return None if row is None else session.get_one(Deal, row[0])


def renew(session: Session, contact_id: int, summary: str) -> Deal:
    """Keep what the customer has agreed to now in his open deal."""
    deal = session.scalars(select(Deal).where(Deal.contact_id == contact_id, Deal.closed_at.is_(None))).one()
    deal.summary = summary
    return deal


_OPEN = insert_into(
    "deals",
    ("contact_id", "conversation_id", "summary", "opened_at"),
    "on conflict (contact_id) where closed_at is null do nothing returning id",
)
