"""A whole shop on a fake Wappi: the product as `saudager up` runs it, over real HTTP, on a clock that stands still."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from saudager import attention, services
from saudager.app import App
from saudager.attention import Attention
from saudager.bootstrap import bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.conversations.models import Contact, Conversation, Message, Turn
from saudager.gateway.models import Account, LoggedMessage
from saudager.knowledge import library
from saudager.providers.channels.wappi import Config, WhatsAppWappi
from saudager.providers.llm import LanguageModel
from saudager.queues import table
from saudager.settings import Settings
from tests.fakes.wappi import PROFILE, FakeWappi

ACCOUNT = f"wappi:{PROFILE}"
CUSTOMER = "77010000001@c.us"
_PATIENCE = 60.0
_WAITING = ("keep_polling", "keep_watching", "subscribe")

OpenWappiShop = Callable[..., Any]


def wappi_settings(wappi: FakeWappi) -> dict[str, Any]:
    """What a merchant writes into ``.env``."""
    return {"wappi_token": wappi.token, "wappi_profile_id": wappi.profile_id, "wappi_base_url": wappi.base_url}


class WappiShop:
    """The product and the phone it answers on. It can be stopped and started again on the same folder."""

    account_name = ACCOUNT

    def __init__(
        self,
        settings: Settings,
        wappi: Any,
        clock: MovableClock,
        model: LanguageModel | None,
        *,
        timeout: float | None = None,
    ) -> None:
        self.settings = settings
        self.wappi = wappi
        self.clock = clock
        self.model = model
        self.app: App
        self._timeout = timeout
        self._running = AsyncExitStack()

    async def starts(self) -> None:
        self.app = bootstrap(self.settings, clock=self.clock, model=self.model, poll=None)
        self._running.push_async_callback(self.app.close)
        await connect_accounts(self.app)
        if self._timeout is not None:
            config = Config(base_url=self.wappi.base_url, token=self.wappi.token, profile_id=self.wappi.profile_id)
            self.app.channels[ACCOUNT] = WhatsAppWappi(config, clock=self.clock, timeout=self._timeout)
        await library.refresh(self.app.db, self.settings.knowledge_folder, now=self.clock.now())
        await self._running.enter_async_context(services.running(self.app, gateway=True, agent=True))
        await self.settles()

    async def stops(self) -> None:
        await self._running.aclose()

    async def time_passes(self, **span: float) -> None:
        """Let time go by (``seconds=…, hours=…``), with everything that falls due on the way."""
        until = self.clock.now() + timedelta(**span)
        await self.settles()
        while (stop := self.clock.next_wake()) is not None and stop <= until:
            self.clock.move_to(stop)
            await self.settles()
        self.clock.move_to(until)
        await self.settles()

    async def settles(self) -> None:
        """Wait until all is done that can be done at this moment, calls to the messenger included."""
        async with asyncio.timeout(_PATIENCE):
            calm = 0
            while calm < 3:
                await asyncio.sleep(0.001)
                calm = calm + 1 if self.app.queues.settled() and self._polling_rests() else 0

    def answers(self, chat: str = CUSTOMER) -> list[str]:
        """What the customer has got from us, oldest first."""
        return [sent.text for sent in self.wappi.sent if sent.chat == chat]

    async def turns(self, chat: str = CUSTOMER) -> Sequence[Turn]:
        return await self.app.db.read(_turns, chat)

    async def messages(self, chat: str = CUSTOMER) -> Sequence[Message]:
        return await self.app.db.read(_messages, chat)

    async def log(self, chat: str = CUSTOMER) -> Sequence[LoggedMessage]:
        return await self.app.db.read(_log, chat)

    async def contacts(self) -> Sequence[Contact]:
        return await self.app.db.read(lambda session: session.scalars(select(Contact)).all())

    async def account(self) -> Account:
        return await self.app.db.read(lambda session: session.get_one(Account, self.account_name))

    async def desk(self) -> list[tuple[str, str]]:
        """What waits for a person: kind and reason."""
        entries: Sequence[Attention] = await self.app.db.read(attention.waiting)
        return [(entry.kind, entry.reason) for entry in entries]

    async def dead(self, queue: str) -> list[str]:
        """Why messages of a queue were given up."""
        letters = await self.app.db.read(table.dead_letters)
        return [letter["reason"] for letter in letters if letter["queue"] == queue]

    async def waiting(self) -> int:
        """Messages nobody has handled yet, over all queues."""
        depths = await self.app.db.read(table.depth)
        return sum(counts["waiting"] for counts in depths.values())

    def _polling_rests(self) -> bool:
        polling = [task for task in asyncio.all_tasks() if _name(task) in _WAITING]
        return all(self.clock.is_asleep(task) for task in polling)


def _name(task: "asyncio.Task[Any]") -> str:
    return getattr(task.get_coro(), "__name__", "")


def _turns(session: Session, chat: str) -> Sequence[Turn]:
    lines = select(Message.turn_id).where(Message.conversation_id.in_(_of(chat)))
    return session.scalars(select(Turn).where(Turn.id.in_(lines)).order_by(Turn.id)).all()


def _messages(session: Session, chat: str) -> Sequence[Message]:
    return session.scalars(select(Message).where(Message.conversation_id.in_(_of(chat))).order_by(Message.id)).all()


def _of(chat: str) -> Select[tuple[int]]:
    return select(Conversation.id).where(Conversation.chat == chat)


def _log(session: Session, chat: str) -> Sequence[LoggedMessage]:
    return session.scalars(select(LoggedMessage).where(LoggedMessage.chat == chat).order_by(LoggedMessage.id)).all()
