"""What the two services may rely on between them, whatever carries their messages: one table, RabbitMQ or Redis."""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager import lifetime
from saudager.clock import SystemClock
from saudager.contracts import CONTRACT, QueueContract
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.errors import QueueFull
from saudager.providers.wires import Wire
from saudager.providers.wires.rabbitmq import RabbitMQWire
from saudager.providers.wires.redis import RedisWire
from saudager.queues import bridge, table
from saudager.queues.bridge import Bridge, Inward, Place
from saudager.queues.lanes import Queues
from saudager.queues.table import Message, Policy
from tests import servers

SOON = 30.0
_numbers = itertools.count()
_CLOCK = SystemClock()
_INWARD = Inward(lambda body: Place(body["phone_number"], 1, body["account"]))


class Service:
    """One service: its database, its queues, and its end of the wire when there is one."""

    def __init__(self, queue: QueueContract, url: str, wire: Wire | None, *, sends: bool) -> None:
        self._queue = queue.name
        self._wire = wire
        self.db = Database(url, wired=frozenset([queue.name] if wire and sends else ()))
        self.queues = Queues(self.db, _CLOCK, poll=0.05)
        outward, inward = ([queue.name], {}) if sends else ([], {queue.name: _INWARD})
        self._bridge = Bridge(self.db, self.queues, _CLOCK, wire, outward, inward) if wire else None
        self._loops: list[asyncio.Task[Any]] = []
        self.got: list[str] = []
        self.lost: list[tuple[str, str]] = []

    async def opens(self, *, works: bool = True) -> None:
        if self._bridge is not None:
            await self._bridge.open()
            self._bridge.consume()
            self._loops = [asyncio.create_task(loop) for loop in self._bridge.receiving()]
        if works:
            self.queues.consume_plain(Policy(self._queue, on_dead=self._mourn), self._take)
        self.queues.start()

    async def says(self, id: str, *, to: str = "77010000001") -> None:
        body = {"id": id, "account": "shop", "created_at": "2026-03-11T07:00:00Z", "phone_number": to}
        body["message_text"] = "Готово"
        await self.db.run(table.publish, self._queue, body, id=id, key=to, lot="shop", now=_CLOCK.now())

    async def closes(self) -> None:
        await lifetime.end(self._loops)
        await self.queues.stop()
        if self._wire is not None:
            await self._wire.close()
        await self.db.close()

    def _take(self, session: Session, message: Message) -> None:
        self.got.append(message.id)

    def _mourn(self, session: Session, message: Message, reason: str, now: datetime) -> None:
        self.lost.append((message.id, reason))


class Between:
    """Subclassed for each carrier; ``wire`` makes an end of it, None: both services have one database."""

    def wire(self) -> Wire | None:
        raise NotImplementedError

    async def by_hand(self, queue: str, receiver: Service, message: bytes) -> None:
        """Hand a message in as a third party does."""
        raise NotImplementedError

    @pytest.fixture
    def contract(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
        """A queue of the test's own, with the limits of ``outgoing_messages`` unless told otherwise."""

        def make(**limits: Any) -> QueueContract:
            name = f"between.{os.getpid()}.{next(_numbers)}"
            queue = CONTRACT["outgoing_messages"].model_copy(update={"name": name, **limits})
            monkeypatch.setitem(CONTRACT, name, queue)
            return queue

        return make

    @pytest.fixture
    async def service(self, tmp_path: Path) -> AsyncIterator[Any]:
        """Start a service on the queue; starting the same one again is a restart."""
        async with AsyncExitStack() as stack:

            def make(queue: QueueContract, *, sends: bool) -> Service:
                wire = self.wire()
                file = tmp_path / ("one.db" if wire is None else "sender.db" if sends else "receiver.db")
                migrate.upgrade(f"sqlite:///{file}", ())
                made = Service(queue, f"sqlite:///{file}", wire, sends=sends)
                stack.push_async_callback(made.closes)
                return made

            yield make

    async def test_what_is_published_arrives_once_and_in_the_order_of_its_lane(self, contract, service):
        queue = contract()
        sender, receiver = service(queue, sends=True), service(queue, sends=False)
        await sender.opens(works=False)
        await receiver.opens()
        for number in range(60):
            for _ in range(2):
                await sender.says(f"{number:02}", to=f"7701000000{number % 3}")
        await _until(lambda: len(receiver.got) >= 60)
        for lane in range(3):
            assert [id for id in receiver.got if int(id) % 3 == lane] == [f"{one:02}" for one in range(lane, 60, 3)]
        assert len(receiver.got) == 60

    async def test_what_is_published_while_nobody_receives_waits_for_whoever_comes(self, contract, service):
        queue = contract()
        sender = service(queue, sends=True)
        await sender.opens(works=False)
        for number in range(5):
            await sender.says(str(number))
        receiver = service(queue, sends=False)
        await receiver.opens()
        await _until(lambda: len(receiver.got) >= 5)
        assert receiver.got == list("01234")

    async def test_what_grew_too_old_is_not_handled_and_the_receiver_is_told(self, contract, service):
        queue = contract(ttl=0.3)
        sender = service(queue, sends=True)
        await sender.opens(works=False)
        await sender.says("late")
        await asyncio.sleep(0.6)
        receiver = service(queue, sends=False)
        await receiver.opens()
        await _until(lambda: receiver.lost)
        assert receiver.lost == [("late", "expired")]
        assert receiver.got == []

    async def test_a_full_queue_loses_nothing(self, contract, service):
        queue = contract(max_length=3)
        sender = service(queue, sends=True)
        await sender.opens(works=False)
        for number in range(10):
            await sender.says(str(number))
        with pytest.raises(QueueFull):
            await sender.db.read(table.require_room, queue.name, 4)
        receiver = service(queue, sends=False)
        await receiver.opens()
        await _until(lambda: len(receiver.got) >= 10)
        assert receiver.got == [str(number) for number in range(10)]

    async def test_a_third_partys_plain_json_is_completed_and_handled(self, contract, service):
        queue = contract()
        receiver = service(queue, sends=False)
        await receiver.opens()
        message = {"account": "shop", "phone_number": "77010000002", "message_text": "Привет"}
        await self.by_hand(queue.name, receiver, json.dumps(message).encode())
        await _until(lambda: receiver.got)
        assert len(receiver.got) == 1
        assert receiver.got[0]


class TestOneTable(Between):
    def wire(self) -> None:
        return None

    async def by_hand(self, queue: str, receiver: Service, message: bytes) -> None:
        await receiver.db.run(bridge.put, queue, _INWARD, message, now=_CLOCK.now())


@pytest.mark.servers
class TestRabbitMQ(Between):
    def wire(self) -> Wire:
        servers.need("RabbitMQ", servers.RABBITMQ)
        return RabbitMQWire(servers.RABBITMQ)

    async def by_hand(self, queue: str, receiver: Service, message: bytes) -> None:
        await servers.publish_to_rabbitmq(queue, message)


@pytest.mark.servers
class TestRedis(Between):
    def wire(self) -> Wire:
        servers.need("Redis", servers.REDIS)
        return RedisWire(servers.REDIS, allow_volatile=True)

    async def by_hand(self, queue: str, receiver: Service, message: bytes) -> None:
        await servers.publish_to_redis(queue, message)


async def _until(done: Any) -> None:
    async with asyncio.timeout(SOON):
        while not done():
            await asyncio.sleep(0.01)
