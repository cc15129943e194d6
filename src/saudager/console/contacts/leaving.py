"""A person asks what we know of him, or to be forgotten: a ZIP of everything, and erasing, which cannot be undone."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Owner
from saudager.console.numbers import Number
from saudager.conversations.models import Contact
from saudager.errors import NotFound
from saudager.people import card, erasing, exporting


def router(app: App) -> APIRouter:
    """The ZIP, and the page that asks before erasing."""
    routes = APIRouter(prefix="/{contact_id}")

    @routes.get("/export")
    async def export(visitor: Manager, contact_id: Number) -> StreamingResponse:
        await deed(app, visitor, "contact.exported", f"contact:{contact_id}", _is_there, contact_id)
        headers = {"content-disposition": f'attachment; filename="contact-{contact_id}.zip"'}
        pieces = exporting.export(app, contact_id)
        return StreamingResponse(pieces, media_type="application/zip", headers=headers)

    @routes.get("/erase")
    async def ask(request: Request, visitor: Owner, contact_id: Number) -> HTMLResponse:
        contact = await app.db.read(_is_there, contact_id)
        title = visitor.say("Стереть контакт")
        return screen.page(request, visitor, "contact_erase.html", title=title, contact=contact)

    @routes.post("/erase")
    async def erase(visitor: Owner, contact_id: Number, typed: Annotated[str, Form(max_length=20)] = "") -> Response:
        now = app.clock.now()
        await deed(app, visitor, "contact.erased", f"contact:{contact_id}", erasing.ask, contact_id, typed, now=now)
        return screen.told(visitor.say("Контакт стирается."), then=f"/console/contacts/{contact_id}")

    return routes


def _is_there(session: Session, contact_id: int) -> Contact:
    contact = card.of(session, contact_id)
    if contact.erased_at is not None:
        raise NotFound("Этот контакт стёрт.")
    return contact
