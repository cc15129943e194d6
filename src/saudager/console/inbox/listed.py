"""The list of conversations: views, search, and as many as were asked for."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer, Visitor
from saudager.console.numbers import Number
from saudager.conversations import listing
from saudager.conversations.listing import Listed
from saudager.orders import listing as orders

VIEWS = {
    "all": "Все",
    "waiting": "Ждут человека",
    "unread": "Непрочитанные",
    "drafts": "Черновики",
    "mine": "Мои",
    "salesperson": "У продавца",
    "unclear": "Не ясно, кто это",
    "not_clients": "Не клиенты",
}
STATES = {
    "draft": ("warn", "черновик на проверку"),
    "waits_for_person": ("bad", "ждёт человека"),
    "person": ("info", "у человека"),
    "silent": ("", "продавец молчит"),
    "not_client": ("", "не клиент"),
    "unclear": ("", "не ясно, кто это"),
    "answering": ("good", "отвечает продавец"),
}
AUTHORS = {"bot": "Продавец: ", "human": "Мы: "}
_AT_ONCE, _MOST = 40, 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the list is open: ``rows`` grows with every «ещё», and past the last of them ``after`` goes on."""

    view: Annotated[str, Query(pattern="^[a-z_]{1,20}$")] = "all"
    q: Annotated[str, Query(max_length=200)] = ""
    rows: Annotated[int, Query(ge=1, le=_MOST)] = _AT_ONCE
    after: Annotated[str | None, Query(max_length=80)] = None
    at: Annotated[Number | None, Query()] = None

    def link(self, path: str = "/console/inbox", **changed: object) -> str:
        """An address of the same list with something changed."""
        values = {"view": self.view, "q": self.q, "rows": self.rows, "after": self.after, "at": self.at} | changed
        usual = {"view": "all", "q": "", "rows": _AT_ONCE}
        kept = {name: value for name, value in values.items() if value is not None and usual.get(name) != value}
        return f"{path}?{urlencode(kept)}" if kept else path


Part = Annotated[Asked, Depends()]


@dataclass(frozen=True, slots=True)
class List:
    """What the list shows, and the address of more."""

    asked: Asked
    listed: Listed
    counts: dict[str, int]
    more: str | None


def router(app: App) -> APIRouter:
    """``GET /console/inbox`` is the page, ``GET /console/inbox/list`` its list alone; both take the fields of Asked."""
    routes = APIRouter()

    @routes.get("/console/inbox")
    async def page(request: Request, visitor: Viewer, asked: Part) -> HTMLResponse:
        found = await app.db.read(read, asked, visitor, app=app)
        return screen.page(request, visitor, "inbox.html", title=visitor.say("Входящие"), inbox=found, **words())

    @routes.get("/console/inbox/list")
    async def part(visitor: Viewer, asked: Part) -> HTMLResponse:
        found = await app.db.read(read, asked, visitor, app=app)
        return screen.part(visitor, "inbox_list.html", inbox=found, **words())

    return routes


def at(asked: Asked, conversation_id: int) -> Asked:
    """The same list with this conversation open beside it."""
    return replace(asked, at=conversation_id)


def words() -> dict[str, object]:
    """What the list's template says things with."""
    return {"views": VIEWS, "states": STATES, "authors": AUTHORS, "many": listing.MOST_COUNTED}


def read(session: Session, asked: Asked, visitor: Visitor, *, app: App) -> List:
    """The list as it is now; raises NotFound for a view there is not."""
    now = app.clock.now()
    found = listing.page(
        session,
        view=asked.view,
        query=asked.q or None,
        first=orders.buyers(session, asked.q) if asked.q.strip() else (),
        after=asked.after,
        operator=visitor.name,
        limit=asked.rows,
        now=now,
    )
    more = None
    if found.next is not None:
        grown = asked.rows + _AT_ONCE
        further = {"rows": grown} if grown <= _MOST else {"rows": _AT_ONCE, "after": found.next}
        more = asked.link("/console/inbox/list", **further)
    return List(asked, found, listing.counts(session, operator=visitor.name, now=now), more)
