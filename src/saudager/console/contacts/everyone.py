"""The list of contacts: filtered, searched, and judged several at once."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from saudager.agent import moderator
from saudager.app import App
from saudager.console import screen
from saudager.console.contacts.forms import Named, Ticked
from saudager.console.deeds import detailed
from saudager.console.door import Manager, Viewer
from saudager.errors import OutsideError, Refused
from saudager.people import listing
from saudager.people.listing import Listed, View

_PATH = "/console/contacts"

Searched = Annotated[str, Query(max_length=200)]


def router(app: App) -> APIRouter:
    """The page and its rows."""
    routes = APIRouter()

    async def listed(view: View, query: str, after: str | None) -> tuple[Listed, bool]:
        """The rows, and whether the gateway told the whitelist where it is asked for."""
        numbers: list[str] = []
        told = True
        if view == "whitelisted":
            try:
                numbers = [one.phone_number for one in await app.gateway.whitelist()]
            except OutsideError:
                told = False
        return await app.db.read(listing.page, view, query, after=after, whitelist=numbers), told

    @routes.get("")
    async def everyone(request: Request, visitor: Viewer, view: View = "all", query: Searched = "") -> HTMLResponse:
        shown, told = await listed(view, query, None)
        return screen.page(
            request,
            visitor,
            "contacts.html",
            title=visitor.say("Контакты"),
            view=view,
            query=query,
            listed=shown,
            told=told,
        )

    @routes.get("/list")
    async def rows(
        visitor: Viewer, view: View = "all", query: Searched = "", after: Annotated[str, Query(max_length=60)] = ""
    ) -> HTMLResponse:
        shown, told = await listed(view, query, after or None)
        template = "contacts_more.html" if after else "contacts_list.html"
        return screen.part(visitor, template, view=view, query=query, listed=shown, told=told)

    @routes.post("/classify")
    async def classify(visitor: Manager, is_client: Annotated[bool, Form()], contacts: Ticked = None) -> Response:
        if not contacts:
            raise Refused(visitor.say("Отметьте хотя бы один контакт."))
        now = app.clock.now()
        await detailed(
            app,
            visitor,
            "contact.overruled",
            f"contact:{contacts[0]}" if len(contacts) == 1 else "contacts",
            {"contacts": contacts, "is_client": is_client},
            lambda session: moderator.overrule_many(session, contacts, is_client=is_client, now=now),
        )
        said = visitor.say("Теперь клиентов: %(n)s", n=len(contacts))
        if not is_client:
            said = visitor.say("Теперь не клиентов: %(n)s", n=len(contacts))
        return screen.told(said, undo=restoring(contacts))

    @routes.post("/restore")
    async def restore(visitor: Manager, contacts: Named) -> Response:
        about = f"contact:{contacts[0]}" if len(contacts) == 1 else "contacts"
        await detailed(
            app,
            visitor,
            "contact.restored",
            about,
            {"contacts": contacts},
            lambda session: moderator.restore(session, contacts),
        )
        return screen.told(visitor.say("Вернули, как было."))

    return routes


def restoring(contacts: list[int]) -> str:
    """Where a person's last word on these contacts is taken back."""
    return f"{_PATH}/restore?{urlencode([('contact', contact) for contact in contacts])}"
