"""Who the contact is: what the salesperson holds of him, what is agreed, what he cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.calls import booking
from saudager.calls.models import ScheduledCall
from saudager.conversations.models import Contact
from saudager.crm import listing as leads
from saudager.crm.listing import OfContact
from saudager.engines import spend
from saudager.engines.spend import Sum
from saudager.followups.models import FollowUp
from saudager.orders import listing
from saudager.orders.models import Order
from saudager.outreach import consent

_COUNTED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Card:
    """The contact beside his conversation; ``order`` is his newest, ``leads`` are the open ones, ``cost`` is of the
    last thirty days, ``stopped`` what he does not want."""

    contact: Contact
    call: ScheduledCall | None
    chain: FollowUp | None
    order: Order | None
    leads: Sequence[OfContact]
    stopped: str | None
    cost: Sum | None


def read(session: Session, contact: Contact, *, app: App) -> Card:
    """The card as it is now."""
    now = app.clock.now()
    chain = select(FollowUp).where(FollowUp.contact_id == contact.id, FollowUp.is_completed.is_(False))
    since = (now - _COUNTED).astimezone(app.settings.zone).date()
    return Card(
        contact=contact,
        call=booking.standing(session, contact.id, now=now),
        chain=session.scalars(chain).one_or_none(),
        order=listing.last_of(session, contact.id),
        leads=leads.of_contact(session, contact.id, open_only=True),
        stopped=consent.standing(session, contact.id),
        cost=spend.of_contact(session, contact.id, since),
    )
