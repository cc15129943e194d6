"""The page for whoever has forgotten his password: asks who he is, and says the same whoever he is."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from saudager.app import App
from saudager.console import guests, postal
from saudager.console.guests import AnyGuest, Guest, Sender
from saudager.operators import sign_in

_PAGE = "/console/forgotten"


def router(app: App) -> APIRouter:
    """``/console/forgotten``: mails a link to ``/console/welcome/{secret}``."""
    routes = APIRouter()

    @routes.get(_PAGE)
    async def page(request: Request, guest: AnyGuest) -> Response:
        return await _page(app, request, guest, is_asked=False)

    @routes.post(_PAGE)
    async def ask(request: Request, guest: Sender, who: Annotated[str, Form(max_length=300)] = "") -> Response:
        await sign_in.forgot(app, who, guest.at)
        return await _page(app, request, guest, is_asked=True)

    return routes


async def _page(app: App, request: Request, guest: Guest, *, is_asked: bool) -> Response:
    title, has_mail = guest.say("Новый пароль"), await postal.has_mail(app)
    return guests.page(request, guest, "forgotten.html", title=title, has_mail=has_mail, is_asked=is_asked)
