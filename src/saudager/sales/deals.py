"""Deals: a customer who said yes has one until somebody of the shop closes it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.db.statements import insert_into
from saudager.errors import Refused
from saudager.sales.models import Deal


class Outcome(StrEnum):
    """How somebody of the shop closed a deal."""

    WON = "won"
    LOST = "lost"


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


def close(session: Session, deal_id: int, outcome: Outcome, *, now: datetime) -> Deal:
    """The deal came to an end; raises Refused when it has already, or there is none."""
    deal = session.get(Deal, deal_id)
    if deal is None or deal.closed_at is not None:
        raise Refused("Эта сделка уже закрыта.")
    deal.closed_at, deal.outcome = now, outcome
    return deal


def reopen(session: Session, deal_id: int) -> Deal:
    """It was closed by mistake; raises Refused when it is open, or the contact has another open one."""
    deal = session.get(Deal, deal_id)
    if deal is None or deal.closed_at is None:
        raise Refused("Эта сделка и так открыта.")
    if session.scalar(select(Deal.id).where(Deal.contact_id == deal.contact_id, Deal.closed_at.is_(None))):
        raise Refused("У клиента уже есть другая открытая сделка.")
    deal.closed_at = deal.outcome = None
    return deal


_OPEN = insert_into(
    "deals",
    ("contact_id", "conversation_id", "summary", "opened_at"),
    "on conflict (contact_id) where closed_at is null do nothing returning id",
)
