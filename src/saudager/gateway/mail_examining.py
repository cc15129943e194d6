"""What the doctor looks at in a mailbox: its carriers, its reader, their clocks, and what the DNS says of it."""

from collections.abc import AsyncIterator

from saudager.app import App
from saudager.gateway import mail_connections, sender_proofs
from saudager.gateway.models import Account
from saudager.providers.gateway import SKEW_NOTICED, Finding, wrong_clock


async def examine(app: App, account: Account) -> AsyncIterator[Finding]:
    name = account.name
    if name not in app.mailboxes:  # its credentials do not open
        yield Finding(False, name, account.paused_reason or "не подключён")
        return
    mailbox = app.mailboxes[name]
    if account.paused_reason is not None:
        yield Finding(False, name, f"не отправляет: {account.paused_reason}")
    for part in await mail_connections.ask_all(app, mailbox):
        yield Finding(part.ready, f"{name}, {part.title}", "готово" if part.ready else part.reason or "не готово")
    for mailer in mailbox.mailers.values():
        skew = mailer.skew() if hasattr(mailer, "skew") else None
        if skew is not None and abs(skew) > SKEW_NOTICED:
            yield wrong_clock(f"почты {name}", skew)
    if mail_connections.is_played(mailbox):
        return
    config, address = mail_connections.config_of(app, account), mailbox.address.email
    senders = [sender_proofs.of(carrier, form) for carrier, form in config["carriers"].items()]
    async for finding in sender_proofs.examine(
        app.names,
        address.partition("@")[2],
        list(dict.fromkeys(one for one in senders if one is not None)),
        selector=config.get("dkim_selector") or "",
        reports_to=address,
    ):
        yield finding
    yield Finding(True, f"{name}, отписка одним нажатием", _unsubscribing(app.settings.public_url))


def _unsubscribing(public_url: str) -> str:
    """A note: only campaigns need it (RFC 8058; Gmail and Yahoo ask it of whoever sends 5 000 letters a day)."""
    if public_url.startswith("https://"):
        return "готово: кнопка отписки ведёт на PUBLIC_URL"
    return "кнопки не будет, пока в PUBLIC_URL не стоит адрес с https; без неё рассылки чаще попадают в спам"
