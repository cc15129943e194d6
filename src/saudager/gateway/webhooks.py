"""What a messenger tells by itself: stored in one durable transaction before it is thanked."""

import hmac
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import BadCredentials
from saudager.gateway import intake
from saudager.gateway.models import Account
from saudager.providers.channels import News, PushedChannel

_log = logging.getLogger(__name__)


def secret_of(app: App, account: str) -> str:
    """What the last part of the account's webhook address must be, or its ``Authorization`` header."""
    return app.vault.derive(f"webhook {account}")


async def receive(app: App, account: str, secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take one call. Raises BadCredentials for a wrong secret or signature, UnrecognisedPayload for what is no such
    call, and QueueFull and DatabaseFault when it must come again: then nothing of it is stored."""
    channel = app.channels.get(account)
    is_known = channel is not None and hasattr(channel, "read")
    if not hmac.compare_digest(secret.encode(), secret_of(app, account).encode()) or not is_known:
        _log.warning("a webhook for %s was refused: its secret is not ours", account)
        raise BadCredentials("the secret of this webhook is not ours")
    news = cast(PushedChannel, channel).read(headers, body)
    if news.lines or news.deliveries:
        await app.db.run(_take, account, news, now=app.clock.now())


def _take(session: Session, name: str, news: News, *, now: datetime) -> None:
    account = session.get_one(Account, name)
    intake.take(session, account, news.lines, now=now)
    intake.advance(session, account, news.deliveries, now=now)
