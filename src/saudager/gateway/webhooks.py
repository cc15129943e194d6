"""What a messenger tells by itself: stored in one durable transaction before it is thanked."""

import hmac
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import quote

from sqlalchemy.orm import Session

from saudager import tracing
from saudager.app import App
from saudager.errors import BadCredentials, RateLimited, SaudagerError, Unanswered, Unreachable
from saudager.gateway import accounts, intake, mirroring
from saudager.gateway.models import Account
from saudager.providers.channels import News, PushedChannel

_log = logging.getLogger(__name__)
_ASK_AGAIN = timedelta(minutes=5)


def secret_of(app: App, account: str) -> str:
    """What the last part of the account's webhook address must be, or its ``Authorization`` header; the key of what a
    messenger signs, and the word by which one that asks first knows us."""
    return app.vault.derive(f"webhook {account}")


async def receive(app: App, account: str, secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take one call. Raises BadCredentials for a wrong secret or signature, UnrecognisedPayload for what is no such
    call, and QueueFull and DatabaseFault when it must come again: then nothing of it is stored."""
    channel = _pushed(app, account)
    if channel is None or not (channel.signs or _is_ours(app, account, secret)):
        _log.warning("a webhook for %r was refused: its secret is not ours", account)
        raise BadCredentials("the secret of this webhook is not ours")
    try:
        news = channel.read(headers, body)
    except BadCredentials as error:
        _log.warning("a webhook for %r was refused: %s", account, error)
        raise
    if news.lines:
        news = replace(news, lines=list(await channel.with_numbers(news.lines)))
    if news == News():
        return
    with tracing.span("webhook", account=account, lines=len(news.lines), deliveries=len(news.deliveries)):
        if hasattr(channel, "show"):
            await app.db.run(mirroring.take, account, news.lines, now=app.clock.now())
        else:
            await app.db.run(_take, account, news, hears=app.transcriber is not None, now=app.clock.now())


def address_of(app: App, account: str) -> str:
    """Where the account's messenger tells its news, behind the public address; a signature needs no secret in it."""
    channel = _pushed(app, account)
    known = channel is not None and channel.signs
    return f"/webhooks/{quote(account, safe=':')}" + ("" if known else f"/{secret_of(app, account)}")


def key_of(app: App, account: str) -> str | None:
    """The key the messenger's own settings want beside the address; None where they want none."""
    channel = _pushed(app, account)
    wants = channel is not None and channel.signs and not hasattr(channel, "show")
    return secret_of(app, account) if wants else None


async def subscribe(app: App, account: str, channel: PushedChannel) -> None:
    """Have the messenger call us; one that does not answer is asked again, one that refuses is left to a person."""
    url = app.settings.public_url.rstrip("/") + address_of(app, account)
    while True:
        try:
            await channel.subscribe(url)
            return
        except SaudagerError as error:
            _log.warning(
                "%s was not told where to send its news, polling brings them meanwhile: %s. Enter the address and the "
                "key `saudager doctor` shows in the messenger's own settings, or mend the cause and start again",
                account,
                error,
            )
            if not isinstance(error, Unreachable | Unanswered | RateLimited):
                return
        await app.clock.sleep_until(app.clock.now() + _ASK_AGAIN)


def confirm(app: App, account: str, secret: str) -> None:
    """Whether a messenger that asks before it calls has our secret; raises BadCredentials when not."""
    if _pushed(app, account) is None or not _is_ours(app, account, secret):
        _log.warning("a webhook for %r was not confirmed: its secret is not ours", account)
        raise BadCredentials("the secret of this webhook is not ours")


def _pushed(app: App, account: str) -> PushedChannel | None:
    channel = app.channels.get(account)
    return cast(PushedChannel, channel) if hasattr(channel, "read") else None


def _is_ours(app: App, account: str, secret: str) -> bool:
    return hmac.compare_digest(secret.encode(), secret_of(app, account).encode())


def _take(session: Session, name: str, news: News, *, hears: bool, now: datetime) -> None:
    account = session.get_one(Account, name)
    intake.take(session, account, news.lines, hears=hears, now=now)
    intake.advance(session, account, news.deliveries, now=now)
    if news.status is not None:
        accounts.note_status(session, name, news.status, now=now)
