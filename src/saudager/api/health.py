"""Whether the service is well: open to everybody, because load balancers have no key and it tells no secrets."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from saudager import machine
from saudager.ailments import Ailment
from saudager.api.answers import OPEN
from saudager.api.examples import shown
from saudager.app import App
from saudager.errors import SaudagerError
from saudager.machine import Ailments

LastPoll = Callable[[Session], datetime | None]

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
            reasons = [one.says for one in await ailments()]
            polled = {} if last_poll is None else {"last_poll_at": await app.db.read(last_poll)}
        except SaudagerError as error:
            response.status_code = 503
            return Health(status="unhealthy", reasons=[str(error)])
        return Health(status="degraded" if reasons else "healthy", reasons=reasons, **polled)

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
