"""What carriers tell by themselves: events of our letters and letters that came, stored before they are thanked."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import cast

from saudager import tracing
from saudager.app import App
from saudager.errors import BadCredentials, Unreachable
from saudager.gateway import accounts, correspondence, mail_events, webhooks
from saudager.providers.mail import PushedMailer, ReceivedLetter

_log = logging.getLogger(__name__)
_NOT_READ = "Письмо пришло, но ключ не даёт его прочитать: дайте ключу право читать входящие."


async def receive(
    app: App,
    account: str,
    carrier: str,
    secret: str,
    headers: Mapping[str, str],
    body: Callable[[], Awaitable[bytes]],
) -> None:
    """Take one call, whose body is read only when its secret is ours. Raises BadCredentials for a wrong secret or
    signature, UnrecognisedPayload for what is no such call, and QueueFull, DatabaseFault or the carrier's error when it
    must come again: then nothing of it is stored."""
    mailer = _pushed(app, account, carrier)
    is_ours = hmac.compare_digest(secret.encode(), webhooks.secret_of(app, account).encode())
    if mailer is None or not is_ours:
        _log.warning("a webhook of %r for %r was refused: its secret is not ours", carrier, account)
        raise BadCredentials("the secret of this webhook is not ours")
    try:
        news = await asyncio.to_thread(mailer.read, headers, await body())  # a letter has up to 30 MB
    except BadCredentials as error:
        _log.warning("a webhook of %s for %s was refused: %s", carrier, account, error)
        raise
    with tracing.span("mail webhook", account=account, events=len(news.events)):
        letters = [*news.letters, *[await _fetched(app, account, mailer, id) for id in news.to_fetch]]
        note = partial(mail_events.note, account=account, events=news.events, now=app.clock.now())
        if letters:
            await correspondence.take(app, account, letters, also=note)
        elif news.events:
            await app.db.run(note)


async def _fetched(app: App, account: str, mailer: PushedMailer, id: str) -> ReceivedLetter:
    """A letter that is only named; a person is told of a key that may send and not read."""
    try:
        return await mailer.fetch(id)
    except BadCredentials as error:
        about, now = f"{account}:{mailer.name}:reading", app.clock.now()
        await app.db.run(accounts.ask_for_a_person, account, f"{_NOT_READ} {error}", about=about, now=now)
        raise Unreachable(str(error)) from error


def _pushed(app: App, account: str, carrier: str) -> PushedMailer | None:
    mailbox = app.mailboxes.get(account)
    mailer = None if mailbox is None else mailbox.mailers.get(carrier)
    return cast(PushedMailer, mailer) if hasattr(mailer, "read") else None
