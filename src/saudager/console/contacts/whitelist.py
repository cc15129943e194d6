"""The whitelist: numbers that are never answered, written to or passed on; the gateway keeps it."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.errors import NotFound, OutsideError, Refused, Rejected
from saudager.providers.gateway import Untouchable

_PATH = "/console/contacts/whitelist"
_ENDING = 4

Number = Annotated[str, Form(max_length=40)]
Note = Annotated[str, Form(max_length=200)]


def router(app: App) -> APIRouter:
    """The list, and what is added to it or taken off."""
    routes = APIRouter(prefix="/whitelist")

    async def numbers() -> list[Untouchable] | None:
        """None while the gateway does not answer."""
        try:
            return list(await app.gateway.whitelist())
        except OutsideError:
            return None

    @routes.get("")
    async def whitelist(request: Request, visitor: Viewer) -> HTMLResponse:
        title = visitor.say("Белый список")
        return screen.page(request, visitor, "whitelist.html", title=title, numbers=await numbers())

    @routes.get("/list")
    async def listed(visitor: Viewer) -> HTMLResponse:
        return screen.part(visitor, "whitelist_list.html", numbers=await numbers())

    @routes.post("/add")
    async def add(
        visitor: Manager,
        number: Number = "",
        note: Note = "",
        again: Annotated[str, Query(alias="number", max_length=40)] = "",
        its_note: Annotated[str, Query(alias="note", max_length=200)] = "",
    ) -> Response:
        try:
            added = await app.gateway.whitelist_add(again or number, note or its_note)
        except Rejected:
            raise Refused(
                visitor.say("Это не похоже на номер телефона. Напишите его целиком: +7 701 000-00-01.")
            ) from None
        await _note(app, visitor, "contact.whitelisted", added)
        shown = visitor.wording.phone(added)
        return screen.told(visitor.say("%(phone)s больше не трогаем.", phone=shown))

    @routes.post("/remove")
    async def remove(visitor: Manager, number: Number) -> Response:
        kept = next((one for one in await app.gateway.whitelist() if one.phone_number == number), None)
        if kept is None:
            raise NotFound(visitor.say("Этого номера в списке нет."))
        await app.gateway.whitelist_remove(number)
        await _note(app, visitor, "contact.unlisted", number)
        said = visitor.say("%(phone)s убран из списка.", phone=visitor.wording.phone(number))
        return screen.told(said, undo=f"{_PATH}/add?{_query(kept)}")

    return routes


async def _note(app: App, visitor: Visitor, action: str, number: str) -> None:
    """The log keeps how the number ends: the whole one would outlive whoever asks to be erased."""

    def nothing(session: Session) -> None:
        """The list is the gateway's: there is nothing to change here."""

    await detailed(app, visitor, action, "whitelist", {"ends_with": number[-_ENDING:]}, nothing)


def _query(kept: Untouchable) -> str:
    return urlencode({"number": kept.phone_number, "note": kept.note})
