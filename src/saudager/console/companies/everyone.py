"""The list of companies, found by name, number or address, and what a person in one said about offers by mail."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.sales import listing, people
from saudager.sales.models import Consent

Searched = Annotated[str, Query(max_length=200)]
Said = Annotated[str, Form(pattern="^(given|refused|)$")]


def router(app: App) -> APIRouter:
    """``GET /console/companies`` is the page, ``/list`` its rows alone, ``/persons/12/consent`` the switch."""
    routes = APIRouter()

    @routes.get("")
    async def page(request: Request, visitor: Viewer, q: Searched = "") -> HTMLResponse:
        return screen.page(
            request, visitor, "companies.html", title=visitor.say("Компании"), **await app.db.read(_read, q, None)
        )

    @routes.get("/list")
    async def rows(visitor: Viewer, q: Searched = "", after: Annotated[NumberOrNothing, Query()] = "") -> HTMLResponse:
        return screen.part(visitor, "companies_rows.html", **await app.db.read(_read, q, number_in(after)))

    @routes.post("/persons/{person_id}/consent")
    async def said(visitor: Manager, person_id: Annotated[Number, Path()], consent: Said = "") -> Response:
        wish = Consent(consent) if consent else None

        def decide(session: Session) -> int:
            return people.decide(session, person_id, wish, now=app.clock.now()).company_id

        company = await detailed(
            app, visitor, "person.consent", f"person:{person_id}", {"consent": consent or None}, decide
        )
        return screen.told(visitor.say("Записано."), then=f"/console/companies/{company}")

    return routes


def _read(session: Session, query: str, after: int | None) -> dict[str, Any]:
    return {"listed": listing.companies(session, query=query, after=after), "q": query}
