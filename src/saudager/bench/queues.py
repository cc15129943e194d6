"""From one service to the other: the product's queues, bare clients of the same brokers, and Celery.

Every carrier takes the same 0.6 KB message of one of 200 customers, keeps it on disk or has the broker confirm it, and
hands it to a handler; with a broker, sender and receiver are two processes. Celery's sender stores one row of its own
before it publishes. ``burst`` is as fast as 64 senders can, the median of three; delays are those at a steady 200
messages a second; CPU is that of sender and receiver in the burst, ``server_cpu`` that of the broker or database;
memory is the receiver's with a thousand handlers asleep for two seconds, each for a customer of its own.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from saudager.bench import compared, left_out, processor, servers
from saudager.bench.carriers import Handle, Road, Send, bare, ours, with_celery
from saudager.bench.receiver import Receiver, receiving
from saudager.bench.tally import Tally

_BURST, _BURSTS, _SENDERS, _CUSTOMERS = 5000, 3, 64, 200
_STEADY, _RATE = 2000, 200
_IN_FLIGHT, _ASLEEP = 1000, 2.0
_CONCURRENCY = 100
_TEXT = "Здравствуйте! Подскажите, пожалуйста, сколько стоит двустворчатое окно 1500 на 1500 с установкой и доставкой?"
Row = dict[str, Any]
Ends = AbstractAsyncContextManager[tuple[Send, Tally | Receiver]]


async def ours_sqlite(scale: float) -> Row:
    """Our queue in one process over a SQLite file."""
    return await _in_one_process(ours.here, scale)


async def bare_sqlite3(scale: float) -> Row:
    """Plain sqlite3: a transaction to store a message, one to close it; no order, no leases, no retries."""
    return await _in_one_process(bare.sqlite_here, scale)


async def ours_postgresql(scale: float) -> Row:
    """Our queue in one process over a PostgreSQL database."""
    with servers.fresh_database() as one, servers.fresh_database() as other:
        return await _in_one_process(ours.here, scale, databases=(one, other), server=servers.POSTGRESQL)


async def ours_rabbitmq(scale: float) -> Row:
    """A row, the row's publish with a confirm, a row on the other side, a handler; SQLite on both sides."""
    return await _over_a_broker("ours", ours.near, servers.RABBITMQ, scale)


async def bare_aio_pika(scale: float) -> Row:
    """aio-pika alone: a quorum queue, confirms, acknowledged when handled; no rows."""
    return await _over_a_broker("bare_rabbitmq", bare.rabbitmq_near, servers.RABBITMQ, scale)


async def celery_rabbitmq(scale: float) -> Row:
    """Celery over RabbitMQ."""
    left_out.need("celery")
    return await _over_a_broker("celery", with_celery.near, servers.RABBITMQ, scale)


async def ours_redis(scale: float) -> Row:
    """The same as over RabbitMQ, through a Redis stream."""
    return await _over_a_broker("ours", ours.near, servers.REDIS, scale)


async def bare_redis_py(scale: float) -> Row:
    """redis-py alone: a stream with one group, acknowledged and deleted when handled; no rows."""
    return await _over_a_broker("bare_redis", bare.redis_near, servers.REDIS, scale)


async def celery_redis(scale: float) -> Row:
    """Celery over Redis."""
    left_out.need("celery")
    return await _over_a_broker("celery", with_celery.near, servers.REDIS, scale)


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside the bare client and beside Celery of the same run."""
    pairs = {
        "sqlite_vs_bare_sqlite3": ("messages_per_s", "ours_sqlite", "bare_sqlite3"),
        "rabbitmq_vs_bare_aio_pika": ("messages_per_s", "ours_rabbitmq", "bare_aio_pika"),
        "redis_vs_bare_redis_py": ("messages_per_s", "ours_redis", "bare_redis_py"),
        "rabbitmq_vs_celery": ("messages_per_s", "ours_rabbitmq", "celery_rabbitmq"),
        "redis_vs_celery": ("messages_per_s", "ours_redis", "celery_redis"),
        "rabbitmq_cpu_vs_celery": ("cpu_ms_per_message", "ours_rabbitmq", "celery_rabbitmq"),
        "redis_cpu_vs_celery": ("cpu_ms_per_message", "ours_redis", "celery_redis"),
    }
    return compared.ratios(rows, pairs)


async def _in_one_process(
    here: Callable[[Road, Handle], AbstractAsyncContextManager[Send]],
    scale: float,
    *,
    databases: tuple[str, ...] = (),
    server: str = "",
) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        urls = iter(databases or [f"sqlite:///{folder}/{name}.db" for name in ("first", "second")])

        @asynccontextmanager
        async def ends(concurrency: int) -> AsyncIterator[tuple[Send, Tally]]:
            tally = Tally()
            async with here(Road(next(urls), concurrency), tally.handle) as send:
                yield send, tally

        return await _measured(ends, scale, server)


async def _over_a_broker(
    carrier: str, near: Callable[[Road], AbstractAsyncContextManager[Send]], broker: str, scale: float
) -> Row:
    @asynccontextmanager
    async def ends(concurrency: int) -> AsyncIterator[tuple[Send, Receiver]]:
        async with servers.own_names(broker) as prefix:
            with tempfile.TemporaryDirectory() as folder:
                side = [Road(f"sqlite:///{folder}/{name}.db", concurrency, broker, prefix) for name in ("near", "far")]
                async with receiving(carrier, side[1]) as receiver, near(side[0]) as send:
                    yield send, receiver

    return await _measured(ends, scale, broker)


async def _measured(ends: Callable[[int], Ends], scale: float, server: str) -> Row:
    asleep = int(_IN_FLIGHT * scale)
    async with ends(asleep) as (send, tally):
        slow = await _sent(send, tally, asleep, sleep=_ASLEEP)
    async with ends(_CONCURRENCY) as (send, tally):
        await _sent(send, tally, 100)
        steady = await _sent(send, tally, int(_STEADY * scale), rate=_RATE)
        before, served = processor.used(), processor.used_by_server(server) if server else None
        count = int(_BURST * scale)
        bursts = [(await _sent(send, tally, count))["seconds"] for _ in range(_BURSTS)]
        cpu, serving = processor.used() - before, processor.used_by_server(server) if server else None
    row = {
        "messages": count * _BURSTS,
        "messages_per_s": round(count / statistics.median(bursts), 1),
        "cpu_ms_per_message": round(cpu / count / _BURSTS * 1000, 3),
    }
    if served is not None and serving is not None:
        row["server_cpu_ms_per_message"] = round((serving - served) / count / _BURSTS * 1000, 3)
    row |= {"rate_per_s": _RATE, "p50_ms": steady["p50_ms"], "p99_ms": steady["p99_ms"]}
    return row | {"asleep": slow["at_once"], "all_done_s": round(slow["seconds"], 2), "rss_mb": slow["rss_mb"]}


async def _sent(
    send: Send, tally: Tally | Receiver, count: int, *, sleep: float = 0.0, rate: float | None = None
) -> Row:
    """Send so many, wait until all are handled; the figures of whoever handled them."""
    await asyncio.to_thread(lambda: tally.expect(count, sleep=sleep))
    numbers = iter(range(count))
    began = time.monotonic()

    async def keep_sending() -> None:
        for number in numbers:
            if rate:
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            id = f"{time.monotonic():.6f}:{number}"
            chat = f"7701{number if sleep else number % _CUSTOMERS:07d}@c.us"
            await send(id, chat, _body(id, chat))

    await asyncio.gather(*(keep_sending() for _ in range(_SENDERS)))
    handled = await asyncio.to_thread(tally.wait)
    return handled | {"seconds": handled["last_at"] - began}


def _body(id: str, chat: str) -> str:
    moment = datetime.now(UTC).isoformat()
    line = {
        "id": id,
        "created_at": moment,
        "account": "bench",
        "phone_number": chat[:-5],
        "chat": chat,
        "message_id": id,
        "message_text": _TEXT,
        "contact": {"name": "Айгерим"},
        "sent_at": moment,
    }
    return json.dumps(line, ensure_ascii=False)
