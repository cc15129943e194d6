"""What is not well with the accounts: paused, or not heard of for long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.gateway import accounts
from saudager.gateway.models import Account

_MISSED_LOOKS, _AT_LEAST = 10, timedelta(minutes=2)


async def ailments(app: App) -> list[str]:
    """A sentence for each account somebody should look at."""
    now, settings = app.clock.now(), app.settings
    polled = {name for name, channel in app.channels.items() if hasattr(channel, "chats")}
    read = {name for name, box in app.mailboxes.items() if box.reader is not None and not hasattr(box.reader, "news")}
    heard_since = dict.fromkeys(polled, now - _patience(settings.polling_interval))
    heard_since |= dict.fromkeys(read, now - _patience(settings.mail_polling_interval))
    return await app.db.read(_of_accounts, heard_since)


def _patience(seconds: float) -> timedelta:
    return max(_AT_LEAST, timedelta(seconds=seconds) * _MISSED_LOOKS)


def last_poll(session: Session) -> datetime | None:
    """When a messenger last answered a look for new messages."""
    return session.scalar(select(func.max(Account.last_poll_at)).where(Account.vendor != accounts.MAIL))


def _of_accounts(session: Session, heard_since: Mapping[str, datetime]) -> list[str]:
    found: list[str] = []
    for account in (*accounts.everyone(session), *accounts.mailboxes(session)):
        if account.paused_reason is not None:
            found.append(f"{account.name} is paused: {account.paused_reason}")
            continue
        heard = account.last_poll_at or account.connected_at
        if account.name in heard_since and heard < heard_since[account.name]:
            found.append(f"{account.name} has not answered since {heard:%H:%M} UTC")
    return found
