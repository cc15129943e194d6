"""What a contact wishes to get from us, written down by an operator he told it, and how it came to that."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.followups import plan
from saudager.followups.rules import Stop
from saudager.outreach import consent
from saudager.outreach.models import Consent
from saudager.people import card

_TOLD_BY_OPERATOR = "Отметил сотрудник."


def change(session: Session, contact_id: int, wish: str, *, who: str, words: str = "", now: datetime) -> str:
    """Keep the wish he told ``who``, and stop at once what it forbids; returns the wish that stood before.

    ``wish`` is ``everything``, ``offers`` or ``resume``, as in ``outreach.consent``. Raises as ``card.in_use`` does.
    """
    card.in_use(session, contact_id)
    before = consent.standing(session, contact_id) or consent.RESUME
    if wish != before:
        consent.note(session, contact_id, wish, words.strip() or _TOLD_BY_OPERATOR, now, noted_by=who)
        if wish != consent.RESUME:
            plan.stop(session, contact_id, Stop.OPTED_OUT, now=now)
    return before


def history(session: Session, contact_id: int, *, limit: int = 50) -> Sequence[Consent]:
    """Everything he ever wished, newest first."""
    return session.scalars(
        select(Consent).where(Consent.contact_id == contact_id).order_by(Consent.id.desc()).limit(limit)
    ).all()
