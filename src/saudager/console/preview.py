"""Time travel: who would get what on a day ahead, who is held back and why; nothing is sent."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from babel.dates import format_date
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer
from saudager.orders import opening
from saudager.preview import days

_SHOWN = 31

Who = Literal["all", "write", "wait", "stop"]


def router(app: App) -> APIRouter:
    """The days ahead, and one of them."""
    routes = APIRouter(prefix="/console/preview")

    @routes.get("")
    async def preview(request: Request, visitor: Viewer, day: date | None = None, who: Who = "all") -> HTMLResponse:
        now, settings = app.clock.now(), app.settings
        today = now.astimezone(settings.zone).date()
        shown = day or today
        ours = opening.numbers(await app.gateway.accounts())

        def look(session: Session) -> dict[str, Any]:
            may = None if who == "all" else who
            part = days.touches_on(session, shown, settings=settings, now=now, may=may)
            reminded = days.reminders_on(session, shown, settings=settings, now=now, may=may)
            reminded += days.orders_on(session, shown, ours, settings=settings, now=now, may=may)
            due = sorted([*part.due, *reminded], key=lambda due: due.at) if part.next is None else reminded + part.due
            return {
                "part": replace(part, due=due),
                "busy": days.busy(session, days=_SHOWN, settings=settings, now=now),
            }

        return screen.page(
            request,
            visitor,
            "preview.html",
            title=visitor.say("Кому и когда напишем"),
            shown=shown,
            today=today,
            last=today + timedelta(days=days.FARTHEST - 1),
            who=who,
            counted=days.COUNTED,
            one_day=timedelta(days=1),
            weekday=partial(format_date, format="EEEE, d MMMM", locale=visitor.language),
            **await app.db.read(look),
        )

    @routes.get("/more")
    async def more(
        visitor: Viewer, day: date, after: Annotated[str, Query(max_length=2000)], who: Who = "all"
    ) -> HTMLResponse:
        may = None if who == "all" else who
        part = await app.db.read(days.touches_on, day, settings=app.settings, now=app.clock.now(), may=may, after=after)
        return screen.part(visitor, "preview_part.html", part=part, shown=day, who=who)

    return routes
