"""The bare clients: aio-pika, redis-py and sqlite3 do what must be done for one message to survive a crash."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from saudager.bench.carriers import Handle, Road, Send

_GROUP = "bench"


@asynccontextmanager
async def sqlite_here(road: Road, handle: Handle) -> AsyncIterator[Send]:
    """A durable transaction to store a message and one to close it, in one thread of its own."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1) as thread:
        rows = await loop.run_in_executor(thread, _open, road.database)
        tasks: set[asyncio.Task[None]] = set()

        async def receive(id: str) -> None:
            await handle(id)
            await loop.run_in_executor(thread, rows.execute, "update messages set done = 1 where id = ?", (id,))

        async def send(id: str, chat: str, body: str) -> None:
            await loop.run_in_executor(
                thread, rows.execute, "insert into messages values (?, ?, ?, 0)", (id, chat, body)
            )
            task = asyncio.create_task(receive(id))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        yield send
        await asyncio.gather(*tasks)
        await loop.run_in_executor(thread, rows.close)


def _open(database: str) -> sqlite3.Connection:
    rows = sqlite3.connect(database.removeprefix("sqlite:///"), isolation_level=None)
    rows.execute("pragma journal_mode=wal")
    rows.execute("pragma synchronous=full")
    rows.execute("create table messages (id text primary key, chat text, body text, done integer)")
    return rows


@asynccontextmanager
async def rabbitmq_near(road: Road) -> AsyncIterator[Send]:
    """Persistent messages into a quorum queue, each waited for until the broker confirms it."""
    import aio_pika

    async with await aio_pika.connect_robust(road.broker) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue(road.queue, durable=True, arguments={"x-queue-type": "quorum"})

        async def send(id: str, chat: str, body: str) -> None:
            message = aio_pika.Message(
                body.encode(), message_id=id, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, headers={"lane": chat}
            )
            await channel.default_exchange.publish(message, road.queue)

        yield send


@asynccontextmanager
async def rabbitmq_far(road: Road, handle: Handle) -> AsyncIterator[None]:
    """Each acknowledged once it is handled."""
    import aio_pika

    async def receive(message: Any) -> None:
        await handle(message.message_id)
        await message.ack()

    async with await aio_pika.connect_robust(road.broker) as connection:
        channel = await connection.channel()
        await channel.set_qos(road.concurrency)
        queue = await channel.declare_queue(road.queue, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.consume(receive)
        yield


@asynccontextmanager
async def redis_near(road: Road) -> AsyncIterator[Send]:
    """An entry of a stream for each message."""
    async with _redis(road) as redis:

        async def send(id: str, chat: str, body: str) -> None:
            await redis.xadd(road.queue, {"id": id, "lane": chat, "data": body})

        yield send


@asynccontextmanager
async def redis_far(road: Road, handle: Handle) -> AsyncIterator[None]:
    """Read by a group's one consumer, acknowledged and deleted once handled."""
    async with _redis(road) as redis:
        await redis.xgroup_create(road.queue, _GROUP, id="0", mkstream=True)
        places = asyncio.Semaphore(road.concurrency)
        tasks: set[asyncio.Task[None]] = set()

        async def receive(number: bytes, id: str) -> None:
            await handle(id)
            async with redis.pipeline(transaction=False) as pipeline:
                pipeline.xack(road.queue, _GROUP, number)
                pipeline.xdel(road.queue, number)
                await pipeline.execute()
            places.release()

        async def read() -> None:
            while True:
                read = await redis.xreadgroup(_GROUP, _GROUP, {road.queue: ">"}, count=100, block=2000)
                for number, fields in _entries(read):
                    await places.acquire()
                    task = asyncio.create_task(receive(number, fields[b"id"].decode()))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)

        reading = asyncio.create_task(read())
        yield
        reading.cancel()
        await asyncio.gather(reading, *tasks, return_exceptions=True)


def _redis(road: Road) -> Any:
    from redis.asyncio import BlockingConnectionPool, Redis

    pool = BlockingConnectionPool.from_url(road.broker, max_connections=20, timeout=60, socket_timeout=60)
    return Redis(connection_pool=pool)


def _entries(read: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    if isinstance(read, dict):
        return [entry for lists in read.values() for entries in lists for entry in entries]
    return [entry for _, entries in read or () for entry in entries]
