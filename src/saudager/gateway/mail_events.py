"""What is told of our letters, by carriers or by mail servers: their state moves forward, never backwards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.gateway import intake, mail_log
from saudager.gateway.models import Account
from saudager.gateway.reports import report
from saudager.providers.channels import Delivery
from saudager.providers.mail import MailEvent


def note(session: Session, account: str, events: Sequence[MailEvent], *, now: datetime) -> None:
    """Bring letters of ours forward to what was told of them, in whatever order and however often it is told; stop
    writing to who is not there or complained. Of letters that are not ours nothing is noted."""
    for event in events:
        row = _row_of(session, account, event)
        if row is None:
            continue
        message_id, outgoing_id, chat = row
        delivery = Delivery(message_id, event.state, event.reason)
        intake.advance(session, session.get_one(Account, account), [delivery], now=now)
        if event.suppressed is None:
            continue
        mail_log.suppress(session, chat, event.suppressed, event.reason, now=now)
        report(
            session,
            event.state,
            account=account,
            chat=chat,
            outgoing_id=outgoing_id,
            message_id=message_id,
            now=now,
            reason=event.reason,
            suppressed=event.suppressed,
        )


def _row_of(session: Session, account: str, event: MailEvent) -> Any:
    """The letter by the carrier's id, or by its Message-ID when the event overtakes the carrier's answer."""
    if event.carrier_id is not None:
        found = _BY_CARRIER(session, account=account, carrier_id=event.carrier_id).fetchone()
        if found is not None:
            return found
    if event.message_id is not None:
        return _BY_MESSAGE(session, account=account, message_id=event.message_id).fetchone()
    return None


_OURS = "select message_id, outgoing_id, chat from message_log where account = :account and outgoing_id is not null"
_BY_CARRIER = Statement(f"{_OURS} and carrier_id = :carrier_id")
_BY_MESSAGE = Statement(f"{_OURS} and message_id = :message_id")
