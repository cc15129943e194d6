"""The letters of a campaign one after another, each as its recipient will see it, with a person's word on it."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.campaigns.everyone import HOME
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.errors import NotFound, OutsideError
from saudager.letters import campaigns, desk, rendering, sending
from saudager.letters.models import Letter
from saudager.letters.rendering import Sender
from saudager.letters.unsubscribe import Links
from saudager.sales.models import Company, Person

_OF_A_LETTER = {
    "content-security-policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox",
    "x-frame-options": "SAMEORIGIN",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
"""It is a page of its own: no script, nothing from elsewhere, seen only inside ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """A letter among those of its campaign."""

    number: int
    of: int
    before: int | None
    after: int | None


def router(app: App) -> APIRouter:
    """``/12/look?letter=7``, the first draft without one; ``/look/7/html`` is what the recipient sees."""
    routes = APIRouter()

    @routes.get("/{id}/look")
    async def look(
        request: Request, visitor: Viewer, id: Number, letter: Annotated[NumberOrNothing, Query()] = ""
    ) -> HTMLResponse:
        shown = await app.db.read(_read, id, number_in(letter))
        title = shown["campaign"].name
        return screen.page(request, visitor, "campaign_look.html", title=title, tab="campaigns", home=HOME, **shown)

    @routes.get("/look/{letter_id}/html")
    async def html(visitor: Viewer, letter_id: Number) -> HTMLResponse:
        letter, account = await app.db.read(_letter, letter_id)
        links = Links(app.vault, app.settings.public_url)
        shown = rendering.render(
            letter,
            sender=await _sender(app, account),
            unsubscribe=links.of(letter.id),
            is_offer=letter.purpose != sending.SERVICE,
        )
        return HTMLResponse(rendering.with_pictures_inside(shown), headers=_OF_A_LETTER)

    @routes.post("/{id}/look/{letter_id}/approve")
    async def approve(
        visitor: Manager, id: Number, letter_id: Number, version: Annotated[int, Form(ge=0, lt=2**31)]
    ) -> Response:
        return await _said(app, visitor, id, letter_id, "approved", partial(_approve, seen=version))

    @routes.post("/{id}/look/{letter_id}/drop")
    async def drop(visitor: Manager, id: Number, letter_id: Number) -> Response:
        return await _said(app, visitor, id, letter_id, "dropped", _drop)

    return routes


async def _said(app: App, visitor: Visitor, id: int, letter_id: int, word: str, function: Any) -> Response:
    """A person's word on a letter, and the next draft."""
    now = app.clock.now()
    await deed(app, visitor, f"letter.{word}", f"letter:{letter_id}", function, id, letter_id, visitor.name, now=now)
    following = await app.db.read(campaigns.next_draft, id, after=letter_id)
    then = f"{HOME}/{id}" if following is None else f"{HOME}/{id}/look?letter={following}"
    return screen.told("", then=then)


def _approve(session: Session, id: int, letter_id: int, by: str, *, seen: int, now: Any) -> None:
    _of_campaign(session, id, letter_id)
    desk.approve(session, letter_id, by, seen=seen, now=now)


def _drop(session: Session, id: int, letter_id: int, by: str, *, now: Any) -> None:
    _of_campaign(session, id, letter_id)
    desk.drop(session, letter_id, by, now=now)


async def _sender(app: App, account: str | None) -> Sender:
    try:
        ours = await sending.mailboxes(app)
    except OutsideError:
        return Sender(app.settings.shop_name, "")
    return ours.senders.get(account or ours.default or "", Sender(app.settings.shop_name, ""))


def _letter(session: Session, letter_id: int) -> tuple[Letter, str | None]:
    letter = desk.one(session, letter_id)
    if not letter.version:
        raise NotFound("Это письмо ещё не написано.")
    account = None if letter.campaign_id is None else campaigns.one(session, letter.campaign_id).account
    return letter, account


def _read(session: Session, id: int, letter_id: int | None) -> dict[str, Any]:
    campaign = campaigns.one(session, id)
    chosen = letter_id or campaigns.next_draft(session, id, after=0) or campaigns.next_written(session, id, after=0)
    if chosen is None:
        return {"campaign": campaign, "letter": None, "person": None, "company": None, "place": None}
    letter = _of_campaign(session, id, chosen)
    number, of, before, after = campaigns.place_of(session, id, chosen)
    return {
        "campaign": campaign,
        "letter": letter,
        "person": session.get_one(Person, letter.person_id),
        "company": session.get_one(Company, letter.company_id),
        "place": Place(number, of, before, after),
    }


def _of_campaign(session: Session, id: int, letter_id: int) -> Letter:
    letter = desk.one(session, letter_id)
    if letter.campaign_id != id:
        raise NotFound("В этой рассылке такого письма нет.")
    return letter
