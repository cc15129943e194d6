"""What is not well with numbers and mailboxes: paused, or not heard of for long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.gateway import accounts, mail_connections
from saudager.gateway.models import Account

_MISSED_LOOKS, _AT_LEAST = 10, timedelta(minutes=2)


async def ailments(app: App) -> list[str]:
    """A sentence for each number and mailbox somebody should look at."""
    now, settings = app.clock.now(), app.settings
    polled = {
        name: now - _patience(settings.polling_interval)
        for name, channel in app.channels.items()
        if hasattr(channel, "chats")
    }
    polled |= {
        name: now - _patience(settings.mail_polling_interval)
        for name, mailbox in app.mailboxes.items()
        if mailbox.reader is not None and not mail_connections.is_played(mailbox)
    }
    return await app.db.read(_of_accounts, polled)


def _patience(interval: float) -> timedelta:
    return max(_AT_LEAST, timedelta(seconds=interval) * _MISSED_LOOKS)


def last_poll(session: Session) -> datetime | None:
    """When a messenger last answered a look for new messages."""
    return session.scalar(select(func.max(Account.last_poll_at)).where(Account.vendor != accounts.MAIL))


def _of_accounts(session: Session, polled: Mapping[str, datetime]) -> list[str]:
    """``polled``: since when each must have answered."""
    found: list[str] = []
    for account in (*accounts.everyone(session), *accounts.mailboxes(session)):
        heard = account.last_poll_at or account.connected_at
        if account.paused_reason is not None:
            found.append(f"{account.name} is paused: {account.paused_reason}")
        elif account.name in polled and heard < polled[account.name]:
            found.append(f"{account.name} has not answered since {heard:%H:%M} UTC")
    return found
