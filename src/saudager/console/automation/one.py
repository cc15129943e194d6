"""One rule or sequence: its text, what it did, whom it would touch, and its versions."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import listing, trying, versions
from saudager.automation.models import Kind
from saudager.automation.reading import Mistaken, read
from saudager.automation.trying import Would
from saudager.console import screen
from saudager.console.automation.everyone import HOME
from saudager.console.automation.writing import catalogue, checked
from saudager.console.deeds import deed
from saudager.console.door import Owner, Viewer
from saudager.console.numbers import Number
from saudager.errors import Refused

_TRIED_ON = 100
_AT_ONCE = 20


def router(app: App) -> APIRouter:
    """``/N`` with ``/N/runs``, ``/N/try`` and ``/N/force``: an older version put in force again."""
    routes = APIRouter()

    @routes.get("/{automation}")
    async def shown(request: Request, visitor: Viewer, automation: Number) -> HTMLResponse:
        found = await app.db.read(_found, automation)
        return screen.page(
            request,
            visitor,
            "automation_one.html",
            title=found["automation"].title,
            **found,
            idle=False,
            **await checked(app, found["text"]),
            **catalogue(),
        )

    @routes.get("/{automation}/runs")
    async def runs(
        visitor: Viewer, automation: Number, before: Number | None = None, idle: bool = False
    ) -> HTMLResponse:
        listed = await app.db.read(listing.runs, automation, only_acted=not idle, before=before, limit=_AT_ONCE)
        template = "automation_runs.html" if before is None else "automation_runs_rows.html"
        return screen.part(visitor, template, automation_id=automation, runs=listed, idle=idle)

    @routes.get("/{automation}/try")
    async def try_out(
        visitor: Viewer, automation: Number, days: Annotated[int, Query(ge=1, le=90)] = 30
    ) -> HTMLResponse:
        found = await app.db.read(_tried, automation, days, app)
        return screen.part(visitor, "automation_tried.html", found=found, days=days, most=_TRIED_ON)

    @routes.post("/{automation}/force")
    async def force(visitor: Owner, automation: Number, version: Number) -> Response:
        about, zone, now = versions.subject_of_desk(automation), app.settings.zone, app.clock.now()
        try:
            await deed(
                app,
                visitor,
                "automation.rolled_back",
                about,
                versions.roll_back,
                automation,
                version,
                zone=zone,
                now=now,
            )
        except Mistaken as error:
            raise Refused(str(error)) from None
        return screen.told("", then=f"{HOME}/{automation}")

    return routes


def _found(session: Session, automation: int) -> dict[str, Any]:
    kept = versions.one(session, automation)
    is_rule = kept.kind == Kind.RULE
    return {
        "automation": kept,
        "text": versions.source_of(session, automation, kept.live),
        "history": versions.history(session, automation),
        "runs": listing.runs(session, automation, only_acted=True, limit=_AT_ONCE) if is_rule else None,
        "journeys": None if is_rule else listing.journeys(session, automation, limit=_AT_ONCE),
        "standing": {} if is_rule else listing.standing(session, automation),
    }


def _tried(session: Session, automation: int, days: int, app: App) -> list[Would]:
    kept, now = versions.one(session, automation), app.clock.now()
    definition = read(versions.source_of(session, automation, kept.live))
    since = now - timedelta(days=days)
    return trying.try_out(session, definition, since=since, limit=_TRIED_ON, settings=app.settings, now=now)
