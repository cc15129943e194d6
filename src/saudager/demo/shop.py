"""The made-up shop behind the demo page: its papers, its clock, and the phone the visitor holds."""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Attention, Why
from saudager.clock import MovableClock
from saudager.contracts import Kind
from saudager.conversations.models import Message, Turn
from saudager.demo import sample_customers, sample_pictures, sample_sales
from saudager.demo.reading import Reading
from saudager.demo.sample_customers import Customer
from saudager.errors import ConfigurationError, Refused, SaudagerError
from saudager.gateway import intake
from saudager.gateway.models import Account, LoggedMessage
from saudager.knowledge import folder, library, papers, unanswered
from saudager.knowledge.papers import Paper
from saudager.providers.channels import Line
from saudager.providers.channels.simulator import Simulator
from saudager.queues.time_travel import travel

SAMPLE_SHOP = Path(__file__).parent / "sample_shop"
_FIRST_NUMBER = 77010000001
_VISITORS = LoggedMessage.chat.startswith("7701")
_log = logging.getLogger(__name__)


class Attachment(StrEnum):
    """What the visitor can send besides words."""

    PHOTO = "photo"
    VOICE = "voice"
    LOCATION = "location"
    MISSED_CALL = "missed_call"


_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080400000"
    "0b51c0c020000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
_ATTACHED: dict[Attachment, dict[str, Any]] = {
    Attachment.PHOTO: {"text": None, "kind": Kind.IMAGE, "file": (_PIXEL, "image/png")},
    Attachment.VOICE: {"text": None, "kind": Kind.VOICE, "file": (b"OggS", "audio/ogg")},
    Attachment.LOCATION: {"text": "51.1284, 71.4306", "kind": Kind.LOCATION},
    Attachment.MISSED_CALL: {"text": None, "kind": Kind.MISSED_CALL},
}


@dataclass
class Demo:
    """A shop that works, and the one customer the visitor plays. ``changed`` is replaced after each change."""

    app: App
    clock: MovableClock
    phone: Simulator
    account: Account
    chat: str
    reading: Reading = field(default_factory=Reading)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    moving: bool = False
    _reads_alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def work(self, services: AbstractAsyncContextManager[None]) -> None:
        """Read the documents, then let the services run until cancelled: what was said meanwhile is answered then."""
        async with self._reads_alone:
            await self._read_papers()
        async with services:
            self.reading.opened = True
            self.tell()
            await asyncio.Event().wait()

    async def add_papers(self, some: Sequence[Paper]) -> None:
        """Put the visitor's files among the shop's documents; once it returns, answers rest on them.

        Raises Refused, and takes none of them, when one cannot be taken.
        """
        papers.check(some)
        async with self._reads_alone:
            await asyncio.to_thread(papers.keep, some, self.app.settings.knowledge_folder, now=self.clock.now())
            await self._read_papers()

    async def forget_paper(self, file: str) -> None:
        """Take a document away, and all that was known from it. Raises NotFound when there is none of that name."""
        async with self._reads_alone:
            await asyncio.to_thread(folder.remove, self.app.settings.knowledge_folder, file)
            await self._read_papers()

    async def _read_papers(self) -> None:
        self.reading = Reading(opened=self.reading.opened)
        self.tell()
        try:
            await library.refresh(
                self.app.db, self.app.settings.knowledge_folder, now=self.clock.now(), on_progress=self._note_progress
            )
        except SaudagerError as error:
            _log.warning("the documents could not be read: %s", error)
            self.reading.problem = str(error)
        finally:
            self.reading.under_way = False
            self.tell()

    def _note_progress(self, done: int, total: int, file: str) -> None:
        self.reading.done, self.reading.total = done, total
        self.tell()

    async def say(self, text: str) -> None:
        """A line typed on the visitor's phone; returns once it is stored for good."""
        await self._arrives(self.phone.write(self.chat, text))

    async def attach(self, what: Attachment) -> None:
        await self._arrives(self.phone.write(self.chat, **_ATTACHED[what]))

    async def _arrives(self, line: Line) -> None:
        hears = self.app.transcriber is not None
        await self.app.db.run(intake.take, self.account, [line], hears=hears, now=self.clock.now())
        self.tell()

    async def let_pass(self, span: timedelta) -> None:
        """Move the shop's clock, doing all that falls due on the way; raises Refused while it cannot be moved."""
        if not self.reading.opened:
            raise Refused("Документы ещё читаются. Переведите часы чуть позже.")
        if self.moving:
            raise Refused("Часы уже идут вперёд.")
        self.moving = True
        self.tell()
        try:
            await travel(self.clock, self.app.queues, self.clock.now() + span)
        except TimeoutError:
            raise Refused("Продавец ещё занят. Переведите часы чуть позже.") from None
        finally:
            self.moving = False
            self.tell()

    async def begin_again(self) -> None:
        """Become a new customer with a new number; a customer who has not said anything yet is new enough."""
        self.chat = await self.app.db.read(_new_chat, self.account.name)
        self.tell()

    async def settle(self, why: Why, about: str) -> None:
        """The visitor has looked at an entry of the desk."""
        await self.app.db.run(attention.settle, why, about, now=self.clock.now())
        self.tell()

    async def settle_question(self, question: int) -> None:
        """The visitor has dealt with a question the documents could not answer."""
        await self.app.db.run(unanswered.settle, question, self.clock.now())
        self.tell()

    def tell(self) -> None:
        """Wake everybody who waits for ``changed``."""
        self.changed.set()
        self.changed = asyncio.Event()


async def open_demo(app: App, customers: Sequence[Customer]) -> Demo:
    """The shop of ``app``, which has a MovableClock and the simulator's account; nothing runs yet.

    An empty knowledge folder gets the sample shop's papers, where no company is known the sample ones are, and pictures
    of a window are asked for once; where nobody has written yet the ``customers`` have. The clock is put behind
    everything stored, so that a restart after it was moved does not go back in time. Raises ConfigurationError when
    there is no simulator.
    """
    name, phone = next(
        ((name, channel) for name, channel in app.channels.items() if isinstance(channel, Simulator)), ("", None)
    )
    if phone is None or not isinstance(app.clock, MovableClock):
        raise ConfigurationError("the demo needs the simulator channel and a clock that can be moved")
    await asyncio.to_thread(_lay_out_papers, app.settings.knowledge_folder)
    if (newest := await app.db.read(_newest_moment)) is not None:
        app.clock.move_to(newest)
    await app.db.run(sample_sales.lay_out, zone=app.settings.zone, now=app.clock.now())
    await app.db.run(sample_pictures.ask_for, now=app.clock.now())
    account = await app.db.read(Session.get_one, Account, name)
    await app.db.run(sample_customers.write, customers, account, phone, app.clock)
    chat = await app.db.read(_last_chat, name) or f"{_FIRST_NUMBER}@c.us"
    demo = Demo(app, app.clock, phone, account, chat)
    app.db.on_commit(lambda _: demo.tell())
    return demo


def _lay_out_papers(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    for paper in SAMPLE_SHOP.glob("*.pdf"):
        shutil.copyfile(paper, folder / paper.name)


def _newest_moment(session: Session) -> datetime | None:
    moments: Sequence[datetime | None] = session.execute(
        select(
            select(func.max(LoggedMessage.created_at)).scalar_subquery(),
            select(func.max(Message.received_at)).scalar_subquery(),
            select(func.max(Turn.closed_at)).scalar_subquery(),
            select(func.max(Attention.since)).scalar_subquery(),
            select(func.max(Attention.settled)).scalar_subquery(),
        )
    ).one()
    return max((moment for moment in moments if moment is not None), default=None)


def _last_chat(session: Session, account: str) -> str | None:
    visitors = select(LoggedMessage.chat).where(LoggedMessage.account == account, _VISITORS)
    return session.scalar(visitors.order_by(LoggedMessage.id.desc()).limit(1))


def _new_chat(session: Session, account: str) -> str:
    visitors = select(func.count(LoggedMessage.chat.distinct())).where(LoggedMessage.account == account, _VISITORS)
    known = session.scalar(visitors)
    return f"{_FIRST_NUMBER + (known or 0)}@c.us"
