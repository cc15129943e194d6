"""A whole shop in one process, with a simulated phone and mailbox and a clock that can be moved: for tests, benches."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import attention, services
from saudager.agent import moderator
from saudager.app import App
from saudager.attention import Attention
from saudager.bootstrap import SIMULATOR, TRIAL_MAILBOX, bootstrap, connect_accounts
from saudager.clock import Clock, MovableClock
from saudager.contracts import Kind
from saudager.conversations.models import Contact, Conversation, Message, Turn
from saudager.gateway import intake, reading
from saudager.gateway.models import Account
from saudager.knowledge import library
from saudager.providers.channels import Line
from saudager.providers.channels.simulator import Simulator
from saudager.providers.images import Painter
from saudager.providers.llm import LanguageModel
from saudager.providers.mail import Letter, ReceivedLetter
from saudager.providers.mail import simulator as trial_mail
from saudager.providers.speech import Transcriber
from saudager.providers.websearch import WebSearch
from saudager.queues.time_travel import settle, travel
from saudager.settings import Settings

CUSTOMER = "77010000001@c.us"
OPENING = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)


@dataclass
class Shop:
    """A running shop, the customer's phone, and the customers' mail."""

    app: App
    phone: Simulator
    account: Account

    @property
    def clock(self) -> MovableClock:
        assert isinstance(self.app.clock, MovableClock)
        return self.app.clock

    @property
    def mail(self) -> trial_mail.Simulator:
        """The mail of everybody the shop writes to."""
        carrier = self.app.mailboxes[TRIAL_MAILBOX].mailers[SIMULATOR]
        assert isinstance(carrier, trial_mail.Simulator)
        return carrier

    async def customer_says(
        self, *texts: str | None, chat: str = CUSTOMER, kind: Kind = Kind.TEXT, **line: Any
    ) -> list[Line]:
        """Lines typed on the customer's phone at this moment; returns once the gateway has them."""
        return [await self.arrives(self.phone.write(chat, text, kind=kind, **line)) for text in texts]

    async def person_says(self, text: str, *, chat: str = CUSTOMER) -> Line:
        """A line the merchant types on the shop's own phone."""
        return await self.arrives(self.phone.write(chat, text, by_human=True))

    async def arrives(self, line: Line) -> Line:
        hears = self.app.transcriber is not None
        await self.app.db.run(intake.take, self.account, [line], hears=hears, now=self.app.clock.now())
        return line

    def letters(self, address: str) -> list[Letter]:
        """What somebody has got from us by mail, oldest first."""
        return self.mail.letters_to(address)

    async def mail_arrives(
        self, sender: str, text: str, *, answers: Letter | None = None, **letter: Any
    ) -> ReceivedLetter:
        """A letter written to the shop at this moment; returns once the gateway has it. ``answers`` is the letter of
        ours it is written back to."""
        written = self.mail.write(sender, text, answers=answers, **letter)
        await reading.look(self.app, TRIAL_MAILBOX, self.mail)
        return written

    async def time_passes(self, **span: float) -> None:
        """Let time go by (``seconds=…, hours=…``), with everything that falls due on the way."""
        await travel(self.clock, self.app.queues, self.clock.now() + timedelta(**span))

    async def settles(self) -> None:
        """Wait until all that can be done at this moment is done."""
        await settle(self.app.queues)

    async def ask_as_customer(self, question: str, *, chat: str = CUSTOMER) -> list[str]:
        """Have somebody known to be a customer write, and give back what he was answered."""
        before = len(self.answers(chat))
        await self.customer_says(question, chat=chat)
        await self.settles()
        await self.app.db.run(_overrule, chat, now=self.clock.now())
        await self.time_passes(minutes=2)
        return self.answers(chat)[before:]

    def answers(self, chat: str = CUSTOMER) -> list[str]:
        """What the customer has got from us, oldest first."""
        return [line.text or "" for line in self.phone.chat(chat) if line.from_us and line.from_api]

    async def contact(self, chat: str = CUSTOMER) -> Contact:
        return await self.app.db.read(_contact, chat)

    async def turns(self, chat: str = CUSTOMER) -> Sequence[Turn]:
        return await self.app.db.read(_turns, chat)

    async def messages(self, chat: str = CUSTOMER) -> Sequence[Message]:
        return await self.app.db.read(_messages, chat)

    async def desk(self) -> Sequence[Attention]:
        """What waits for a person."""
        return await self.app.db.read(attention.waiting)


@asynccontextmanager
async def rehearse(
    settings: Settings,
    *,
    model: LanguageModel | None = None,
    transcriber: Transcriber | None = None,
    painters: Sequence[Painter] = (),
    web_search: WebSearch | None = None,
    hosted: bool = False,
    clock: Clock | None = None,
) -> AsyncIterator[Shop]:
    """A running shop with a simulated phone, on the folder of the settings; by default its clock stands still.

    ``model`` answers in it, or the engines of the settings when ``hosted``, or the offline engine; ``transcriber``
    listens to voice notes, or that of the settings when ``hosted``, or nobody. ``painters`` draw pictures, or those of
    the settings when ``hosted``, or the offline one; ``web_search`` is asked what a product looks like, or nobody.
    """
    app = bootstrap(
        settings,
        clock=clock or MovableClock(OPENING),
        model=model,
        transcriber=transcriber,
        painters=painters,
        web_search=web_search,
        hosted=hosted,
        poll=None,
    )
    try:
        await connect_accounts(app, simulator=True)
        await library.refresh(app.db, settings.knowledge_folder, now=app.clock.now())
        phone = app.channels[SIMULATOR]
        assert isinstance(phone, Simulator)
        async with services.running(app, gateway=True, agent=True):
            yield Shop(app, phone, await app.db.read(_account))
    finally:
        await app.close()


def _account(session: Session) -> Account:
    return session.get_one(Account, SIMULATOR)


def _conversation(session: Session, chat: str) -> Conversation:
    return session.scalars(select(Conversation).where(Conversation.chat == chat)).one()


def _contact(session: Session, chat: str) -> Contact:
    return session.get_one(Contact, _conversation(session, chat).contact_id)


def _overrule(session: Session, chat: str, *, now: datetime) -> None:
    moderator.overrule(session, _conversation(session, chat).contact_id, is_client=True, now=now)


def _turns(session: Session, chat: str) -> Sequence[Turn]:
    conversation = _conversation(session, chat)
    return session.scalars(select(Turn).where(Turn.conversation_id == conversation.id).order_by(Turn.id)).all()


def _messages(session: Session, chat: str) -> Sequence[Message]:
    conversation = _conversation(session, chat)
    return session.scalars(select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)).all()
