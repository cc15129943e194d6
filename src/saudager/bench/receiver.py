"""The receiving service as a process of its own: ``python -m saudager.bench.receiver CARRIER ROAD``."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from saudager.bench.carriers import Road, bare, ours, with_celery
from saudager.bench.children import Child, child, orders, say
from saudager.bench.tally import Tally

_FAR: dict[str, Any] = {
    "ours": ours.far,
    "bare_rabbitmq": bare.rabbitmq_far,
    "bare_redis": bare.redis_far,
    "celery": with_celery.far,
}


class Receiver:
    """A Tally in another process."""

    def __init__(self, process: Child) -> None:
        self._process = process

    def expect(self, count: int, *, sleep: float = 0.0) -> None:
        self._process.tell({"count": count, "sleep": sleep})
        self._process.told()

    def wait(self) -> dict[str, Any]:
        figures: dict[str, Any] = self._process.told()
        return figures


@asynccontextmanager
async def receiving(carrier: str, road: Road) -> AsyncIterator[Receiver]:
    """A receiver that is ready."""
    async with child("receiver", carrier, json.dumps(asdict(road))) as process:
        yield Receiver(process)


async def _receive(carrier: str, road: Road) -> None:
    tally = Tally()
    handle = tally.handle_in_thread if carrier == "celery" else tally.handle
    async with _FAR[carrier](road, handle):
        say("ready")
        async for expected in orders():
            tally.expect(**expected)
            say("ready")
            say(await asyncio.to_thread(tally.wait))


if __name__ == "__main__":
    asyncio.run(_receive(sys.argv[1], Road(**json.loads(sys.argv[2]))))
