"""Connect a mailbox while everything runs: who carries its letters, in which order, and who reads it."""

import json
from collections.abc import Mapping
from typing import Any, cast

from saudager.app import App
from saudager.contracts import MAILBOX
from saudager.errors import NotFound
from saudager.gateway.models import Account
from saudager.providers.mail import Address, Mailbox, MailerKind, MailReader, MailReaderKind


def open_mailbox(app: App, account: Account) -> Mailbox:
    return _opened(app, json.loads(app.vault.open(account.config)))


def _opened(app: App, config: Mapping[str, Any]) -> Mailbox:
    """A carrier that lets its letters be answered reads them itself, unless another reader is set up."""
    mailers = {name: _carrier(app, name).open(form, app.clock) for name, form in config["carriers"].items()}
    reader = next((cast(MailReader, mailer) for mailer in mailers.values() if hasattr(mailer, "folders")), None)
    for way, form in (config.get("reader") or {}).items():
        reader = _way(app, way).open(form, app.clock)
    return Mailbox(Address(config["address"], config.get("sender_name") or ""), mailers, reader)


def name_of(address: str) -> str:
    """How the mailbox of an address is called."""
    return MAILBOX + address.lower()


def _carrier(app: App, name: str) -> MailerKind:
    if name not in app.mailers:
        raise NotFound(f"письма так не отправляют: {name}")
    return app.mailers[name]


def _way(app: App, name: str) -> MailReaderKind:
    if name not in app.mail_readers:
        raise NotFound(f"почту так не читают: {name}")
    return app.mail_readers[name]
