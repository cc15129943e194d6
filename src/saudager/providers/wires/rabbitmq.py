"""RabbitMQ through aio-pika: durable quorum queues, publisher confirms, one active consumer a queue."""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue, AbstractRobustConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, AMQPError, ChannelClosed, ChannelInvalidStateError, DeliveryError
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelPreconditionFailed,
    InvalidFrameError,
    ProbableAuthenticationError,
)
from pamqp.commands import Queue as AmqpQueue

from saudager.contracts import QueueContract
from saudager.errors import ConfigurationError, Unreachable
from saudager.providers.wires import DEAD, Arrival, Buried, Parcel, moment_in

_log = logging.getLogger(__name__)
_PREFETCH = 200
_AGAIN_AFTER, _WATCH_EVERY, _ANSWER_WITHIN = 1.0, 15.0, 20.0
_DIED_OF = "x-first-death-reason"
"""What RabbitMQ itself writes on what it puts among the dead, for its age or after too many deliveries:
https://www.rabbitmq.com/docs/dlx (read 2026-11)."""
_LOST = (*CONNECTION_EXCEPTIONS, AMQPError, RuntimeError, OSError, asyncio.TimeoutError)


class RabbitMQWire:
    """Queues are quorum queues with the contract's ``x-message-ttl`` and ``x-max-length``; a full one refuses
    (``reject-publish``), what expires goes to ``<queue>.dead``."""

    name = "RabbitMQ"

    def __init__(self, url: str) -> None:
        self._url = url
        self._contracts: dict[str, QueueContract] = {}
        self._connection: AbstractRobustConnection | None = None
        self._outward: AbstractChannel | None = None
        self._dead: dict[str, AbstractChannel] = {}
        self._connecting = asyncio.Lock()
        self._inward: dict[str, asyncio.Queue[AbstractIncomingMessage]] = {}
        self._queues: dict[str, AbstractQueue] = {}

    async def open(self, queues: Sequence[QueueContract]) -> None:
        self._contracts = {queue.name: queue for queue in queues}
        while True:
            try:
                await self._connect()
                return
            except ProbableAuthenticationError as error:
                raise ConfigurationError(f"RABBITMQ_URL names a user RabbitMQ does not let in ({error})") from None
            except InvalidFrameError:
                raise ConfigurationError(
                    "RABBITMQ_URL names a virtual host RabbitMQ does not have, or does not open to this user"
                ) from None
            except ChannelAccessRefused as error:
                raise ConfigurationError(
                    f"RABBITMQ_URL names a user without the rights it needs ({error}): give it configure, write and "
                    "read rights on the virtual host, `rabbitmqctl set_permissions USER '.*' '.*' '.*'`"
                ) from None
            except ChannelPreconditionFailed as error:
                raise ConfigurationError(
                    f"RabbitMQ has a queue of one of our names with other limits ({error}): delete that queue"
                ) from None
            except _LOST as error:
                _log.warning("RabbitMQ does not answer yet: %r", error)
                await self._drop()
                await asyncio.sleep(_AGAIN_AFTER)

    async def _connect(self) -> None:
        self._connection = await aio_pika.connect_robust(self._url, timeout=_ANSWER_WITHIN)
        self._outward = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
        for contract in self._contracts.values():
            await self._outward.declare_queue(contract.name + DEAD, durable=True)  # a quorum queue limits deliveries
            self._queues[contract.name] = await self._outward.declare_queue(
                contract.name,
                durable=True,
                arguments={
                    "x-queue-type": "quorum",
                    "x-message-ttl": int(contract.ttl * 1000),
                    "x-max-length": contract.max_length,
                    "x-overflow": "reject-publish",
                    "x-single-active-consumer": True,
                    "x-dead-letter-strategy": "at-least-once",
                    "x-dead-letter-exchange": "",
                    "x-dead-letter-routing-key": contract.name + DEAD,
                },
            )

    async def send(self, queue: str, parcels: Sequence[Parcel]) -> int:
        for kept, parcel in enumerate(parcels):
            message = aio_pika.Message(
                parcel.body.encode(),
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=parcel.id,
                headers={"expires": f"{parcel.expires:.3f}"},  # a float loses its last digits
                expiration=max(parcel.expires - time.time(), 0.001),
            )
            if not await self._is_kept(queue, message):
                return kept
        return len(parcels)

    async def _is_kept(self, queue: str, message: aio_pika.Message) -> bool:
        """Whether RabbitMQ keeps it; False when the queue is full."""
        outward = await self._channel_out()
        try:
            await outward.default_exchange.publish(message, queue, timeout=_ANSWER_WITHIN)
        except DeliveryError:
            return False
        except _LOST as error:
            await self._give_up_if_closed(outward, error)
            raise Unreachable(f"RabbitMQ did not take a message: {error!r}") from None
        return True

    async def _channel_out(self) -> AbstractChannel:
        await self._connected()
        assert self._outward is not None
        return self._outward

    async def _connected(self) -> AbstractRobustConnection:
        """The connection, made anew when the last one was given up."""
        async with self._connecting:
            if self._connection is None or self._outward is None:
                try:
                    await self._connect()
                except _LOST as error:
                    await self._drop()
                    raise Unreachable(f"RabbitMQ does not answer: {error!r}") from None
            assert self._connection is not None
            return self._connection

    async def receive(self, queue: str, limit: int) -> list[Arrival]:
        while True:
            arrived = self._inward.get(queue) or await self._listen(queue)
            try:
                first = await asyncio.wait_for(arrived.get(), _WATCH_EVERY)
                break
            except TimeoutError:
                if self._inward.get(queue) is arrived:  # else the connection was given up meanwhile: listen anew
                    await self._check_that_somebody_listens(queue)
        found = [first]
        while len(found) < limit and not arrived.empty():
            found.append(arrived.get_nowait())
        return [_arrival(one) for one in found]

    async def _listen(self, queue: str) -> "asyncio.Queue[AbstractIncomingMessage]":
        connection = await self._connected()
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        try:
            channel = await connection.channel()
            await channel.set_qos(_PREFETCH)
            await (await channel.get_queue(queue)).consume(arrived.put)
        except _LOST as error:
            raise Unreachable(f"RabbitMQ does not hand out {queue}: {error!r}") from None
        self._inward[queue] = arrived
        return arrived

    async def _check_that_somebody_listens(self, queue: str) -> None:
        """A connection that looks alive and hands out nothing is given up; whoever comes next makes another."""
        outward = await self._channel_out()
        try:
            if (await self._state(queue)).consumer_count:
                return
        except _LOST as error:
            await self._give_up_if_closed(outward, error)
            raise Unreachable(f"RabbitMQ does not answer: {error!r}") from None
        _log.error("RabbitMQ has no consumer of %s: connecting anew", queue)
        await self._drop()

    async def _give_up_if_closed(self, outward: AbstractChannel, error: Exception) -> None:
        """A channel that was closed while its connection lives is not opened again by itself: a question the broker did
        not answer in time closes it. Whoever comes next makes another connection."""
        if isinstance(error, ChannelInvalidStateError) and self._outward is outward:
            _log.error("RabbitMQ has closed our channel: connecting anew")
            await self._drop()

    async def take(self, queue: str, arrivals: Sequence[Arrival]) -> None:
        try:
            for arrival in arrivals:
                await arrival.receipt.ack()
        except _LOST as error:  # it comes again, and is known by its id
            _log.info("RabbitMQ did not hear that messages of %s were stored: %r", queue, error)

    async def bury(self, queue: str, arrival: Arrival, reason: str) -> None:
        letter = aio_pika.Message(
            arrival.body,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=arrival.id,
            headers={"reason": reason[:1000]},
            timestamp=time.time(),
        )
        if not await self._is_kept(queue + DEAD, letter):
            raise Unreachable(f"RabbitMQ does not take a dead letter of {queue}")

    async def expired(self, queue: str, limit: int) -> list[Arrival]:
        connection = await self._connected()
        late: list[AbstractIncomingMessage] = []
        others: list[AbstractIncomingMessage] = []
        try:
            if (before := self._dead.pop(queue, None)) is not None:
                await before.close()  # gives back what was not taken
            self._dead[queue] = channel = await connection.channel()
            dead = await channel.get_queue(queue + DEAD)
            while len(late) < limit and (letter := await dead.get(fail=False)) is not None:
                (late if _DIED_OF in letter.headers else others).append(letter)
            for letter in others:
                await letter.nack(requeue=True)
        except _LOST as error:
            raise Unreachable(f"RabbitMQ does not hand out {queue}{DEAD}: {error!r}") from None
        return [_arrival(letter) for letter in late]

    async def dead(self, limit: int) -> list[Buried]:
        return [letter for queue in self._contracts for letter in await self._dead_of(queue, limit)]

    async def _dead_of(self, queue: str, limit: int) -> list[Buried]:
        connection = await self._connected()
        found: list[AbstractIncomingMessage] = []
        try:
            channel = await connection.channel()
            dead = await channel.get_queue(queue + DEAD)
            while len(found) < limit and (letter := await dead.get(fail=False)) is not None:
                found.append(letter)
            await channel.close()  # gives all of it back
        except _LOST as error:
            raise Unreachable(f"RabbitMQ does not show {queue}{DEAD}: {error!r}") from None
        return [Buried(queue, one.message_id, one.body.decode(errors="replace"), _reason_of(one)) for one in found]

    async def revive(self, queue: str) -> int:
        connection, revived = await self._connected(), 0
        expires = time.time() + self._contracts[queue].ttl
        try:
            channel = await connection.channel()
            dead = await channel.get_queue(queue + DEAD)
            for _ in range((await self._state(queue + DEAD)).message_count or 0):
                if (letter := await dead.get(fail=False)) is None:
                    break
                message = aio_pika.Message(
                    letter.body,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    message_id=letter.message_id,
                    headers={"expires": f"{expires:.3f}"},
                )
                if not await self._is_kept(queue, message):
                    break
                await letter.ack()
                revived += 1
            await channel.close()  # gives back what is still held
        except _LOST as error:
            raise Unreachable(f"RabbitMQ does not let go of {queue}{DEAD}: {error!r}") from None
        return revived

    async def tidy(self, older_than: timedelta) -> int:
        before = datetime.now(UTC) - older_than
        return sum([await self._forget_dead(queue, before) for queue in self._contracts])

    async def _forget_dead(self, queue: str, before: datetime) -> int:
        """The dead lie in the order they died in, so the first young one ends it. Those of unknown age stay."""
        connection = await self._connected()
        forgotten = 0
        try:
            channel = await connection.channel()
            dead = await channel.get_queue(queue + DEAD)
            while (letter := await dead.get(fail=False)) is not None:
                died = _died_at(letter)
                if died is not None and died >= before:
                    break
                if died is not None:
                    await letter.ack()
                    forgotten += 1
            await channel.close()  # gives back what is still held
        except _LOST as error:
            raise Unreachable(f"RabbitMQ does not let go of {queue}{DEAD}: {error!r}") from None
        return forgotten

    async def depth(self) -> dict[str, int]:
        depths: dict[str, int] = {}
        try:
            for name in self._contracts:
                for queue in (name, name + DEAD):
                    depths[queue] = (await self._state(queue)).message_count or 0
        except ChannelClosed as error:
            raise Unreachable(f"RabbitMQ has lost a queue: {error}") from None
        except _LOST as error:
            raise Unreachable(f"RabbitMQ does not answer: {error!r}") from None
        return depths

    async def _state(self, queue: str) -> AmqpQueue.DeclareOk:
        """How many messages wait in it and who listens, as the broker knows now."""
        channel = await (await self._channel_out()).get_underlay_channel()
        return await channel.queue_declare(queue, passive=True, timeout=_ANSWER_WITHIN)

    async def close(self) -> None:
        await self._drop()

    async def _drop(self) -> None:
        connection, self._connection, self._outward = self._connection, None, None
        self._dead.clear()
        self._inward.clear()
        if connection is not None:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    await connection.close()
            except _LOST as error:
                _log.info("RabbitMQ was gone before we left: %r", error)


def _arrival(message: AbstractIncomingMessage) -> Arrival:
    expires = moment_in(message.headers.get("expires"))
    if expires is None and message.headers.get(_DIED_OF) == "expired":
        expires = 0.0
    return Arrival(message, message.body, message.message_id, expires)


def _reason_of(letter: AbstractIncomingMessage) -> str:
    return str(letter.headers.get("reason") or letter.headers.get(_DIED_OF) or "")


def _died_at(letter: AbstractIncomingMessage) -> datetime | None:
    """When it was put among the dead, as we or RabbitMQ wrote on it; None when nobody did."""
    deaths = letter.headers.get("x-death")
    written = deaths[0].get("time") if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else None
    died = written if isinstance(written, datetime) else letter.timestamp
    return None if died is None else died.replace(tzinfo=died.tzinfo or UTC)
