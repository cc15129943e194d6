"""The product's queue engine: a row, and with a broker its row to go out, the wire, and a row on the other side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from saudager.bench import servers
from saudager.bench.carriers import QUEUE, Handle, Road, Send
from saudager.clock import SystemClock
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.providers.wires import Wire
from saudager.queues import table
from saudager.queues.bridge import Bridge, Inward, Place
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease, Policy

_clock = SystemClock()


@asynccontextmanager
async def here(road: Road, handle: Handle) -> AsyncIterator[Send]:
    """Sender and receiver in one process over one database."""
    async with _queues(road) as (db, queues):
        _work(queues, road, handle)
        queues.start()
        yield _send_into(db)


@asynccontextmanager
async def near(road: Road) -> AsyncIterator[Send]:
    async with _queues(road, wired=frozenset([QUEUE])) as (db, queues), _wire(road) as wire:
        bridge = Bridge(db, queues, _clock, wire, [QUEUE], {})
        await bridge.open()
        bridge.consume()
        queues.start()
        yield _send_into(db)


@asynccontextmanager
async def far(road: Road, handle: Handle) -> AsyncIterator[None]:
    async with _queues(road) as (db, queues), _wire(road) as wire:
        bridge = Bridge(db, queues, _clock, wire, [], {QUEUE: Inward(lambda body: Place(body["chat"]))})
        await bridge.open()
        _work(queues, road, handle)
        queues.start()
        receiving = [asyncio.create_task(loop) for loop in bridge.receiving()]
        yield
        for loop in receiving:
            loop.cancel()
        await asyncio.gather(*receiving, return_exceptions=True)


@asynccontextmanager
async def _queues(road: Road, **wired: Any) -> AsyncIterator[tuple[Database, Queues]]:
    migrate.upgrade(road.database, ())
    db = Database(road.database, **wired)
    queues = Queues(db, _clock)
    try:
        yield db, queues
    finally:
        await queues.stop()
        await db.close()


@asynccontextmanager
async def _wire(road: Road) -> AsyncIterator[Wire]:
    wire = servers.wire(road.broker, road.prefix)
    try:
        yield wire
    finally:
        await wire.close()


def _work(queues: Queues, road: Road, handle: Handle) -> None:
    async def errand(lease: Lease) -> None:
        for message in lease.messages:
            await handle(message.id)

    queues.consume(Policy(QUEUE), errand, concurrency=road.concurrency)


def _send_into(db: Database) -> Send:
    async def send(id: str, chat: str, body: str) -> None:
        await db.run(table.publish, QUEUE, body, id=id, key=chat, now=_clock.now())

    return send
