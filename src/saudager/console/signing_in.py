"""The door of the console: password, second factor, the page of a one-time link, and the way out."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from saudager.app import App
from saudager.console import guests
from saudager.console.deeds import deed
from saudager.console.door import COOKIE, SIGN_IN, Viewer
from saudager.console.guests import AnyGuest, Guest, Sender
from saudager.console.passwords import problem_of
from saudager.errors import NotFound, Refused
from saudager.operators import accounts, links, passwords, sessions, sign_in
from saudager.operators.links import Purpose

_SECOND = "/console/second-factor"
_TO_A_NEW_ONE = (Purpose.RESET, Purpose.FORGOTTEN)
_Typed = Annotated[str, Form(max_length=1000)]


def router(app: App) -> APIRouter:
    """``/console/sign-in``, ``/console/second-factor``, ``/console/welcome/{secret}``, ``/console/sign-out``."""
    routes = APIRouter()

    @routes.get(SIGN_IN)
    async def door(request: Request, guest: AnyGuest, next: str = "") -> Response:
        token = request.cookies.get(COOKIE, "")
        known = await app.db.read(sessions.recognise, token, now=app.clock.now()) if token else None
        if known is not None:
            return RedirectResponse(guests.local(next), 303)
        return _door(request, guest, next)

    @routes.post(SIGN_IN)
    async def enter(
        request: Request, guest: Sender, login: _Typed = "", password: _Typed = "", next: _Typed = ""
    ) -> Response:
        begun = await sign_in.by_password(app, login, password, guest.at)
        if begun is None:
            return _door(request, guest, next, login=login, failed=True)
        return guests.enter(request, begun, then=_after(begun, next))

    @routes.get(_SECOND)
    async def second(request: Request, guest: AnyGuest, next: str = "") -> Response:
        return await _second_step(app, request, guest, next)

    @routes.post(_SECOND)
    async def prove(request: Request, guest: Sender, code: _Typed = "", next: _Typed = "") -> Response:
        begun = await sign_in.by_code(app, request.cookies.get(COOKIE, ""), code, guest.at)
        if begun is None:
            return await _second_step(app, request, guest, next, failed=True)
        return guests.enter(request, begun, then=next)

    @routes.get("/console/welcome/{secret}")
    async def welcome(request: Request, guest: AnyGuest, secret: str) -> Response:
        return await _welcome(app, request, guest, secret)

    @routes.post("/console/welcome/{secret}")
    async def choose(
        request: Request,
        guest: Sender,
        secret: str,
        login: _Typed = "",
        name: _Typed = "",
        password: _Typed = "",
        again: _Typed = "",
    ) -> Response:
        problem = problem_of(guest, password, again, login=accounts.spelled(login))
        if problem is not None:
            return await _welcome(app, request, guest, secret, login=login, name=name, problem=problem)
        try:
            begun = await sign_in.by_link(app, secret, login=login, name=name, password=password, at=guest.at)
        except NotFound:
            return await _welcome(app, request, guest, secret)
        except Refused as error:
            return await _welcome(app, request, guest, secret, login=login, name=name, refused=str(error))
        return guests.enter(request, begun, then=_after(begun, ""))

    @routes.post("/console/sign-out")
    async def leave(request: Request, visitor: Viewer) -> Response:
        about = f"operator:{visitor.operator_id}"
        await deed(app, visitor, "signed_out", about, sessions.end, visitor.session_id)
        return guests.leave(request, then=SIGN_IN)

    return routes


def _after(begun: sign_in.Begun, then: str) -> str:
    return f"{_SECOND}?next={quote(guests.local(then))}" if begun.awaits_code else then


def _door(request: Request, guest: Guest, then: str, *, login: str = "", failed: bool = False) -> Response:
    return guests.page(
        request,
        guest,
        "sign_in.html",
        title=guest.say("Вход"),
        status=401 if failed else 200,
        then=guests.local(then),
        login=login,
        failed=failed,
    )


async def _second_step(app: App, request: Request, guest: Guest, then: str, *, failed: bool = False) -> Response:
    token = request.cookies.get(COOKIE, "")
    if not await app.db.read(sessions.awaiting_code, token, now=app.clock.now()):
        return RedirectResponse(f"{SIGN_IN}?next={quote(guests.local(then))}", 303)
    title = guest.say("Второй шаг")
    status = 401 if failed else 200
    return guests.page(
        request, guest, "second_factor.html", title=title, status=status, then=guests.local(then), failed=failed
    )


async def _welcome(
    app: App,
    request: Request,
    guest: Guest,
    secret: str,
    *,
    login: str = "",
    name: str = "",
    problem: str | None = None,
    refused: str | None = None,
) -> Response:
    try:
        link = await app.db.read(links.find, secret, now=app.clock.now())
    except NotFound:
        return guests.page(request, guest, "welcome_over.html", title=guest.say("Ссылка не действует"), status=404)
    operator = await app.db.read(accounts.by_id, link.operator_id) if link.operator_id else None
    return guests.page(
        request,
        guest,
        "welcome.html",
        title=guest.say("Новый пароль") if link.purpose in _TO_A_NEW_ONE else guest.say("Добро пожаловать"),
        status=422 if problem or refused else 200,
        purpose=link.purpose,
        secret=secret,
        login=operator.login if operator else login,
        name=name or (operator.name if operator else ""),
        shortest=passwords.SHORTEST,
        problem=problem,
        refused=refused,
    )
