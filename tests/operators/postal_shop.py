"""A shop whose letters to operators a real SMTP server takes, and the browsers of its operators."""

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.db.base import AgentBase, GatewayBase
from saudager.operators.models import Operator, SystemMail
from saudager.operators.roles import Role
from tests.console.door import PASSWORD, Browser, Door
from tests.mail.mail_shop import ACCOUNT, MailShop

PUBLIC = "https://shop.example"
AIGUL = "aigul@example.kz"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
NEW = "восемь жёлтых лодок"
CHOSEN = {"password": NEW, "again": NEW}
_LINK = re.compile(rf"{PUBLIC}(/console/[a-z-]+/[\w-]{{43}})")


class PostalShop(Door):
    """The console's door of a shop with a mail server."""

    def __init__(self, mail: MailShop) -> None:
        super().__init__(mail.shop)
        self.mail = mail
        self.server = mail.server

    @classmethod
    async def opened(cls, open_shop: Any, stack: AsyncExitStack, **settings: Any) -> "PostalShop":
        mail = MailShop(await open_shop(**{"public_url": PUBLIC} | settings), stack)
        await mail.carried_by("smtp")
        return cls(mail)

    def browser(self, *, origin: str = "https://console.test", **at: Any) -> Browser:
        return super().browser(origin=origin, **at)

    async def settles(self) -> None:
        await self.shop.settles()

    async def letters(self, to: str = AIGUL) -> list[EmailMessage]:
        """What has come to an address, oldest first, once all that can be sent is."""
        await self.settles()
        return [letter for letter in self.mail.delivered() if to in str(letter["to"])]

    async def last(self, to: str = AIGUL) -> EmailMessage:
        return (await self.letters(to))[-1]

    async def link(self, to: str = AIGUL) -> str:
        """The path of the link in the last letter to an address."""
        return link_in(await self.last(to))

    async def hire_with_address(
        self, login: str = "aigul", address: str = AIGUL, role: Role = Role.MANAGER, language: str = "ru"
    ) -> Operator:
        """An operator who has a password and a confirmed address."""
        made = await self.hire(login, role, "Айгуль")

        def confirmed(session: Session) -> None:
            found = session.get_one(Operator, made.id)
            found.email, found.language = address, language

        await self.shop.app.db.run(confirmed)
        return made

    async def forgets(self, who: str = "aigul", **at: Any) -> None:
        answer = await self.browser(**at).send("/console/forgotten", who=who)
        assert answer.status_code == 200

    async def signed_in(self, login: str = "aigul", password: str = PASSWORD, **at: Any) -> Browser:
        browser = self.browser(**at)
        assert (await browser.sign_in(login, password)).status_code == 303
        return browser

    async def mails(self) -> list[SystemMail]:
        found = select(SystemMail).order_by(SystemMail.id)
        return list(await self.shop.app.db.read(lambda session: session.scalars(found).all()))

    async def stored(self) -> str:
        """Every word of every row of the database."""
        return await self.shop.app.db.read(lambda session: "\n".join(_rows(session)))

    async def disconnects(self) -> None:
        """No mailbox is connected any more."""
        await self.shop.app.gateway.disconnect(ACCOUNT)


def link_in(letter: EmailMessage) -> str:
    """The path of the link, which both parts of the letter hold."""
    plain, html = parts(letter)
    (path,) = set(_LINK.findall(plain))
    assert f'href="{PUBLIC}{path}"' in html
    return path


def parts(letter: EmailMessage) -> tuple[str, str]:
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None and html is not None
    return plain.get_content(), html.get_content()


def _rows(session: Session) -> Iterator[str]:
    for name in ("queue_messages", *GatewayBase.metadata.tables, *AgentBase.metadata.tables):
        for row in session.connection().exec_driver_sql(f'select * from "{name}"'):
            yield f"{name}: {tuple(row)}"
