"""What is not well with numbers and mailboxes: paused, or not heard of for long."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.gateway import accounts, mail_connections
from saudager.gateway.models import Account

Family = tuple[str, str, tuple[str, ...], Mapping[tuple[str, ...], float]]
"""A name, what it says, the names of its labels, and each value by those of the labels."""

_MISSED_LOOKS, _AT_LEAST = 10, timedelta(minutes=2)


async def ailments(app: App) -> list[Ailment]:
    """The numbers and mailboxes somebody should look at."""
    now = app.clock.now()
    since = {name: now - max(_AT_LEAST, interval * _MISSED_LOOKS) for name, interval in polled(app).items()}
    return await app.db.read(_of_accounts, since, now=now)


def families(app: App, session: Session, now: datetime) -> Sequence[Family]:
    """How each connected number and mailbox is."""
    connected = (*accounts.everyone(session), *accounts.mailboxes(session))
    intervals = {(name,): interval.total_seconds() for name, interval in polled(app).items()}
    ages = {
        (one.name,): (now - (one.last_poll_at or one.connected_at)).total_seconds()
        for one in connected
        if (one.name,) in intervals
    }
    until = {one.name: one.no_first_contacts_until for one in connected}
    return [
        ("account_poll_age_seconds", "Since it last answered a look for new messages", ("account",), ages),
        ("account_poll_interval_seconds", "How often it is looked at", ("account",), intervals),
        (
            "account_paused",
            "1 while nothing is sent, for a person or the messenger has stopped it",
            ("account",),
            {(one.name,): float(one.paused_reason is not None) for one in connected},
        ),
        (
            "account_needs_attention",
            "1 while its key or session is refused, or it may begin no conversation",
            ("account",),
            {
                (one.name,): float(accounts.is_refused(one) or ((end := until[one.name]) is not None and end > now))
                for one in connected
            },
        ),
    ]


def polled(app: App) -> Mapping[str, timedelta]:
    """The numbers and mailboxes that are looked at for new messages, and how often."""
    settings = app.settings
    numbers = {
        name: timedelta(seconds=settings.polling_interval)
        for name, channel in app.channels.items()
        if hasattr(channel, "chats")
    }
    mailboxes = {
        name: timedelta(seconds=settings.mail_polling_interval)
        for name, mailbox in app.mailboxes.items()
        if mailbox.reader is not None and not mail_connections.is_played(mailbox)
    }
    return numbers | mailboxes


def last_poll(session: Session) -> datetime | None:
    """When a messenger last answered a look for new messages."""
    return session.scalar(select(func.max(Account.last_poll_at)).where(Account.vendor != accounts.MAIL))


def _of_accounts(session: Session, since: Mapping[str, datetime], *, now: datetime) -> list[Ailment]:
    """``since``: when each that is looked at must have answered."""
    found: list[Ailment] = []
    for account in (*accounts.everyone(session), *accounts.mailboxes(session)):
        heard, name = account.last_poll_at or account.connected_at, account.name
        if (reason := account.paused_reason) is not None:
            ill = Ill.REFUSED if accounts.is_refused(account) else Ill.STOPPED
            found.append(Ailment(ill, f"{name} is paused: {reason}", name, reason))
        elif name in since and heard < since[name]:
            found.append(Ailment(Ill.SILENT, f"{name} has not answered since {heard:%H:%M} UTC", name))
        if (until := account.no_first_contacts_until) is not None and until > now:
            says = f"{name} may begin no conversation until {until:%Y-%m-%d %H:%M} UTC"
            found.append(Ailment(Ill.RESTRICTED, says, name, f"{until:%d.%m.%Y %H:%M} UTC"))
    return found
