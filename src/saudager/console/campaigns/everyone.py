"""The list of campaigns: to whom, how far, and when."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer
from saudager.console.numbers import NumberOrNothing, number_in
from saudager.letters import campaigns

HOME = "/console/letters/campaigns"
_PAGE = 20
Before = Annotated[NumberOrNothing, Query()]


def router(app: App) -> APIRouter:
    """``GET /console/letters/campaigns`` is the page, ``/list`` its rows alone."""
    routes = APIRouter()

    @routes.get("")
    async def page(request: Request, visitor: Viewer) -> HTMLResponse:
        shown = await app.db.read(_read, None, now=app.clock.now())
        return screen.page(request, visitor, "campaigns.html", title=visitor.say("Рассылки"), tab="campaigns", **shown)

    @routes.get("/list")
    async def rows(visitor: Viewer, before: Before = "") -> HTMLResponse:
        shown = await app.db.read(_read, number_in(before), now=app.clock.now())
        return screen.part(visitor, "campaigns_more.html" if before else "campaigns_list.html", **shown)

    return routes


def _read(session: Session, before: int | None, *, now: datetime) -> dict[str, Any]:
    found = campaigns.everyone(session, before=before, limit=_PAGE + 1)
    rows = [(campaign, campaigns.progress(session, campaign.id, now=now)) for campaign in found[:_PAGE]]
    return {"rows": rows, "next": found[_PAGE - 1].id if len(found) > _PAGE else None}
