"""Letters for trying things out: one to the merchant's own address, and those that lie in a mailbox of made-up mail."""

from collections.abc import Sequence
from typing import cast
from uuid import uuid4

from saudager.app import App
from saudager.errors import OutsideError, Refused, SaudagerError
from saudager.gateway import accounts, mail_connections
from saudager.providers.gateway import TrialLetter
from saudager.providers.mail import Address, Letter, PlayedMailer

_SHOWN = 100
_SUBJECT = "Проверка почты магазина"
_TEXT = """Здравствуйте!

Это письмо отправлено из консоли продавца, чтобы проверить ящик {address}.
Раз вы его читаете, письма уходят. Посмотрите, не попало ли оно в спам.

{shop}
"""


async def send(app: App, account: str, to: str) -> str:
    """Hand a letter to the first carrier that takes it, now and past every queue; who took it, and why not those
    before him. Raises Refused for what is no address, and what the last one raised when nobody takes it."""
    mailbox, to = accounts.mailbox_of(app, account), to.strip().lower()
    if not mail_connections.is_address(to):
        raise Refused("Нужен адрес почты, например marat@example.kz.")
    key = uuid4().hex
    letter = Letter(
        own_id=f"trial:{key}",
        message_id=f"trial-{key}@{mailbox.address.email.partition('@')[2]}",
        sender=mailbox.address,
        recipient=Address(to),
        subject=_SUBJECT,
        text=_TEXT.format(address=mailbox.address.email, shop=app.settings.shop_name).rstrip() + "\n",
        automatic="auto-generated",
    )
    failed: list[str] = []
    last: SaudagerError = Refused("У ящика нет ни одного способа отправки.")
    for name, mailer in mailbox.mailers.items():
        try:
            await mailer.send(letter)
        except OutsideError as error:
            failed.append(f"{app.mailers[name].title}: {error}")
            last = error
        else:
            return "; ".join([f"отправлено через {app.mailers[name].title}", *failed])
    raise last


def lying(app: App, account: str) -> Sequence[TrialLetter]:
    """What lies in a mailbox whose letters go nowhere, newest first; raises Refused for another."""
    letters = played(app, account).lying(limit=_SHOWN)
    return [TrialLetter(one.id, one.at, one.recipient, one.subject) for one in letters]


def played(app: App, account: str) -> PlayedMailer:
    for mailer in accounts.mailbox_of(app, account).mailers.values():
        if hasattr(mailer, "write_back"):
            return cast(PlayedMailer, mailer)
    raise Refused(f"«{account}» не для пробы: его письма получают настоящие люди")
