"""Whether the service is well: open to everybody, because load balancers have no key and it tells no secrets."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from saudager.api.answers import OPEN
from saudager.api.examples import shown
from saudager.app import App
from saudager.errors import SaudagerError
from saudager.providers.wires import Wire
from saudager.queues import table

Ailments = Callable[[], Awaitable[list[str]]]
LastPoll = Callable[[Session], datetime | None]

_WAITS_TOO_LONG = timedelta(minutes=5)
_BROKER_WITHIN = 3.0
_ILL = {"example": {"status": "unhealthy", "reasons": ["the database does not answer: connection refused"]}}


class Health(BaseModel):
    """How a service is."""

    model_config = shown({"status": "healthy", "reasons": [], "last_poll_at": "2026-03-11T07:03:02Z"})

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description="`degraded`: it works, but somebody should look."
    )
    reasons: list[str] = Field(description="Why it is not healthy.")
    last_poll_at: datetime | None = Field(None, description="When a messenger last answered; the gateway's alone.")


def router(app: App, ailments: Ailments, last_poll: LastPoll | None = None) -> APIRouter:
    """``GET /health``: 200 when ``healthy`` or ``degraded``, 503 when ``unhealthy``. ``last_poll`` tells when a
    messenger last answered."""
    routes = APIRouter(tags=["Watching"])

    @routes.get(
        "/health",
        response_model_exclude_unset=True,
        responses={503: {"model": Health, "description": "It is unhealthy.", "content": {"application/json": _ILL}}},
        openapi_extra={OPEN: "load balancers have no key, and it tells no secrets"},
    )
    async def health(response: Response) -> Health:
        """How the service is, and why it is not well."""
        try:
            reasons = await ailments()
            polled = {} if last_poll is None else {"last_poll_at": await app.db.read(last_poll)}
        except SaudagerError as error:
            response.status_code = 503
            return Health(status="unhealthy", reasons=[str(error)])
        return Health(status="degraded" if reasons else "healthy", reasons=reasons, **polled)

    return routes


def ailments_of(app: App, *others: Ailments) -> Ailments:
    """What is not well with a service: its queues, its broker, and what ``others`` say."""

    async def look() -> list[str]:
        reasons = [*await _queues(app), *await _broker(app)]
        for other in others:
            reasons += await other()
        return reasons

    return look


async def _queues(app: App) -> list[str]:
    now = app.clock.now()
    waiting = await app.db.read(table.overdue, before=now - _WAITS_TOO_LONG, now=now)
    return [
        f"nobody works the queue {queue}: its oldest message waits since {since:%H:%M} UTC" for queue, since in waiting
    ]


async def _broker(app: App) -> list[str]:
    if app.wire is None:
        return []
    depths, trouble = await broker(app.wire)
    return [trouble] if depths is None else []


async def broker(wire: Wire) -> tuple[dict[str, int] | None, str]:
    """What waits in each of the broker's queues; None, and why, when it does not tell in time."""
    try:
        async with asyncio.timeout(_BROKER_WITHIN):
            return await wire.depth(), ""
    except TimeoutError:
        return None, f"{wire.name} does not answer"
    except SaudagerError as error:
        return None, str(error)
