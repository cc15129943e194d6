"""The list of series: their thumbnails and how far they are, found by what they show."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer
from saudager.console.numbers import NumberOrNothing, number_in
from saudager.console.pictures import showing
from saudager.studio import listing

HOME = "/console/pictures"
State = Literal["", "drawing", "doubtful", "done", "incomplete", "cancelled"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the list is wanted; what is empty narrows nothing."""

    state: Annotated[State, Query()] = ""
    product: Annotated[NumberOrNothing, Query()] = ""
    q: Annotated[str, Query(max_length=200)] = ""
    after: Annotated[NumberOrNothing, Query()] = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.state or self.product or self.q.strip())

    def link(self, path: str = HOME, **changed: str) -> str:
        """An address of the same list with something changed."""
        values = {"state": self.state, "product": self.product, "q": self.q, "after": ""} | changed
        kept = {name: value for name, value in values.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


Part = Annotated[Asked, Depends()]


def router(app: App) -> APIRouter:
    """``GET /console/pictures`` is the page, ``/list`` its rows alone; both take the fields of Asked."""
    routes = APIRouter()

    @routes.get("")
    async def page(request: Request, visitor: Viewer, asked: Part) -> HTMLResponse:
        shown = await app.db.read(_read, asked)
        return screen.page(request, visitor, "pictures.html", title=visitor.say("Картинки"), **shown)

    @routes.get("/list")
    async def rows(visitor: Viewer, asked: Part) -> HTMLResponse:
        template = "pictures_more.html" if asked.after else "pictures_list.html"
        return screen.part(visitor, template, **await app.db.read(_read, asked))

    return routes


def _read(session: Session, asked: Asked) -> dict[str, Any]:
    found = listing.found(
        session,
        state=asked.state or None,
        product_id=number_in(asked.product),
        query=asked.q,
        after=number_in(asked.after),
    )
    return {"asked": asked, "found": found, "small": showing.small}
