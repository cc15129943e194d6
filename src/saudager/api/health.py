"""Whether the service is well: open to everybody, because load balancers have no key and it tells no secrets."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from saudager import machine
from saudager.ailments import Ailment
from saudager.app import App
from saudager.errors import SaudagerError
from saudager.machine import Ailments

LastPoll = Callable[[Session], datetime | None]


def router(app: App, ailments: Ailments, last_poll: LastPoll | None = None) -> APIRouter:
    """``GET /health``: ``{"status": …, "reasons": […], "last_poll_at": …}``; 200 when ``healthy`` or ``degraded`` (it
    works, but somebody should look), 503 when ``unhealthy``. ``last_poll`` tells when a messenger last answered."""
    routes = APIRouter()

    @routes.get("/health")
    async def health(response: Response) -> dict[str, Any]:
        try:
            reasons = [one.says for one in await ailments()]
            polled = {} if last_poll is None else {"last_poll_at": await app.db.read(last_poll)}
        except SaudagerError as error:
            response.status_code = 503
            return {"status": "unhealthy", "reasons": [str(error)]}
        return {"status": "degraded" if reasons else "healthy", "reasons": reasons, **polled}

    return routes


def ailments_of(app: App, *others: Ailments) -> Ailments:
    """What makes a service less than healthy: what it stands on, and what ``others`` say."""

    parts: list[Ailments] = [partial(machine.ailments, app), *others]

    async def look() -> list[Ailment]:
        found: dict[str, Ailment] = {}
        for part in parts:
            found |= {one.about: one for one in await part() if one.degrades}
        return list(found.values())

    return look
