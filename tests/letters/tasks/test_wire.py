"""Letters' tasks by a broker: in the queue that RABBITMQ_EMAIL_QUEUE names, asked for by us or by hand."""

import asyncio
import itertools
import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import aio_pika
import pytest
from redis.asyncio import Redis

from saudager import lifetime, services
from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.contracts import EMAIL_TASKS
from saudager.errors import ConfigurationError, NotFound
from saudager.letters import desk, tasks
from saudager.letters.tasks import generate_personalized_letter
from saudager.queues.bridge import Bridge
from saudager.queues.tasks import Status
from saudager.settings import Settings
from tests import servers
from tests.letters.tasks.pen import Pen, held, people

pytestmark = pytest.mark.servers
SOON = 30.0
_numbers = itertools.count()


class Agent:
    """The agent with nothing of the wire but its letters' tasks."""

    def __init__(self, app: App, named: str) -> None:
        assert app.wire is not None
        self.app, self.named = app, named
        inward = {EMAIL_TASKS: services.AGENT_INWARD[EMAIL_TASKS]}
        self._bridge = Bridge(app.db, app.queues, app.clock, app.wire, [EMAIL_TASKS], inward, {EMAIL_TASKS: named})
        self._loops: list[asyncio.Task[Any]] = []

    async def reaches_the_broker(self) -> None:
        await self._bridge.open()
        self._bridge.consume()
        services.consume_agent(self.app)
        self._loops = [asyncio.create_task(loop) for loop in self._bridge.receiving()]
        self.app.queues.start()

    async def ask(self, **more: Any) -> str:
        return await self.app.db.run(
            generate_personalized_letter.enqueue, recipient_id=1, now=self.app.clock.now(), **more
        )

    async def status(self, task_id: str) -> Status:
        return await self.app.db.read(tasks.status, task_id, now=self.app.clock.now())

    async def comes_to(self, state: str, task_id: str) -> Status:
        async with asyncio.timeout(SOON):
            while True:
                try:
                    if (found := await self.status(task_id)).state == state:
                        return found
                except NotFound:
                    pass
                await asyncio.sleep(0.02)

    async def letters(self) -> list[str]:
        return [row.letter.state for row in (await self.app.db.read(desk.listed)).rows]

    async def closes(self) -> None:
        await lifetime.end(self._loops)
        await self.app.queues.stop()
        await self.app.close()


class ByWire:
    """Subclassed for each broker."""

    broker: ClassVar[dict[str, Any]]

    def need(self) -> None:
        raise NotImplementedError

    async def by_hand(self, queue: str, message: bytes) -> None:
        raise NotImplementedError

    async def forget(self, queue: str) -> None:
        raise NotImplementedError

    @pytest.fixture
    def pen(self, monkeypatch: pytest.MonkeyPatch) -> Pen:
        return held(monkeypatch)

    @pytest.fixture
    async def agent(self, settings: Callable[..., Settings], pen: Pen) -> AsyncIterator[Agent]:
        self.need()
        named = f"letters.{os.getpid()}.{next(_numbers)}"
        made = settings(rabbitmq_email_queue=named, database_url=None, **self.broker)
        agent = Agent(bootstrap(made, hosted=False, poll=0.05, service="agent"), named)
        await agent.app.db.run(people)
        yield agent
        await agent.closes()
        await self.forget(named)

    async def test_a_letter_waits_while_the_broker_is_away_and_is_written_when_it_comes(self, agent, pen):
        task_id = await agent.ask(task_id="spring:1")
        assert await agent.ask(task_id="spring:1") == task_id
        assert (await agent.status(task_id)).state == "queued"
        await agent.reaches_the_broker()
        found = await agent.comes_to("completed", task_id)
        assert found.result["subject"] == "Письмо 1 для ТехКом"
        assert len(pen.commissions) == 1

    async def test_what_another_program_publishes_is_written_once(self, agent, pen):
        await agent.reaches_the_broker()
        told = {"task": "generate_personalized_letter", "arguments": {"recipient_id": 1, "context": "Вручную"}}
        for _ in range(2):
            await self.by_hand(agent.named, json.dumps(told | {"id": "mine"}).encode())
        found = await agent.comes_to("completed", "mine")
        assert found.result["body"].endswith("Вручную")
        await self.by_hand(agent.named, json.dumps(told).encode())
        await self.by_hand(agent.named, json.dumps({"id": "wrong", "task": told["task"], "arguments": {}}).encode())
        assert "recipient_id" in ((await agent.comes_to("failed", "wrong")).error or "")
        async with asyncio.timeout(SOON):
            while await agent.letters() != ["draft", "draft"]:
                await asyncio.sleep(0.02)
        assert len(pen.commissions) == 2

    async def test_a_task_cancelled_before_the_broker_has_it_is_never_run(self, agent, pen):
        cancelled = await agent.ask(task_id="cancelled")
        await agent.app.db.run(tasks.cancel, cancelled, now=agent.app.clock.now())
        kept = await agent.ask(task_id="kept")
        await agent.reaches_the_broker()
        await agent.comes_to("completed", kept)
        assert (await agent.status(cancelled)).state == "cancelled"
        assert await agent.letters() == ["draft", "dropped"]
        assert len(pen.commissions) == 1

    async def test_a_task_cancelled_while_it_is_written_is_thrown_away(self, agent, pen):
        pen.hold = asyncio.Event()
        await agent.reaches_the_broker()
        task_id = await agent.ask()
        async with asyncio.timeout(SOON):
            while not pen.commissions:
                await asyncio.sleep(0.02)
        await agent.app.db.run(tasks.cancel, task_id, now=agent.app.clock.now())
        pen.hold.set()
        assert (await agent.comes_to("cancelled", task_id)).result is None
        await agent.comes_to("completed", await agent.ask())
        assert await agent.letters() == ["draft", "dropped"]


class TestRabbitMQ(ByWire):
    broker: ClassVar[dict[str, Any]] = {"rabbitmq_url": servers.RABBITMQ}

    def need(self) -> None:
        servers.need("RabbitMQ", servers.RABBITMQ)

    async def by_hand(self, queue: str, message: bytes) -> None:
        await servers.publish_to_rabbitmq(queue, message)

    async def forget(self, queue: str) -> None:
        async with await aio_pika.connect(servers.RABBITMQ) as connection:
            channel = await connection.channel()
            for name in (queue, f"{queue}.dead"):
                await channel.queue_delete(name, if_unused=False, if_empty=False)


class TestRedis(ByWire):
    broker: ClassVar[dict[str, Any]] = {"redis_url": servers.REDIS, "allow_volatile_redis": True}

    def need(self) -> None:
        servers.need("Redis", servers.REDIS)

    async def by_hand(self, queue: str, message: bytes) -> None:
        await servers.publish_to_redis(queue, message)

    async def forget(self, queue: str) -> None:
        async with Redis.from_url(servers.REDIS) as redis:
            async for key in redis.scan_iter(match=f"*{queue}*"):
                await redis.delete(key)


@pytest.mark.parametrize("named", ["incoming_messages", "letters.dead", "letters.out"])
def test_the_queue_cannot_be_called_as_another_is(settings, named):
    made = settings(rabbitmq_email_queue=named, database_url=None, rabbitmq_url=servers.RABBITMQ)
    with pytest.raises(ConfigurationError, match="RABBITMQ_EMAIL_QUEUE"):
        bootstrap(made, hosted=False, service="agent")
