"""The list of orders: by shop and stage, found by number, buyer or phone, with what was said about each."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer
from saudager.console.numbers import NumberOrNothing, number_in
from saudager.orders import listing, shops
from saudager.orders.listing import Only
from saudager.providers.marketplace import Stage

_PATH = "/console/orders"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the list is wanted; what is empty narrows nothing."""

    shop: Annotated[NumberOrNothing, Query()] = ""
    stage: Annotated[str, Query(pattern="^[a-z_]{0,20}$")] = ""
    q: Annotated[str, Query(max_length=200)] = ""
    only: Annotated[Only, Query()] = "all"
    after: Annotated[str, Query(max_length=80)] = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.shop or self.stage or self.q.strip()) or self.only != "all"

    def link(self, path: str = _PATH, **changed: str) -> str:
        """An address of the same list with something changed."""
        values = {"shop": self.shop, "stage": self.stage, "q": self.q, "only": self.only, "after": ""} | changed
        kept = {name: value for name, value in values.items() if value and (name, value) != ("only", "all")}
        return f"{path}?{urlencode(kept)}" if kept else path


Part = Annotated[Asked, Depends()]


def router(app: App) -> APIRouter:
    """``GET /console/orders`` is the page, ``/list`` its rows alone; both take the fields of Asked."""
    routes = APIRouter()

    @routes.get("")
    async def page(request: Request, visitor: Viewer, asked: Part) -> HTMLResponse:
        shown = await app.db.read(_read, asked)
        title = visitor.say("Заказы")
        return screen.page(request, visitor, "orders.html", title=title, tab="orders", stages=list(Stage), **shown)

    @routes.get("/list")
    async def rows(visitor: Viewer, asked: Part) -> HTMLResponse:
        template = "orders_more.html" if asked.after else "orders_list.html"
        return screen.part(visitor, template, **await app.db.read(_read, asked))

    return routes


def _read(session: Session, asked: Asked) -> dict[str, Any]:
    listed = listing.page(
        session,
        shop_id=number_in(asked.shop),
        stage=asked.stage or None,
        query=asked.q,
        only=asked.only,
        after=asked.after or None,
    )
    return {"asked": asked, "listed": listed, "shops": shops.everyone(session)}
