"""What the rows of one message cost without the product: plain sqlite3, and SQLAlchemy's async ORM on aiosqlite."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from saudager.conversations.models import Contact, Conversation, Identity, Message, Turn
from saudager.db import migrate
from saudager.gateway.models import LoggedMessage

_NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
_BODY = "{" + " " * 500 + "}"
_QUEUES = ("incoming_messages", "turns", "outgoing_messages", "delivery_reports")
_QUEUED = (
    "insert into queue_messages (queue, key, msg_id, body, rank, state, created_at, due_at, done_at) "
    "values (?, ?, ?, ?, 0, 1, 0, 0, 0)"
)


def plain_sqlite(path: Path, count: int) -> float:
    """Seconds for ``count`` messages, a durable transaction each."""
    _migrate(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    began = time.perf_counter()
    for number in range(count):
        connection.execute("begin immediate")
        for model, values in _rows(number):
            columns = {name: _plain(value) for name, value in values.items()}
            connection.execute(
                f"insert into {model.__tablename__} ({', '.join(columns)}) "  # noqa: S608
                f"values ({', '.join('?' * len(columns))})",
                tuple(columns.values()),
            )
        for queue in _QUEUES:
            connection.execute(_QUEUED, (queue, str(number), str(number), _BODY))
        connection.execute("commit")
    return time.perf_counter() - began


async def sqlalchemy_async(path: Path, count: int) -> float:
    """Seconds for the same rows through the async ORM, a session a message."""
    from sqlalchemy import event
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

    _migrate(path)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")

    @event.listens_for(engine.sync_engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")

    began = time.perf_counter()
    for number in range(count):
        async with AsyncSession(engine) as session, session.begin():
            for model, values in _rows(number):
                session.add(model(**values))
                await session.flush()
            connection = await session.connection()
            for queue in _QUEUES:
                await connection.exec_driver_sql(_QUEUED, (queue, str(number), str(number), _BODY))
    seconds = time.perf_counter() - began
    await engine.dispose()
    return seconds


def _migrate(path: Path) -> None:
    migrate.upgrade(f"sqlite:///{path}", (migrate.GATEWAY, migrate.AGENT))


def _rows(number: int) -> list[tuple[Any, dict[str, Any]]]:
    """What is left in the tables after one customer wrote one line and got one answer."""
    id, chat = number + 1, f"7701{number:07d}@c.us"
    line = {"account": "simulator", "kind": "text", "is_voice": False}
    logged = {**line, "chat": chat, "message_text": "Сколько стоит окно?", "queue_status": "sent", "created_at": _NOW}
    said = {
        **line,
        "conversation_id": id,
        "text": "Сколько стоит окно?",
        "history": False,
        "sent_at": _NOW,
        "received_at": _NOW,
        "deleted": False,
        "turn_id": id,
    }
    return [
        (LoggedMessage, {**logged, "message_id": f"in-{id}", "direction": "in", "author": "customer"}),
        (LoggedMessage, {**logged, "message_id": f"out-{id}", "direction": "out", "author": "bot"}),
        (Contact, {"id": id, "is_client": True, "created_at": _NOW, "updated_at": _NOW}),
        (Identity, {"kind": "phone", "value": chat[:-5], "contact_id": id}),
        (Identity, {"kind": "chat", "value": chat, "contact_id": id}),
        (Conversation, {"id": id, "contact_id": id, "account": "simulator", "chat": chat, "created_at": _NOW}),
        (
            Turn,
            {"id": id, "conversation_id": id, "outcome": "answered", "opened_at": _NOW, "closed_at": _NOW, "trace": {}},
        ),
        (Message, {**said, "message_id": f"in-{id}", "author": "customer"}),
        (Message, {**said, "message_id": f"out-{id}", "author": "bot"}),
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return "{}" if value == {} else value
