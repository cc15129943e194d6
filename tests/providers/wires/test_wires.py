"""What every broker must do between the services; each runs the same tests."""

import asyncio
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from saudager.contracts import CONTRACT, QueueContract
from saudager.errors import ConfigurationError, Unreachable
from saudager.providers.wires import DEAD, Parcel, Wire
from saudager.providers.wires import redis as redis_wire
from saudager.providers.wires.rabbitmq import RabbitMQWire
from saudager.providers.wires.redis import RedisWire
from tests import servers

pytestmark = pytest.mark.servers
_numbers = itertools.count()
SOON = 20.0


def queue_of(**limits: Any) -> QueueContract:
    """A queue nobody else uses."""
    name = f"letters.{os.getpid()}.{next(_numbers)}"
    return CONTRACT["incoming_messages"].model_copy(update={"name": name, **limits})


def parcel(number: int, *, ttl: float = 60) -> Parcel:
    return Parcel(f"id-{number}", json.dumps({"number": number}), time.time() + ttl)


class WireContract:
    """Subclassed for each broker; ``connect`` makes another process's end of the wire."""

    @pytest.fixture
    async def connect(self) -> AsyncIterator[Callable[..., Any]]:
        ends: list[Wire] = []

        async def one_more(queue: QueueContract) -> Wire:
            end = self.end()
            ends.append(end)
            await end.open([queue])
            return end

        yield one_more
        for end in ends:
            await end.close()

    def end(self) -> Wire:
        raise NotImplementedError

    async def by_hand(self, queue: str, data: bytes, **more: str) -> None:
        """Publish as a third party does, with nothing but the data or with headers of its own."""
        raise NotImplementedError

    async def test_what_is_sent_arrives_in_order_with_its_id(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await wire.send(queue.name, [parcel(number) for number in range(5)])
        arrived: list[Any] = []
        while len(arrived) < 5:
            some = await asyncio.wait_for(wire.receive(queue.name, 3), SOON)
            assert len(some) <= 3
            arrived += some
            await wire.take(queue.name, some)
        assert [(one.id, json.loads(one.body)) for one in arrived] == [
            (f"id-{number}", {"number": number}) for number in range(5)
        ]
        assert await _empties(wire, queue.name)

    async def test_what_is_dead_is_shown_with_its_reason_and_can_be_put_back(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await self.by_hand(queue.name, b"not json")
        (arrival,) = await asyncio.wait_for(wire.receive(queue.name, 1), SOON)
        await wire.bury(queue.name, arrival, "is not JSON")
        await wire.take(queue.name, [arrival])
        for _ in range(2):  # it stays there
            (dead,) = await wire.dead(10)
            assert (dead.queue, dead.body, dead.reason) == (queue.name, "not json", "is not JSON")
        assert await wire.revive(queue.name) == 1
        (again,) = await asyncio.wait_for(wire.receive(queue.name, 1), SOON)
        assert again.body == b"not json"
        assert again.expires is not None
        assert again.expires > time.time()
        await wire.take(queue.name, [again])
        assert (await wire.depth())[queue.name + DEAD] == 0
        assert (await wire.dead(10), await wire.revive(queue.name)) == ([], 0)

    async def test_what_was_not_taken_comes_again_first_to_whoever_comes_next(self, connect):
        queue = queue_of()
        first: Wire = await connect(queue)
        await first.send(queue.name, [parcel(1), parcel(2)])
        seen = await asyncio.wait_for(first.receive(queue.name, 10), SOON)
        assert seen
        await self.dies(first, queue.name)
        second: Wire = await connect(queue)
        await second.send(queue.name, [parcel(3)])
        again: list[Any] = []
        while len(again) < 3:
            some = await asyncio.wait_for(second.receive(queue.name, 10), SOON)
            await second.take(queue.name, some)
            again += some
        assert [one.id for one in again] == ["id-1", "id-2", "id-3"]

    async def dies(self, wire: Wire, queue: str) -> None:
        await wire.close()

    async def test_a_full_queue_refuses_and_loses_nothing(self, connect):
        queue = queue_of(max_length=3)
        wire: Wire = await connect(queue)
        kept = await wire.send(queue.name, [parcel(number) for number in range(20)])
        accepted = (await wire.depth())[queue.name]
        assert kept == accepted
        assert 3 <= accepted <= 5
        arrived: list[Any] = []
        while len(arrived) < accepted:
            some = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
            await wire.take(queue.name, some)
            arrived += some
        assert [one.id for one in arrived] == [f"id-{number}" for number in range(accepted)]
        await wire.send(queue.name, [parcel(99)])

    async def test_what_came_too_late_lies_with_the_dead(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await wire.send(queue.name, [parcel(1, ttl=0.05)])
        await asyncio.sleep(0.2)
        await wire.send(queue.name, [parcel(2)])
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        assert arrived.id == "id-2"
        assert await _comes_to(wire, queue.name + DEAD, 1)

    async def test_what_came_too_late_is_handed_out_from_the_dead_until_it_is_taken_and_what_was_buried_is_not(
        self, connect
    ):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await wire.send(queue.name, [parcel(1, ttl=0.05), parcel(2)])
        await asyncio.sleep(0.2)
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        await wire.bury(queue.name, arrived, "no JSON")
        await wire.take(queue.name, [arrived])
        assert await _comes_to(wire, queue.name + DEAD, 2)
        (late,) = await wire.expired(queue.name, 10)
        assert (late.id, json.loads(late.body)) == ("id-1", {"number": 1})
        assert (late.expires or 0) < time.time()
        await wire.take(queue.name + DEAD, [late])
        assert await _comes_to(wire, queue.name + DEAD, 1)
        assert await wire.expired(queue.name, 10) == []

    async def test_a_buried_message_lies_with_the_dead_and_comes_no_more(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await wire.send(queue.name, [parcel(1)])
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        await wire.bury(queue.name, arrived, "no JSON")
        await wire.take(queue.name, [arrived])
        assert await _comes_to(wire, queue.name + DEAD, 1)
        assert await _empties(wire, queue.name)

    async def test_the_dead_are_forgotten_when_they_are_old_and_what_waits_stays(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await wire.send(queue.name, [parcel(1), parcel(2)])
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 1), SOON)
        await wire.bury(queue.name, arrived, "no JSON")
        await wire.take(queue.name, [arrived])
        assert await wire.tidy(timedelta(hours=1)) == 0
        assert (await wire.depth())[queue.name + DEAD] == 1
        at_once = timedelta(seconds=-2)  # brokers tell whole seconds
        assert [await wire.tidy(at_once), await wire.tidy(at_once)] == [1, 0]
        assert (await wire.depth())[queue.name + DEAD] == 0
        assert [one.id for one in await _some(wire, queue.name)] == ["id-2"]

    async def test_a_third_partys_plain_json_arrives_as_it_is(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await self.by_hand(queue.name, b'{"phone_number": "77010000001"}')
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        assert arrived.body == (b'{"phone_number": "77010000001"}')

    async def test_a_third_partys_own_idea_of_when_it_expires_is_no_reason_to_stop(self, connect):
        queue = queue_of()
        wire: Wire = await connect(queue)
        await self.by_hand(queue.name, b"{}", expires="2026-03-11T07:00:00Z")
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        assert (arrived.expires, arrived.body) == (None, b"{}")

    async def test_only_one_of_two_processes_gets_anything_of_a_queue(self, connect):
        queue = queue_of()
        one, other = await connect(queue), await connect(queue)
        await one.send(queue.name, [parcel(1)])
        (arrived,) = await asyncio.wait_for(one.receive(queue.name, 10), SOON)
        await one.take(queue.name, [arrived])
        waiting = asyncio.create_task(other.receive(queue.name, 10))
        await one.send(queue.name, [parcel(2), parcel(3)])
        got = [arrived for _ in range(2) for arrived in await _some(one, queue.name)]
        assert [each.id for each in got][:2] == ["id-2", "id-3"]
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async def test_a_broker_that_is_not_there_is_unreachable_and_not_a_crash(self):
        wire = self.nowhere()
        with pytest.raises(Unreachable):
            await wire.send("letters", [parcel(1)])
        await wire.close()

    def nowhere(self) -> Wire:
        raise NotImplementedError


class TestRabbitMQ(WireContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> None:
        servers.need("RabbitMQ", servers.RABBITMQ)

    def end(self) -> Wire:
        return RabbitMQWire(servers.RABBITMQ)

    def nowhere(self) -> Wire:
        return RabbitMQWire("amqp://guest:guest@127.0.0.1:1/")

    async def by_hand(self, queue: str, data: bytes, **more: str) -> None:
        await servers.publish_to_rabbitmq(queue, data, **more)

    async def test_a_connection_that_was_given_up_is_made_anew_by_whoever_comes_next(self, connect):
        queue = queue_of()
        wire: RabbitMQWire = await connect(queue)
        await wire._drop()
        assert await wire.send(queue.name, [parcel(1)]) == 1
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        assert arrived.id == "id-1"

    async def test_a_channel_the_broker_closed_under_a_living_connection_is_made_anew(self, connect):
        queue = queue_of()
        here = await connect(queue)
        await here._outward.close()
        with pytest.raises(Unreachable):
            await here.send(queue.name, [parcel(1)])
        assert await here.send(queue.name, [parcel(1)]) == 1

    async def test_what_nobody_could_read_stays_with_the_dead_however_often_it_is_looked_at(self, connect):
        queue = queue_of()
        wire: RabbitMQWire = await connect(queue)
        await wire.send(queue.name, [parcel(1)])
        (arrived,) = await asyncio.wait_for(wire.receive(queue.name, 10), SOON)
        await wire.bury(queue.name, arrived, "no JSON")
        await wire.take(queue.name, [arrived])
        for _ in range(30):
            assert await wire.expired(queue.name, 10) == []
        assert await _comes_to(wire, queue.name + DEAD, 1)

    async def test_a_queue_that_stands_there_with_other_limits_is_named(self, connect):
        queue = queue_of()
        await connect(queue)
        with pytest.raises(ConfigurationError, match=queue.name.replace(".", r"\.")):
            await connect(queue.model_copy(update={"max_length": 7}))

    async def test_a_wrong_password_is_told_at_once(self):
        wire = RabbitMQWire("amqp://guest:wrong@127.0.0.1:5672/")
        with pytest.raises(ConfigurationError, match="RABBITMQ_URL"):
            await asyncio.wait_for(wire.open([queue_of()]), SOON)
        await wire.close()

    async def test_a_virtual_host_that_is_not_there_is_told_at_once(self):
        wire = RabbitMQWire(servers.RABBITMQ.rstrip("/") + "/no-such-host")
        with pytest.raises(ConfigurationError, match="virtual host"):
            await asyncio.wait_for(wire.open([queue_of()]), SOON)
        await wire.close()

    async def test_a_user_without_rights_is_told_at_once_with_the_remedy(self):
        with servers.poor_rabbitmq_user() as url:
            wire = RabbitMQWire(url)
            with pytest.raises(ConfigurationError, match="set_permissions"):
                await asyncio.wait_for(wire.open([queue_of()]), SOON)
            await wire.close()


class TestRedis(WireContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> None:
        servers.need("Redis", servers.REDIS)

    def end(self) -> Wire:
        return RedisWire(servers.REDIS, allow_volatile=True)

    def nowhere(self) -> Wire:
        wire = RedisWire("redis://127.0.0.1:1/0", allow_volatile=True)
        wire._contracts["letters"] = queue_of(name="letters")
        return wire

    async def dies(self, wire: Wire, queue: str) -> None:
        """Whoever reads next waits until the dead one's time is over; here it is over at once."""
        await wire.close()
        async with Redis.from_url(servers.REDIS) as redis:
            await redis.delete(f"{queue}.reader")

    async def by_hand(self, queue: str, data: bytes, **more: str) -> None:
        await servers.publish_to_redis(queue, data, **more)

    async def test_readers_that_will_not_come_back_are_dismissed_unless_they_hold_something(self, connect, monkeypatch):
        monkeypatch.setattr(redis_wire, "_GONE_AFTER_MS", -1)
        queue = queue_of()
        wire: Wire = await connect(queue)
        await wire.send(queue.name, [parcel(1)])
        async with Redis.from_url(servers.REDIS, decode_responses=True) as redis:
            await redis.xreadgroup("saudager", "holds one", {queue.name: ">"})
            await redis.xgroup_createconsumer(queue.name, "saudager", "gone")
            await wire.tidy(timedelta(days=90))
            assert [one["name"] for one in await redis.xinfo_consumers(queue.name, "saudager")] == ["holds one"]

    async def test_a_redis_that_keeps_nothing_on_disk_is_refused_with_the_remedy(self):
        async with Redis.from_url(servers.REDIS) as redis:
            if (await redis.info("persistence"))["aof_enabled"]:
                pytest.skip("this Redis keeps everything on disk")
        wire = RedisWire(servers.REDIS)
        with pytest.raises(ConfigurationError, match="ALLOW_VOLATILE_REDIS=1"):
            await wire.open([queue_of()])
        await wire.close()

    async def test_a_user_without_rights_is_told_at_once_with_the_remedy(self):
        user = f"poor-{os.getpid()}"
        async with Redis.from_url(servers.REDIS) as redis:
            await redis.execute_command("ACL", "SETUSER", user, "on", ">secret", "~*", "+ping", "+hello")
            wire = RedisWire(servers.REDIS.replace("redis://", f"redis://{user}:secret@"))
            with pytest.raises(ConfigurationError, match="ACL SETUSER"):
                await asyncio.wait_for(wire.open([queue_of()]), SOON)
            await wire.close()
            await redis.execute_command("ACL", "DELUSER", user)


async def _some(wire: Wire, queue: str) -> list[Any]:
    """What comes within a second, taken."""
    try:
        arrived = await asyncio.wait_for(wire.receive(queue, 10), 1)
    except TimeoutError:
        return []
    await wire.take(queue, arrived)
    return arrived


async def _comes_to(wire: Wire, queue: str, depth: int) -> bool:
    async with asyncio.timeout(SOON):
        while (await wire.depth()).get(queue) != depth:
            await asyncio.sleep(0.02)
    return True


async def _empties(wire: Wire, queue: str) -> bool:
    return await _comes_to(wire, queue, 0)
