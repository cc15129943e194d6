"""A shop whose mailbox is carried by a real SMTP server and by fakes of Resend and SendGrid over real HTTP."""

import email
import email.policy
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.contracts import Kind, MessageClass, OutgoingMail, lane_key
from saudager.db.statements import Statement
from saudager.gateway import intake
from saudager.gateway.models import Account, LoggedMessage, Suppression
from saudager.providers.channels import Line
from saudager.providers.mail import Address, Mailbox, Mailer, MailReader
from saudager.providers.mail.resend import Config as ResendConfig
from saudager.providers.mail.resend import ResendMailer
from saudager.providers.mail.sendgrid import Config as SendGridConfig
from saudager.providers.mail.sendgrid import SendGridMailer
from saudager.providers.mail.smtp import Config as SmtpConfig
from saudager.providers.mail.smtp import SmtpMailer
from saudager.queues import table
from saudager.rehearsal import Shop
from tests.fakes.mail_carriers import FakeResend, FakeSendGrid
from tests.fakes.mail_server import MailServer

ACCOUNT = "mail:shop@trial.example"
IVAN = "ivan@client.kz"


class MailShop:
    """The shop, and everything that carries its letters."""

    def __init__(self, shop: Shop, stack: AsyncExitStack) -> None:
        self.shop = shop
        self.app = shop.app
        self.clock = shop.clock
        self.server = MailServer()
        self.resend = FakeResend()
        self.sendgrid = FakeSendGrid()
        self._stack = stack

    async def carried_by(self, *names: str, reader: MailReader | None = None) -> None:
        """From now on these carry the letters, in this order."""
        mailers: dict[str, Mailer] = {}
        for name in names:
            mailers[name] = await self._opened(name)
            self._stack.push_async_callback(mailers[name].close)
        self.app.mailboxes[ACCOUNT] = Mailbox(Address("shop@trial.example", "Тёплый Дом"), mailers, reader)

    async def _opened(self, name: str) -> Mailer:
        if name == "resend":
            if not self.resend.base_url:
                await self._stack.enter_async_context(self.resend)
            config = {"api_key": self.resend.key, "webhook_secret": self.resend.webhook_secret}
            resend = ResendConfig.model_validate(config | {"base_url": self.resend.base_url})
            return ResendMailer(resend, clock=self.clock, timeout=5)
        if name == "sendgrid":
            if not self.sendgrid.base_url:
                await self._stack.enter_async_context(self.sendgrid)
            config = {"api_key": self.sendgrid.key, "webhook_key": self.sendgrid.webhook_key}
            sendgrid = SendGridConfig.model_validate(config | {"base_url": self.sendgrid.base_url})
            return SendGridMailer(sendgrid, clock=self.clock, timeout=5)
        if not self.server.port:
            await self._stack.enter_async_context(self.server)
        smtp = SmtpConfig(host="127.0.0.1", port=self.server.port, security="none")
        return SmtpMailer(smtp, clock=self.clock, timeout=5, data_timeout=5)

    def letter(self, id: str = "letter:1", **fields: Any) -> OutgoingMail:
        """A letter written at this moment."""
        usual: dict[str, Any] = {
            "id": id,
            "created_at": self.clock.now(),
            "account": ACCOUNT,
            "recipient": IVAN,
            "subject": "Ваши закупки за год",
            "text": "Здравствуйте!",
            "message_class": MessageClass.SERVICE,
        }
        return OutgoingMail(**usual | fields)

    async def write(self, id: str = "letter:1", **fields: Any) -> None:
        """Put a letter on its way, and wait until all that can be done at this moment is done."""
        await self.put(self.letter(id, **fields))
        await self.shop.settles()

    async def put(self, *letters: OutgoingMail) -> None:
        await self.app.db.run(_publish, letters, now=self.clock.now())

    async def time_passes(self, **span: float) -> None:
        await self.shop.time_passes(**span)

    async def log(self, **where: Any) -> Sequence[LoggedMessage]:
        return await self.app.db.read(_log, where)

    async def state(self, id: str = "letter:1") -> str:
        (row,) = await self.log(outgoing_id=id)
        return row.queue_status

    async def told(self, id: str = "letter:1") -> list[tuple[str, str | None, str | None]]:
        """What the agent was told of a letter: state, reason, why its address is suppressed."""
        return [
            (report["state"], report.get("reason"), report.get("suppressed"))
            for report in await self.app.db.read(_reports)
            if report["for"] == id
        ]

    async def attention(self) -> list[str]:
        """What the gateway asked a person to look at, and why."""
        reports = await self.app.db.read(_reports)
        return [f"{report['for']}: {report['reason']}" for report in reports if report["state"] == "attention"]

    async def suppressed(self) -> dict[str, str]:
        return await self.app.db.read(_suppressed)

    async def paused(self) -> str | None:
        return await self.app.db.read(lambda session: session.get_one(Account, ACCOUNT).paused_reason)

    async def hears(self, text: str, *, id: str, person: bool = False, **log: Any) -> None:
        """A line of Ivan's, or one the merchant wrote in his own mail program, stands in the log."""
        line = Line(IVAN, id, self.clock.now(), person, False if person else None, Kind.TEXT, text)
        await self.app.db.run(_hear, line, log, now=self.clock.now())

    def delivered(self) -> list[EmailMessage]:
        """What the SMTP server has got."""
        taken = (one.content for one in self.server.letters)
        return [email.message_from_bytes(one, policy=email.policy.default) for one in taken]  # type: ignore[misc]


def _publish(session: Session, letters: Sequence[OutgoingMail], *, now: Any) -> None:
    for letter in letters:
        table.publish(
            session,
            "outgoing_mail",
            letter.model_dump_json(by_alias=True, exclude_none=True),
            id=letter.id,
            key=lane_key(letter.account, letter.recipient),
            now=now,
            rank=letter.rank,
            lot=letter.account,
        )


def _log(session: Session, where: dict[str, Any]) -> Sequence[LoggedMessage]:
    return session.scalars(select(LoggedMessage).filter_by(account=ACCOUNT, **where).order_by(LoggedMessage.id)).all()


_BODIES = Statement("select body from queue_messages where queue = 'delivery_reports' order by id")


def _reports(session: Session) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in _BODIES(session).fetchall()]


def _suppressed(session: Session) -> dict[str, str]:
    return {row.address: row.reason for row in session.scalars(select(Suppression))}


def _hear(session: Session, line: Line, log: dict[str, Any], *, now: Any) -> None:
    intake.take(session, session.get_one(Account, ACCOUNT), [line], hears=False, now=now)
    row = session.scalars(select(LoggedMessage).filter_by(account=ACCOUNT, message_id=line.message_id)).one()
    for name, value in log.items():
        setattr(row, name, value)
