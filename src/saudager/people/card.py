"""What each corner of the shop knows of a contact, the newest first, as his card shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.calls.models import ScheduledCall
from saudager.conversations.models import Case, Contact, Conversation, Identity, Message
from saudager.engines.models import Spend
from saudager.engines.spend import MICRO
from saudager.errors import NotFound, Refused
from saudager.followups.models import FollowUp
from saudager.operators.models import AuditEntry
from saudager.outreach.models import OutreachVerdict
from saudager.people.models import Erasure
from saudager.phones import normalise_phone
from saudager.sales.models import Deal

_SHOWN = 20
_NUMBER_OF_A_PHONE = 10


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation and how it ended so far."""

    conversation: Conversation
    last: Message | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What the hosted engines cost for him; calls whose price nobody knows are not in ``usd``."""

    usd: Decimal
    calls: int
    unpriced_calls: int


def of(session: Session, contact_id: int) -> Contact:
    """The contact; raises NotFound when there is none."""
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound("Такого контакта нет.")
    return contact


def meant(session: Session, who: str) -> int | None:
    """The contact known by a phone number, an address of mail or another name, or else by his own number."""
    known = [who.strip().lower(), normalise_phone(who)]
    row = session.scalars(
        select(Identity.contact_id).where(Identity.value.in_([name for name in known if name]))
    ).first()
    if row is None and who.strip().isdecimal() and len(who.strip()) < _NUMBER_OF_A_PHONE:
        row = session.scalars(
            select(Contact.id).where(
                Contact.id == int(who), Contact.erased_at.is_(None), Contact.merged_into_id.is_(None)
            )
        ).first()
    return row


def in_use(session: Session, contact_id: int) -> Contact:
    """The contact; raises NotFound when he was erased, and Refused when he was merged into another."""
    contact = of(session, contact_id)
    if contact.erased_at is not None:
        raise NotFound("Этот контакт стёрт.")
    if contact.merged_into_id is not None:
        raise Refused(f"Этот контакт объединён с контактом {contact.merged_into_id}: откройте его.")
    return contact


def names(session: Session, contact_id: int) -> Sequence[Identity]:
    """By what messengers know him."""
    found = select(Identity).where(Identity.contact_id == contact_id).order_by(Identity.kind.desc(), Identity.value)
    return session.scalars(found).all()


def talks(session: Session, contact_id: int) -> Sequence[Talk]:
    """His conversations on every account, with the last line of each."""
    newest = (
        select(Message.id)
        .where(Message.conversation_id == Conversation.id)
        .order_by(Message.id.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    found = (
        select(Conversation, Message)
        .outerjoin(Message, Message.id == newest)
        .where(Conversation.contact_id == contact_id)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(_SHOWN)
    )
    return [Talk(conversation, last) for conversation, last in session.execute(found).all()]


def cases(session: Session, contact_id: int) -> Sequence[Case]:
    """When he was handed over to a person."""
    return session.scalars(
        select(Case).where(Case.contact_id == contact_id).order_by(Case.id.desc()).limit(_SHOWN)
    ).all()


def calls(session: Session, contact_id: int) -> Sequence[ScheduledCall]:
    """Calls agreed with him."""
    of_him = select(ScheduledCall).where(ScheduledCall.contact_id == contact_id)
    return session.scalars(of_him.order_by(ScheduledCall.scheduled_at.desc()).limit(_SHOWN)).all()


def chains(session: Session, contact_id: int) -> Sequence[FollowUp]:
    """Follow-ups that wait, run or are over."""
    return session.scalars(
        select(FollowUp).where(FollowUp.contact_id == contact_id).order_by(FollowUp.id.desc()).limit(_SHOWN)
    ).all()


def deals(session: Session, contact_id: int) -> Sequence[Deal]:
    """What he agreed to."""
    return session.scalars(
        select(Deal).where(Deal.contact_id == contact_id).order_by(Deal.id.desc()).limit(_SHOWN)
    ).all()


def verdicts(session: Session, contact_id: int) -> Sequence[OutreachVerdict]:
    """Why he was written to unasked, or was not."""
    of_him = select(OutreachVerdict).where(OutreachVerdict.contact_id == contact_id)
    return session.scalars(of_him.order_by(OutreachVerdict.id.desc()).limit(_SHOWN)).all()


def cost(session: Session, contact_ids: Sequence[int]) -> Cost:
    """Of him and whoever was merged into him."""
    sums = (func.sum(Spend.micro_usd), func.sum(Spend.calls), func.sum(Spend.unpriced_calls))
    micro, calls, unpriced = session.execute(select(*sums).where(Spend.contact_id.in_(contact_ids))).one()
    return Cost(Decimal(micro or 0) / MICRO, int(calls or 0), int(unpriced or 0))


def mark(session: Session, contact_id: int) -> str:
    """Changes when anything on the card may have."""
    about = select(func.max(AuditEntry.id)).where(AuditEntry.about == f"contact:{contact_id}")
    changed: datetime | None = session.scalar(select(Contact.updated_at).where(Contact.id == contact_id))
    case = select(func.max(Case.id)).where(Case.contact_id == contact_id)
    erased = select(func.max(Erasure.done_at)).where(Erasure.contact_id == contact_id)
    return f"{changed}-{session.scalar(about)}-{session.scalar(case)}-{session.scalar(erased)}"
