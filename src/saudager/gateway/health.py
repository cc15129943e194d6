"""What is not well with numbers and mailboxes: paused, or not heard of for long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.gateway import accounts, mail_connections
from saudager.gateway.models import Account

_MISSED_LOOKS, _AT_LEAST = 10, timedelta(minutes=2)


async def ailments(app: App) -> list[Ailment]:
    """The numbers and mailboxes somebody should look at."""
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
    return await app.db.read(_of_accounts, polled, now=now)


def _patience(interval: float) -> timedelta:
    return max(_AT_LEAST, timedelta(seconds=interval) * _MISSED_LOOKS)


def last_poll(session: Session) -> datetime | None:
    """When a messenger last answered a look for new messages."""
    return session.scalar(select(func.max(Account.last_poll_at)).where(Account.vendor != accounts.MAIL))


def _of_accounts(session: Session, polled: Mapping[str, datetime], *, now: datetime) -> list[Ailment]:
    """``polled``: since when each must have answered."""
    found: list[Ailment] = []
    for account in (*accounts.everyone(session), *accounts.mailboxes(session)):
        heard, name = account.last_poll_at or account.connected_at, account.name
        if (reason := account.paused_reason) is not None:
            ill = Ill.REFUSED if accounts.is_refused(account) else Ill.STOPPED
            found.append(Ailment(ill, f"{name} is paused: {reason}", name, reason))
        elif name in polled and heard < polled[name]:
            found.append(Ailment(Ill.SILENT, f"{name} has not answered since {heard:%H:%M} UTC", name))
        if (until := account.no_first_contacts_until) is not None and until > now:
            says = f"{name} may begin no conversation until {until:%Y-%m-%d %H:%M} UTC"
            found.append(Ailment(Ill.RESTRICTED, says, name, f"{until:%d.%m.%Y %H:%M} UTC"))
    return found
