"""Addresses that take no more mail from us: they do not exist, or their owner called a letter spam."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager import events
from saudager.contracts import DeliveryReport
from saudager.db.statements import Statement, insert_into
from saudager.events import Happened
from saudager.outreach import consent

_SPAM = "письмо отмечено как спам"


def note(session: Session, report: DeliveryReport, *, now: datetime) -> None:
    """Write to the address of this letter no more; who complained has asked for no offers anywhere."""
    row = _WHOSE(session, outgoing_id=report.for_).fetchone()
    if row is None:
        return
    address, contact_id = row
    _SUPPRESS(session, address=address, reason=report.suppressed, says=report.reason, since=now)
    events.tell(
        session,
        Happened.LETTER_BOUNCED,
        f"contact:{contact_id}",
        contact_id=contact_id,
        facts={"address": address, "reason": report.suppressed},
        once=f"bounced:{report.for_}",
        now=now,
    )
    if report.suppressed == "complained":
        consent.note(session, contact_id, consent.OFFERS, _SPAM, now)


_WHOSE = Statement("""
    select k.chat, k.contact_id from messages m join conversations k on k.id = m.conversation_id
    where m.outgoing_id = :outgoing_id""")
_SUPPRESS = insert_into(
    "suppressed_addresses", ("address", "reason", "says", "since"), "on conflict (address) do nothing"
)
