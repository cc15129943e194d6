"""All rules, all sequences, and the scenarios that come with the product."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import describing, listing, shipped, versions
from saudager.automation.listing import Summary
from saudager.automation.models import Automation, Kind
from saudager.automation.reading import read
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Owner, Viewer
from saudager.console.numbers import Number

HOME = "/console/automation"
_COUNTED_FOR = timedelta(days=7)


def router(app: App) -> APIRouter:
    """``""`` the rules, ``/sequences`` the sequences, ``/shipped`` what can be taken as it is; the switch of each."""
    routes = APIRouter()

    @routes.get("")
    async def rules(request: Request, visitor: Viewer) -> HTMLResponse:
        shown = await app.db.read(_shown, Kind.RULE, app)
        return screen.page(
            request, visitor, "automation.html", title=visitor.say("Автоматика"), kind=Kind.RULE, shown=shown
        )

    @routes.get("/sequences")
    async def sequences(request: Request, visitor: Viewer) -> HTMLResponse:
        shown = await app.db.read(_shown, Kind.SEQUENCE, app)
        return screen.page(
            request, visitor, "automation.html", title=visitor.say("Автоматика"), kind=Kind.SEQUENCE, shown=shown
        )

    @routes.get("/shipped")
    async def ready(request: Request, visitor: Viewer) -> HTMLResponse:
        scenarios = [(one, list(describing.whole(read(one.source)))) for one in shipped.everyone()]
        kept = await app.db.read(_kept)
        return screen.page(
            request,
            visitor,
            "automation_shipped.html",
            title=visitor.say("Автоматика"),
            scenarios=scenarios,
            kept=kept,
        )

    @routes.post("/{automation}/switch")
    async def switch(visitor: Owner, automation: Number, on: bool) -> Response:
        action = "automation.switched_on" if on else "automation.switched_off"
        about, zone, now = versions.subject_of_desk(automation), app.settings.zone, app.clock.now()
        await deed(app, visitor, action, about, versions.switch, automation, on=on, zone=zone, now=now)
        words = visitor.say("Включено.") if on else visitor.say("Выключено.")
        return screen.told(words, undo=f"{HOME}/{automation}/switch?on={'false' if on else 'true'}")

    return routes


def _shown(session: Session, kind: Kind, app: App) -> list[tuple[Summary, str]]:
    """Each with what it waits for, in words."""
    since = app.clock.now() - _COUNTED_FOR
    found = listing.everyone(session, kind, since=since)
    sources = listing.sources(session, [one.automation for one in found])
    return [(one, describing.occasion(read(sources[one.automation.id]))) for one in found]


def _kept(session: Session) -> dict[str, Automation]:
    return {one.name: one for one in versions.everyone(session)}
