"""The product as services of their own: the gateway in this process, agents as others,
``python -m saudager.bench.split PLACE``."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass

from saudager import services
from saudager.app import App, Service
from saudager.bench import servers, settings
from saudager.bench.children import child, orders, say
from saudager.bootstrap import SIMULATOR, bootstrap, connect_accounts
from saudager.gateway import accounts
from saudager.providers.channels.simulator import Simulator
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop

CUSTOMER = Verdict(is_client=True, confidence=1, reasoning="спрашивает цену")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the services live and meet; the model thinks for ``thinking`` seconds."""

    folder: str
    gateway_url: str
    agent_url: str
    broker: str
    prefix: str
    thinking: float = 0.0


@asynccontextmanager
async def shop(place: Place, agents: int) -> AsyncIterator[Shop]:
    """The gateway with a simulated phone, and so many agents."""
    async with AsyncExitStack() as stack:
        app = _bootstrap(place, "gateway")
        stack.push_async_callback(app.close)
        await connect_accounts(app, simulator=True)
        phone = app.channels[SIMULATOR]
        assert isinstance(phone, Simulator)
        (account,) = await app.db.read(accounts.everyone)
        for _ in range(agents):
            await stack.enter_async_context(child("split", json.dumps(asdict(place))))
        await stack.enter_async_context(services.running(app, gateway=True, agent=False))
        yield Shop(app, phone, account)


def _bootstrap(place: Place, service: Service) -> App:
    broker = "redis_url" if place.broker.startswith("redis") else "rabbitmq_url"
    where = {broker: place.broker, "gateway_database_url": place.gateway_url, "agent_database_url": place.agent_url}
    model = ScriptedModel(thinking=place.thinking, everybody=CUSTOMER)
    app = bootstrap(settings.in_folder(place.folder, **where), model=model, service=service)
    app.wire = servers.wire(place.broker, place.prefix)
    return app


async def _agent(place: Place) -> None:
    app = _bootstrap(place, "agent")
    try:
        async with services.running(app, gateway=False, agent=True):
            say("ready")
            async for _ in orders():
                continue
    finally:
        await app.close()


if __name__ == "__main__":
    asyncio.run(_agent(Place(**json.loads(sys.argv[1]))))
