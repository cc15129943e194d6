"""Whoever is on his way through a sequence: his steps, set on it or taken off it by hand."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from saudager.app import App
from saudager.automation import by_hand, describing, listing, versions
from saudager.console import screen
from saudager.console.automation.everyone import HOME
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number

_AT_ONCE = 20


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
        await deed(app, visitor, "journey.stopped", f"journey:{journey}", by_hand.stop, journey, now=now)
        return screen.told(visitor.say("Остановлено: дальше по сценарию он не пойдёт."))

    @routes.get("/{automation}/journeys")
    async def more(visitor: Viewer, automation: Number, before: Number | None = None) -> HTMLResponse:
        listed = await app.db.read(listing.journeys, automation, before=before, limit=_AT_ONCE)
        template = "automation_journeys.html" if before is None else "automation_journeys_rows.html"
        return screen.part(visitor, template, automation_id=automation, journeys=listed)

    @routes.post("/{automation}/begin")
    async def begin(visitor: Manager, automation: Number, contact: Number) -> Response:
        about, name = f"contact:{contact}", (await app.db.read(versions.one, automation)).name
        journey = await deed(
            app, visitor, "journey.begun", about, by_hand.begin, name, about, by=visitor.name, now=app.clock.now()
        )
        return screen.told(visitor.say("Начато."), then=f"{HOME}/journeys/{journey}")

    return routes
