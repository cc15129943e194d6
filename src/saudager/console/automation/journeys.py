"""Whoever is on his way through a sequence: his steps, set on it or taken off it by hand."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import describing, listing, sequences, versions
from saudager.automation import journeys as ways
from saudager.automation.models import Journey, JourneyState
from saudager.console import screen
from saudager.console.automation.everyone import HOME
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number
from saudager.errors import NotFound, Refused

_AT_ONCE = 20
BY_HAND = "by_hand"
"""Why a journey ended that a person has stopped."""


def router(app: App) -> APIRouter:
    """``/journeys/N`` and its stop; ``/N/journeys`` lists those of a sequence, ``POST /N/begin`` begins one."""
    routes = APIRouter()

    @routes.get("/journeys/{journey}")
    async def one(request: Request, visitor: Viewer, journey: Number) -> HTMLResponse:
        way, definition = await app.db.read(listing.journey, journey)
        steps = list(describing.whole(definition))
        return screen.page(request, visitor, "automation_journey.html", title=way.title, way=way, steps=steps)

    @routes.post("/journeys/{journey}/stop")
    async def stop(visitor: Manager, journey: Number) -> Response:
        now = app.clock.now()
        await deed(app, visitor, "journey.stopped", f"journey:{journey}", _stop, journey, now=now)
        return screen.told(visitor.say("Остановлено: дальше по сценарию он не пойдёт."))

    @routes.get("/{automation}/journeys")
    async def more(visitor: Viewer, automation: Number, before: Number | None = None) -> HTMLResponse:
        listed = await app.db.read(listing.journeys, automation, before=before, limit=_AT_ONCE)
        template = "automation_journeys.html" if before is None else "automation_journeys_rows.html"
        return screen.part(visitor, template, automation_id=automation, journeys=listed)

    @routes.post("/{automation}/begin")
    async def begin(visitor: Manager, automation: Number, contact: Number) -> Response:
        about, now = f"contact:{contact}", app.clock.now()
        journey = await deed(
            app, visitor, "journey.begun", about, _begin, automation, contact, by=visitor.name, now=now
        )
        return screen.told(visitor.say("Начато."), then=f"{HOME}/journeys/{journey}")

    return routes


def _stop(session: Session, journey: int, *, now: datetime) -> None:
    if session.get(Journey, journey) is None:
        raise NotFound("Такого пути по сценарию нет.")
    if not ways.end(session, journey, JourneyState.STOPPED, BY_HAND, now=now):
        raise Refused("Этот путь уже закончен.")


def _begin(session: Session, automation: int, contact: int, *, by: str, now: datetime) -> int:
    kept = versions.one(session, automation)
    live = sequences.named(session, kept.name)
    if live is None:
        raise Refused("Начать по руке можно сценарий, а не правило.")
    if not live.is_on:
        raise Refused("Сценарий выключен: сначала включите его.")
    begun = ways.begin(
        session,
        live.id,
        live.version,
        contact_id=contact,
        conversation_id=None,
        about=f"contact:{contact}",
        facts={},
        depth=0,
        by=by,
        now=now,
    )
    if begun is None:
        raise Refused("Он уже идёт по этому сценарию.")
    return begun
