"""A salesperson as plans for one usually draw it: Celery and SQLAlchemy, a row and a commit for each step.

The gateway stores what a webhook brings and asks the agent; the agent knows the contact, stores the line, has the
contact judged and an answer written, stores it and asks the gateway; that one sends and records. Tasks are acknowledged
late and published with the broker's confirm; model and messenger answer at once. There is no patience, order within a
conversation, withdrawal, deduplication or check of figures. Worker: ``python -m saudager.bench.pipeline agent PLACE``.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ForeignKey, Index, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from saudager.bench.carriers import Road, with_celery
from saudager.bench.children import Child, child, orders, say
from saudager.bench.split import Place

_THREADS, _WEBHOOKS, _CONTEXT = 16, 8, 20
_INCOMING, _OUTGOING = "incoming_messages", "outgoing_messages"


class _Base(DeclarativeBase):
    pass


class _Logged(_Base):
    __tablename__ = "message_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    phone_number: Mapped[str]
    direction: Mapped[str]
    message_text: Mapped[str]
    queue_status: Mapped[str]
    created_at: Mapped[datetime]
    __table_args__ = (Index("log_of_number", "phone_number", "created_at"),)


class _Whitelisted(_Base):
    __tablename__ = "whitelist"
    phone_number: Mapped[str] = mapped_column(primary_key=True)


class _Contact(_Base):
    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone_number: Mapped[str] = mapped_column(unique=True)
    is_client: Mapped[bool | None]
    classification_confidence: Mapped[float | None]
    classification_reasoning: Mapped[str | None]
    last_message_at: Mapped[datetime | None]


class _Message(_Base):
    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    message_id: Mapped[str]
    message_text: Mapped[str]
    is_from_bot: Mapped[bool]
    timestamp: Mapped[datetime]
    __table_args__ = (Index("messages_of_contact", "contact_id", "timestamp"),)


@asynccontextmanager
async def gateway(place: Place, on_sent: Callable[[str], None]) -> AsyncIterator[Callable[[str, str], Awaitable[None]]]:
    """Both workers are running; yields what a webhook calls with a chat and the customer's text."""
    loop = asyncio.get_running_loop()
    for url in (place.gateway_url, place.agent_url):
        _Base.metadata.create_all(create_engine(_address(url)))
    open_session, app = _sessions(place.gateway_url), _app(place, _OUTGOING)
    async with AsyncExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(max_workers=_WEBHOOKS + 1))
        workers = [
            await stack.enter_async_context(child("pipeline", service, json.dumps(asdict(place))))
            for service in ("gateway", "agent")
        ]
        loop.run_in_executor(threads, _keep_telling, workers[0], loop, on_sent)

        def webhook(chat: str, text: str) -> None:
            id = uuid4().hex
            with open_session() as session:
                if session.get(_Whitelisted, chat) is None:
                    session.add(_log(chat, text, "in", id=id, status="queued"))
                    session.commit()
                    _ask(app, place, _INCOMING, chat, text, id)

        async def receive(chat: str, text: str) -> None:
            await loop.run_in_executor(threads, webhook, chat, text)

        yield receive


def _keep_telling(worker: Child, loop: asyncio.AbstractEventLoop, on_sent: Callable[[str], None]) -> None:
    try:
        while True:
            loop.call_soon_threadsafe(on_sent, worker.told())
    except RuntimeError:  # the worker has ended
        return


def _agent(place: Place, app: Any) -> Callable[..., None]:
    open_session = _sessions(place.agent_url)

    def process_incoming_message(phone_number: str, text: str, message_id: str) -> None:
        with open_session() as session:
            contact = session.scalar(select(_Contact).where(_Contact.phone_number == phone_number))
            if contact is None:
                contact = _Contact(phone_number=phone_number)
                session.add(contact)
                session.commit()
            contact.last_message_at = datetime.now(UTC)
            session.add(_said(contact, text, message_id, is_from_bot=False))
            session.commit()
            if contact.is_client is None:
                contact.is_client, contact.classification_confidence = _judge(_history(session, contact))
                contact.classification_reasoning = "спрашивает цену"
                session.commit()
            if contact.is_client:
                reply = _write(_history(session, contact))
                session.add(_said(contact, reply, uuid4().hex, is_from_bot=True))
                session.commit()
                _ask(app, place, _OUTGOING, phone_number, reply, message_id)

    return process_incoming_message


def _sender(place: Place) -> Callable[..., None]:
    open_session = _sessions(place.gateway_url)

    def process_outgoing_message(phone_number: str, text: str, message_id: str) -> None:
        say(phone_number)
        with open_session() as session:
            session.add(_log(phone_number, text, "out", id=uuid4().hex, status="sent"))
            session.commit()

    return process_outgoing_message


def _judge(history: list[str]) -> tuple[bool, float]:
    return bool(history), 0.95


def _write(history: list[str]) -> str:
    return f"Спасибо за сообщение, отвечаю по порядку: {history[-1]}"


def _history(session: Session, contact: _Contact) -> list[str]:
    newest = select(_Message).where(_Message.contact_id == contact.id).order_by(_Message.timestamp.desc())
    return [message.message_text for message in session.scalars(newest.limit(_CONTEXT))][::-1]


def _said(contact: _Contact, text: str, id: str, *, is_from_bot: bool) -> _Message:
    now = datetime.now(UTC)
    return _Message(contact_id=contact.id, message_id=id, message_text=text, is_from_bot=is_from_bot, timestamp=now)


def _log(chat: str, text: str, direction: str, *, id: str, status: str) -> _Logged:
    now = datetime.now(UTC)
    return _Logged(
        message_id=id, phone_number=chat, direction=direction, message_text=text, queue_status=status, created_at=now
    )


def _app(place: Place, queue: str) -> Any:
    return with_celery.make(Road("", _THREADS, place.broker, place.prefix), queue)


def _ask(app: Any, place: Place, queue: str, chat: str, text: str, id: str) -> None:
    app.send_task(queue, (chat, text, id), queue=place.prefix + queue)


def _sessions(url: str) -> sessionmaker[Session]:
    return sessionmaker(create_engine(_address(url), pool_size=_THREADS), expire_on_commit=False)


def _address(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


async def _work(service: str, place: Place) -> None:
    queue = _INCOMING if service == "agent" else _OUTGOING
    app = _app(place, queue)
    app.task(name=queue)(_agent(place, app) if service == "agent" else _sender(place))
    with_celery.start(app, _THREADS)
    say("ready")
    async for _ in orders():
        continue


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], Place(**json.loads(sys.argv[2]))))
