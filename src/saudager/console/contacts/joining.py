"""Joining contacts that are one person, and parting one that is two; what would move is shown before."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.contacts.forms import Other
from saudager.console.deeds import deed, detailed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number
from saudager.conversations import merging
from saudager.errors import NotFound, Refused
from saudager.people import card, likely, listing

_PATH = "/console/contacts"
_FOUND = 8


def router(app: App) -> APIRouter:
    """Likely doubles, the pages of a merge and of a split, and their undoing."""
    routes = APIRouter()

    @routes.get("/doubles")
    async def doubles(request: Request, visitor: Viewer) -> HTMLResponse:
        groups = await app.db.read(likely.namesakes)
        return screen.page(request, visitor, "doubles.html", title=visitor.say("Похожие контакты"), groups=groups)

    @routes.get("/{contact_id}/merge")
    async def ask(
        request: Request,
        visitor: Manager,
        contact_id: Number,
        other: Number | None = None,
        query: Annotated[str, Query(max_length=200)] = "",
    ) -> HTMLResponse:
        shown = await app.db.read(_to_merge, contact_id, other, query)
        return screen.page(
            request, visitor, "contact_merge.html", title=visitor.say("Объединить контакты"), query=query, **shown
        )

    @routes.post("/{contact_id}/merge")
    async def merge(visitor: Manager, contact_id: Number, other: Other) -> Response:
        now = app.clock.now()
        await detailed(
            app,
            visitor,
            "contact.merged",
            f"contact:{contact_id}",
            {"merged": other},
            lambda session: merging.merge(session, contact_id, other, now=now).id,
        )
        return screen.told(visitor.say("Контакты объединены."), then=f"{_PATH}/{contact_id}")

    @routes.post("/{contact_id}/merges/{merge_id}/undo")
    async def undo(visitor: Manager, contact_id: Number, merge_id: Number) -> Response:
        about, now = f"contact:{contact_id}", app.clock.now()
        await deed(app, visitor, "contact.parted_again", about, _part_again, contact_id, merge_id, now=now)
        return screen.told(visitor.say("Контакты снова отдельно."))

    @routes.get("/{contact_id}/split")
    async def ask_to_split(request: Request, visitor: Manager, contact_id: Number) -> HTMLResponse:
        contact, numbers = await app.db.read(_to_split, contact_id)
        title = visitor.say("Разделить контакт")
        return screen.page(request, visitor, "contact_split.html", title=title, contact=contact, numbers=numbers)

    @routes.post("/{contact_id}/split")
    async def split(
        visitor: Manager, contact_id: Number, name: Annotated[list[str] | None, Form(max_length=50)] = None
    ) -> Response:
        now = app.clock.now()
        chosen = [(kind, value) for one in name or [] for kind, _, value in [one.partition(":")]]
        about = f"contact:{contact_id}"
        other = await deed(app, visitor, "contact.split", about, merging.split, contact_id, chosen, now=now)
        return screen.told(visitor.say("Теперь это отдельный контакт."), then=f"{_PATH}/{other}")

    return routes


def _to_merge(session: Session, contact_id: int, other_id: int | None, query: str) -> dict[str, Any]:
    contact = card.of(session, contact_id)
    other = None if other_id is None else card.of(session, other_id)
    if other is contact or contact.merged_into_id or (other and other.merged_into_id):
        raise Refused("Эти контакты нельзя объединить: выберите другой.")
    found = listing.page(session, "all", query, limit=_FOUND).rows if query.strip() else []
    return {
        "contact": contact,
        "other": other,
        "moving": {} if other is None else merging.moving(session, other.id),
        "likely": likely.like(session, contact_id) if other is None else [],
        "found": [row for row in found if row.contact_id != contact_id],
    }


def _to_split(session: Session, contact_id: int) -> tuple[Any, dict[str, list[Any]]]:
    """The contact, and his names by the number they belong to."""
    contact = card.of(session, contact_id)
    numbers: dict[str, list[Any]] = {}
    for one in card.names(session, contact_id):
        numbers.setdefault(merging.number_of(one.kind, one.value)[1], []).append(one)
    return contact, numbers


def _part_again(session: Session, contact_id: int, merge_id: int, *, now: datetime) -> None:
    if merge_id not in [done.id for done in merging.history(session, contact_id)]:
        raise NotFound("Такого объединения у этого контакта нет.")
    merging.undo(session, merge_id, now=now)
