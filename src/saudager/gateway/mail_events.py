"""What carriers tell of our letters: stored in one durable transaction before they are thanked, never backwards."""

import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from saudager import tracing
from saudager.app import App
from saudager.db.statements import Statement
from saudager.errors import BadCredentials
from saudager.gateway import intake, mail_log, webhooks
from saudager.gateway.models import Account
from saudager.gateway.reports import report
from saudager.providers.channels import Delivery
from saudager.providers.mail import MailEvent, PushedMailer

_log = logging.getLogger(__name__)


async def receive(app: App, account: str, carrier: str, secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take one call. Raises BadCredentials for a wrong secret or signature, UnrecognisedPayload for what is no such
    call, and DatabaseFault when it must come again: then nothing of it is stored."""
    mailer = _pushed(app, account, carrier)
    is_ours = hmac.compare_digest(secret.encode(), webhooks.secret_of(app, account).encode())
    if mailer is None or not is_ours:
        _log.warning("a webhook of %r for %r was refused: its secret is not ours", carrier, account)
        raise BadCredentials("the secret of this webhook is not ours")
    try:
        news = mailer.read(headers, body)
    except BadCredentials as error:
        _log.warning("a webhook of %s for %s was refused: %s", carrier, account, error)
        raise
    if news.events:
        with tracing.span("mail webhook", account=account, events=len(news.events)):
            await app.db.run(note, account, news.events, now=app.clock.now())


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


def _pushed(app: App, account: str, carrier: str) -> PushedMailer | None:
    mailbox = app.mailboxes.get(account)
    mailer = None if mailbox is None else mailbox.mailers.get(carrier)
    return cast(PushedMailer, mailer) if hasattr(mailer, "read") else None


_OURS = "select message_id, outgoing_id, chat from message_log where account = :account and outgoing_id is not null"
_BY_CARRIER = Statement(f"{_OURS} and carrier_id = :carrier_id")
_BY_MESSAGE = Statement(f"{_OURS} and message_id = :message_id")
