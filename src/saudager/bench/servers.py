"""The servers benches use on this machine, and what they make there for themselves: gone again at the end."""

import os
import socket
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from saudager.bench.left_out import LeftOut
from saudager.contracts import CONTRACT, QueueContract
from saudager.providers.wires import DEAD, Arrival, Parcel, Wire
from saudager.providers.wires.rabbitmq import RabbitMQWire
from saudager.providers.wires.redis import RedisWire

POSTGRESQL = os.environ.get("BENCH_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
RABBITMQ = os.environ.get("BENCH_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672/")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def need(url: str) -> str:
    """The address, when its server answers on this machine; raises LeftOut."""
    where = urlsplit(url)
    if where.hostname not in _LOOPBACK:
        raise LeftOut(f"{where.hostname} is another machine: benches make databases and queues on this one only")
    try:
        socket.create_connection((where.hostname, where.port or 0), timeout=3).close()
    except OSError:
        raise LeftOut(f"no {where.scheme} server answers on {where.hostname}:{where.port}") from None
    return url


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of a new PostgreSQL database."""
    import psycopg

    name = f"saudager_bench_{uuid.uuid4().hex[:12]}"

    def tell(statement: str) -> None:
        with psycopg.connect(need(POSTGRESQL), autocommit=True) as connection:
            connection.execute(statement.encode())

    try:
        tell(f'create database "{name}"')
    except psycopg.Error as error:
        raise LeftOut(f"PostgreSQL makes no database for BENCH_POSTGRESQL_URL: {error}") from None
    try:
        yield f"{POSTGRESQL.rpartition('/')[0]}/{name}"
    finally:
        tell(f'drop database "{name}" with (force)')


@asynccontextmanager
async def own_names(broker: str) -> AsyncIterator[str]:
    """A beginning of names nobody else uses at the broker; at the end everything named so is deleted there."""
    prefix = f"saudager.bench.{uuid.uuid4().hex[:12]}."
    need(broker)
    try:
        yield prefix
    finally:
        await (_forget_in_redis if broker.startswith("redis") else _forget_in_rabbitmq)(broker, prefix)


def wire(broker: str, prefix: str) -> Wire:
    """The product's wire over queues whose names begin so."""
    wire = RedisWire(broker, allow_volatile=True) if broker.startswith("redis") else RabbitMQWire(broker)
    return _Renaming(wire, prefix)


class _Renaming:
    """A wire that calls every queue by another name at its broker."""

    def __init__(self, wire: Wire, prefix: str) -> None:
        self._wire = wire
        self._prefix = prefix
        self.name = wire.name

    async def open(self, queues: Sequence[QueueContract]) -> None:
        await self._wire.open([queue.model_copy(update={"name": self._prefix + queue.name}) for queue in queues])

    async def send(self, queue: str, parcels: Sequence[Parcel]) -> int:
        return await self._wire.send(self._prefix + queue, parcels)

    async def receive(self, queue: str, limit: int) -> list[Arrival]:
        return await self._wire.receive(self._prefix + queue, limit)

    async def take(self, queue: str, arrivals: Sequence[Arrival]) -> None:
        await self._wire.take(self._prefix + queue, arrivals)

    async def bury(self, queue: str, arrival: Arrival, reason: str) -> None:
        await self._wire.bury(self._prefix + queue, arrival, reason)

    async def expired(self, queue: str, limit: int) -> list[Arrival]:
        return await self._wire.expired(self._prefix + queue, limit)

    async def depth(self) -> dict[str, int]:
        return {name.removeprefix(self._prefix): count for name, count in (await self._wire.depth()).items()}

    async def tidy(self, older_than: timedelta) -> int:
        return await self._wire.tidy(older_than)

    async def close(self) -> None:
        await self._wire.close()


async def _forget_in_redis(broker: str, prefix: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(broker) as redis:
        async for key in redis.scan_iter(match=f"*{prefix}*", count=1000):
            await redis.delete(key)


async def _forget_in_rabbitmq(broker: str, prefix: str) -> None:
    import aio_pika

    async with await aio_pika.connect(broker) as connection:
        channel = await connection.channel()
        for name in CONTRACT:
            await channel.queue_delete(prefix + name, if_unused=False, if_empty=False)
            await channel.queue_delete(prefix + name + DEAD, if_unused=False, if_empty=False)
            await channel.exchange_delete(prefix + name)
