"""Whether the service is well: open to everybody, because load balancers have no key and it tells no secrets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Response

from saudager.app import App
from saudager.errors import SaudagerError
from saudager.queues import table

Ailments = Callable[[], Awaitable[list[str]]]

_WAITS_TOO_LONG = timedelta(minutes=5)
_BROKER_WITHIN = 3.0


def router(app: App, ailments: Sequence[Ailments] = ()) -> APIRouter:
    """``GET /health``: ``{"status": …, "reasons": […]}``; 200 when ``healthy`` or ``degraded`` (it works, but somebody
    should look), 503 when ``unhealthy``. ``ailments`` say what else is not well with this service."""
    routes = APIRouter()

    @routes.get("/health")
    async def health(response: Response) -> dict[str, Any]:
        try:
            reasons = [*await _queues(app), *await _broker(app)]
            for look in ailments:
                reasons += await look()
        except SaudagerError as error:
            response.status_code = 503
            return {"status": "unhealthy", "reasons": [str(error)]}
        return {"status": "degraded" if reasons else "healthy", "reasons": reasons}

    return routes


async def _queues(app: App) -> list[str]:
    now = app.clock.now()
    waiting = await app.db.read(table.overdue, before=now - _WAITS_TOO_LONG, now=now)
    return [
        f"nobody works the queue {queue}: its oldest message waits since {since:%H:%M} UTC" for queue, since in waiting
    ]


async def _broker(app: App) -> list[str]:
    if app.wire is None:
        return []
    try:
        async with asyncio.timeout(_BROKER_WITHIN):
            await app.wire.depth()
    except TimeoutError:
        return [f"{app.wire.name} does not answer"]
    except SaudagerError as error:
        return [str(error)]
    return []
