"""Celery as it is set up for messages that must not be lost: confirmed publishes, acknowledged late, threads."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from saudager.bench.carriers import QUEUE, Road, Send

_SENDERS = 8


def make(road: Road, queue: str = QUEUE) -> Any:
    """A Celery application on the road's broker that works the queue."""
    from celery import Celery

    app = Celery("bench", broker=road.broker, set_as_current=False)
    app.conf.update(
        task_default_queue=road.prefix + queue,
        task_acks_late=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options=(
            {"global_keyprefix": road.prefix} if road.broker.startswith("redis") else {"confirm_publish": True}
        ),
    )
    return app


@asynccontextmanager
async def near(road: Road) -> AsyncIterator[Send]:
    """A row stored durably with plain sqlite3, then the task is published."""
    app = make(road)
    loop, local = asyncio.get_running_loop(), threading.local()
    database = road.database.removeprefix("sqlite:///")
    with sqlite3.connect(database) as first:
        first.execute("pragma journal_mode=wal")
        first.execute("create table messages (id text primary key, chat text, body text)")

    def store_and_publish(id: str, chat: str, body: str) -> None:
        if not hasattr(local, "rows"):
            local.rows = sqlite3.connect(database, isolation_level=None, timeout=60)
            local.rows.execute("pragma synchronous=full")
        local.rows.execute("insert into messages values (?, ?, ?)", (id, chat, body))
        app.send_task("take", (id, chat, body))

    with ThreadPoolExecutor(max_workers=_SENDERS) as threads:

        async def send(id: str, chat: str, body: str) -> None:
            await loop.run_in_executor(threads, store_and_publish, id, chat, body)

        yield send


@asynccontextmanager
async def far(road: Road, handle: Callable[[str], None]) -> AsyncIterator[None]:
    """A worker with a pool of threads; ``handle`` is called in one of them."""
    app = make(road)

    def take(id: str, chat: str, body: str) -> None:
        handle(id)

    app.task(name="take")(take)
    start(app, road.concurrency)
    yield


def start(app: Any, concurrency: int) -> None:
    """A worker of the application, without the chatter between workers; it ends with this process."""
    worker = app.WorkController(
        pool_cls="threads", concurrency=concurrency, without_gossip=True, without_mingle=True, without_heartbeat=True
    )
    threading.Thread(target=worker.start, daemon=True).start()
