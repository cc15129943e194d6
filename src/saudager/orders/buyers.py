"""Who ordered: the contact behind a number, who is a customer from his first order on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.conversations import identity
from saudager.conversations.models import Contact, Conversation
from saudager.outreach import holdout

BY_ORDER = "order"
BY_PERSON = "person"


@dataclass(frozen=True, slots=True)
class Seen:
    """A buyer as one order tells of him."""

    phone: str
    code: str
    name: str | None = None
    bought_at: datetime | None = None
    """None: an order that is not paid, or was cancelled, is no purchase."""


def contacts_of(session: Session, seen: Sequence[Seen], *, share: float, now: datetime) -> dict[str, int]:
    """The contact of each number, found or made: a customer now, unless a person said he is none.

    His follow-ups end by themselves, for he bought. A person's erased contact is not found again: who orders after that
    is new, and his wish not to be written to holds. ``share`` of them get no marketing (``holdout``).
    """
    if not seen:
        return {}
    met = identity.meet(session, {one.phone for one in seen}, now=now)
    for one in seen:
        _learn(session, met[one.phone], one, now=now)
    for phone, contact in met.items():
        holdout.assign(session, contact.id, phone, share, now=now)
    return {phone: contact.id for phone, contact in met.items()}


def _learn(session: Session, contact: Contact, seen: Seen, *, now: datetime) -> None:
    learnt = contact.phone_number is None
    contact.phone_number = contact.phone_number or seen.phone
    if seen.name and not (contact.name or contact.full_name):
        contact.name, learnt = seen.name, True
    if seen.bought_at and (contact.last_purchase_at is None or contact.last_purchase_at < seen.bought_at):
        contact.last_purchase_at, learnt = seen.bought_at, True
    if not contact.is_client and contact.classified_by != BY_PERSON:
        if contact.is_client is None and contact.last_message_at is not None:
            _no_longer_unclear(session, contact.id, now=now)
        contact.is_client, contact.classified_by, contact.classified_at, learnt = True, BY_ORDER, now, True
        contact.classification_confidence, contact.classification_reasoning = None, f"Заказ {seen.code}."
    if learnt:
        contact.updated_at = now


def _no_longer_unclear(session: Session, contact_id: int, *, now: datetime) -> None:
    for conversation_id in session.scalars(select(Conversation.id).where(Conversation.contact_id == contact_id)).all():
        attention.settle(session, Why.UNCLEAR_CONTACT, f"conversation:{conversation_id}", now=now)
