"""What is not well with the accounts: paused, or not heard of for long."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.gateway import accounts
from saudager.gateway.models import Account

_MISSED_LOOKS, _AT_LEAST = 10, timedelta(minutes=2)


async def ailments(app: App) -> list[str]:
    """A sentence for each account somebody should look at."""
    patience = max(_AT_LEAST, timedelta(seconds=app.settings.polling_interval) * _MISSED_LOOKS)
    polled = [name for name, channel in app.channels.items() if hasattr(channel, "chats")]
    return await app.db.read(_of_accounts, polled, before=app.clock.now() - patience)


def last_poll(session: Session) -> datetime | None:
    """When a messenger last answered a look for new messages."""
    return session.scalar(select(func.max(Account.last_poll_at)))


def _of_accounts(session: Session, polled: list[str], *, before: datetime) -> list[str]:
    found: list[str] = []
    for account in (*accounts.everyone(session), *accounts.mailboxes(session)):
        if account.paused_reason is not None:
            found.append(f"{account.name} is paused: {account.paused_reason}")
        elif account.name in polled and (account.last_poll_at or account.connected_at) < before:
            found.append(
                f"{account.name} has not answered since {account.last_poll_at or account.connected_at:%H:%M} UTC"
            )
    return found
