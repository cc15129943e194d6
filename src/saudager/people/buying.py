"""A deal closed by a person: one that was won is a purchase, after which nobody is reminded of anything."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.errors import NotFound
from saudager.followups import plan
from saudager.sales import deals
from saudager.sales.deals import Outcome
from saudager.sales.models import Deal


def close(session: Session, contact_id: int, deal_id: int, outcome: Outcome, *, now: datetime) -> Deal:
    """Close a deal of the contact; raises NotFound when he has none such, Refused when it is closed."""
    _deal(session, contact_id, deal_id)
    deal = deals.close(session, deal_id, outcome, now=now)
    if outcome is Outcome.WON:
        plan.purchased(session, deal.contact_id, at=now, now=now)
    return deal


def reopen(session: Session, contact_id: int, deal_id: int) -> Deal:
    """Undo ``close``: what was no purchase after all is forgotten."""
    closed_at = _deal(session, contact_id, deal_id).closed_at
    deal = deals.reopen(session, deal_id)
    session.flush()
    contact = session.get_one(Contact, deal.contact_id)
    if contact.last_purchase_at is not None and contact.last_purchase_at == closed_at:
        won = select(func.max(Deal.closed_at)).where(Deal.contact_id == contact.id, Deal.outcome == Outcome.WON)
        contact.last_purchase_at = session.scalar(won)
    return deal


def _deal(session: Session, contact_id: int, deal_id: int) -> Deal:
    deal = session.get(Deal, deal_id)
    if deal is None or deal.contact_id != contact_id:
        raise NotFound("Такой сделки у этого контакта нет.")
    return deal
