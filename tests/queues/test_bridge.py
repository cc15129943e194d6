"""Rows leave by the wire and arrive in the other service's table: once, in order, whatever a third party hands in."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from saudager import lifetime
from saudager.clock import MovableClock
from saudager.contracts import CONTRACT, QueueContract
from saudager.db import migrate
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.errors import Unreachable
from saudager.providers.wires import DEAD, Arrival, Parcel
from saudager.queues import table
from saudager.queues.bridge import Bridge, Inward, Place
from saudager.queues.lanes import Queues
from saudager.queues.table import Policy
from saudager.queues.time_travel import settle, travel

QUEUE = "outgoing_messages"
INWARD = {QUEUE: Inward(lambda body: Place(body["phone_number"], 1, body["account"]))}


class PaperWire:
    """A broker in memory, which can be away or full: what the tables do about it is tested here, brokers are
    tested in ``providers/wires``."""

    name = "paper"

    def __init__(self) -> None:
        self.lies: list[Arrival] = []
        self.dead: list[tuple[bytes, str]] = []
        self.fault: Exception | None = None
        self.holds = 1000
        self.late: list[Arrival] = []
        self._receipts = itertools.count()
        self._news = asyncio.Event()

    async def open(self, queues: Sequence[QueueContract]) -> None: ...

    async def send(self, queue: str, parcels: Sequence[Parcel]) -> int:
        if self.fault is not None:
            raise self.fault
        for kept, parcel in enumerate(parcels):
            if len(self.lies) >= self.holds:
                return kept
            self.publish(parcel.body.encode(), parcel.id, parcel.expires)
        return len(parcels)

    def publish(self, body: bytes, id: str | None = None, expires: float | None = None) -> None:
        self.lies.append(Arrival(next(self._receipts), body, id, expires))
        self._news.set()

    async def receive(self, queue: str, limit: int) -> list[Arrival]:
        while not (good := [one for one in self.lies if one not in self.late]):
            self._news.clear()
            await self._news.wait()
        return good[:limit]

    async def take(self, queue: str, arrivals: Sequence[Arrival]) -> None:
        self.lies = [one for one in self.lies if one.receipt not in {arrival.receipt for arrival in arrivals}]

    async def bury(self, queue: str, arrival: Arrival, reason: str) -> None:
        self.dead.append((arrival.body, reason))

    async def expired(self, queue: str, limit: int) -> list[Arrival]:
        return [replace(one, expires=one.expires or 0.0) for one in self.late if one in self.lies]

    def grow_old(self) -> None:
        """What lies here came too late."""
        self.late = list(self.lies)

    async def depth(self) -> dict[str, int]:
        return {QUEUE: len(self.lies), QUEUE + DEAD: len(self.dead)}

    async def close(self) -> None: ...


class Side:
    """One service: its database, its queues, its end of the wire."""

    def __init__(self, folder: Path, name: str, clock: MovableClock, wire: PaperWire, **ends: Any) -> None:
        url = f"sqlite:///{folder / name}.db"
        migrate.upgrade(url, ())
        self.clock = clock
        self.db = Database(url, wired=frozenset(ends.get("outward", ())))
        self.queues = Queues(self.db, clock)
        self.bridge = Bridge(self.db, self.queues, clock, wire, ends.get("outward", ()), ends.get("inward", {}))
        self.bridge.consume()
        self.queues.start()
        self.loops = [asyncio.create_task(loop) for loop in self.bridge.receiving()]

    async def says(self, id: str, *, to: str = "77010000001") -> None:
        body = json.dumps({"id": id, "account": "shop", "created_at": "2026-03-11T07:00:00Z", "phone_number": to})
        body = body[:-1] + ', "message_text": "Готово"}'
        await self.db.run(table.publish, QUEUE, body, id=id, key=to, now=self.clock.now())

    def tells_of(self, told: list[tuple[str, str]]) -> None:
        """Work the queue, and note what died in it."""

        def mourn(session: Any, message: table.Message, reason: str, now: datetime) -> None:
            told.append((message.id, reason))

        self.queues.consume_plain(Policy(QUEUE, on_dead=mourn), lambda session, message: None)
        self.queues.start()

    async def waiting(self, queue: str = QUEUE) -> list[str]:
        return await self.db.read(_waiting, queue)

    async def closes(self) -> None:
        await lifetime.end(self.loops)
        await self.queues.stop()
        await self.db.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime.fromisoformat("2026-03-11T07:00:00+00:00"))


@pytest.fixture
def wire() -> PaperWire:
    return PaperWire()


@pytest.fixture
async def agent(tmp_path: Path, clock: MovableClock, wire: PaperWire) -> AsyncIterator[Side]:
    side = Side(tmp_path, "agent", clock, wire, outward=[QUEUE])
    yield side
    await side.closes()


@pytest.fixture
async def gateway(tmp_path: Path, clock: MovableClock, wire: PaperWire) -> AsyncIterator[Side]:
    side = Side(tmp_path, "gateway", clock, wire, inward=INWARD)
    yield side
    await side.closes()


async def test_rows_of_one_side_stand_in_the_other_sides_table_in_order(agent: Side, gateway: Side, wire: PaperWire):
    for number in range(5):
        await agent.says(f"m{number}")
    await _arrives(gateway, 5)
    assert await gateway.waiting() == [f"m{number}" for number in range(5)]
    assert await agent.waiting(table.out(QUEUE)) == []
    assert wire.lies == []


async def test_while_the_broker_is_away_rows_wait_where_they_were_written(
    agent: Side, gateway: Side, wire: PaperWire, clock: MovableClock
):
    wire.fault = Unreachable("cut")
    await agent.says("m1")
    await travel(clock, agent.queues, clock.now().replace(minute=5))
    assert await agent.waiting(table.out(QUEUE)) == ["m1"]
    wire.fault = None
    await travel(clock, agent.queues, clock.now().replace(minute=6))
    await _arrives(gateway, 1)
    assert await agent.waiting(table.out(QUEUE)) == []


async def test_a_full_broker_takes_what_fits_and_the_rest_waits_where_it_was_written(
    agent: Side, wire: PaperWire, clock: MovableClock
):
    wire.holds = 2
    for number in range(5):
        await agent.says(f"m{number}")
    await travel(clock, agent.queues, clock.now().replace(second=5))
    assert [one.id for one in wire.lies] == ["m0", "m1"]
    assert await agent.waiting(table.out(QUEUE)) == ["m2", "m3", "m4"]
    await wire.take(QUEUE, wire.lies)
    await travel(clock, agent.queues, clock.now().replace(second=10))
    assert [one.id for one in wire.lies] == ["m2", "m3"]


async def test_what_grew_too_old_in_the_broker_is_a_dead_letter_of_the_receiver_who_is_told(
    gateway: Side, wire: PaperWire, clock: MovableClock
):
    wire.publish(_letter(id="m1"), "m1", expires=clock.now().timestamp() - 1)
    wire.publish(_letter(id="m2"))
    wire.grow_old()
    gateway.tells_of(told := [])
    async with asyncio.timeout(20):
        while wire.lies:
            clock.move_to(clock.next_wake() or clock.now())
            await asyncio.sleep(0)
    await settle(gateway.queues)
    assert sorted(told) == [("m1", "expired"), ("m2", "expired")]
    assert wire.dead == []


async def test_what_waits_for_the_broker_longer_than_its_time_is_handed_over_and_grows_old_there(
    agent: Side, wire: PaperWire, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(CONTRACT, QUEUE, CONTRACT[QUEUE].model_copy(update={"ttl": 10}))
    wire.fault = Unreachable("away")
    await agent.says("m1")
    written = clock.now().timestamp()
    await travel(clock, agent.queues, clock.now().replace(second=20))
    wire.fault = None
    await travel(clock, agent.queues, clock.now().replace(second=22))
    assert [(one.id, one.expires) for one in wire.lies] == [("m1", written + 10)]


async def test_what_comes_twice_is_stored_once(gateway: Side, wire: PaperWire):
    for _ in range(2):
        wire.publish(_letter(id="m1"), "m1")
    await _until_empty(wire)
    assert await gateway.waiting() == ["m1"]


async def test_a_hand_publishers_plain_json_is_completed_and_stored_once(gateway: Side, wire: PaperWire):
    plain = json.dumps({"account": "shop", "phone_number": "77010000002", "message_text": "Привет"}).encode()
    wire.publish(plain)
    wire.publish(plain)
    wire.publish(plain, "an-id-of-the-broker")
    await _until_empty(wire)
    ids = await gateway.waiting()
    assert len(ids) == 2
    assert "an-id-of-the-broker" in ids


@pytest.mark.parametrize("body", [b"no json", b"[1, 2]", b'{"account": "shop"}', b"\xff\xfe", b"[" * 100_000])
async def test_what_cannot_be_read_lies_with_the_dead_and_holds_up_nothing(gateway: Side, wire: PaperWire, body: bytes):
    wire.publish(body)
    wire.publish(_letter(id="m1"))
    await _until_empty(wire)
    assert [dead for dead, _ in wire.dead] == [body]
    assert await gateway.waiting() == ["m1"]


async def test_a_table_that_is_full_leaves_the_rest_with_the_broker_until_there_is_room(
    gateway: Side, wire: PaperWire, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(CONTRACT, QUEUE, CONTRACT[QUEUE].model_copy(update={"max_length": 1}))
    wire.publish(_letter(id="m1"))
    await _arrives(gateway, 1)
    wire.publish(_letter(id="m2"))
    await settle(gateway.queues)
    assert await gateway.waiting() == ["m1"]
    assert len(wire.lies) == 1
    monkeypatch.setitem(CONTRACT, QUEUE, CONTRACT[QUEUE].model_copy(update={"max_length": 5}))
    while await gateway.waiting() != ["m1", "m2"]:
        clock.move_to(clock.next_wake() or clock.now())
        await asyncio.sleep(0)
    await _until_empty(wire)


def _letter(**fields: str) -> bytes:
    usual = {"account": "shop", "phone_number": "77010000001", "message_text": "Готово"}
    return json.dumps(usual | {"created_at": "2026-03-11T07:00:00Z"} | fields).encode()


def _waiting(session: Any, queue: str) -> list[str]:
    return [row[0] for row in _WAITING(session, queue=queue).fetchall()]


async def _arrives(side: Side, many: int) -> None:
    async with asyncio.timeout(20):
        while len(await side.waiting()) < many:
            await asyncio.sleep(0.001)


async def _until_empty(wire: PaperWire) -> None:
    async with asyncio.timeout(20):
        while wire.lies:
            await asyncio.sleep(0.001)


_WAITING = Statement("select msg_id from queue_messages where queue = :queue and state = 0 order by id")
