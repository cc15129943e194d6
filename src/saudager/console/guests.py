"""Who stands at the door and is not signed in yet: his language, the token of his form, the cookie he leaves with."""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from saudager import templates, web
from saudager.console.door import COOKIE, app_of
from saudager.console.wording import PACKAGE
from saudager.operators import sessions
from saudager.operators.sign_in import Begun, From

FIRST_PAGE = "/console/today"
_FORM_COOKIE = "saudager_form"
_PATH = "/console"
_FORM_TOKEN = re.compile(r"[\w-]{43}")
_LONGEST_ADDRESS = 300
_LOCAL = re.compile(r"/console/[\w./?&=%:+~-]*")


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser without a session, or one whose session does not matter."""

    language: str
    form_token: str
    """Stands in the form and in a cookie; a page of another site can read neither, nor set the cookie for us."""
    at: From

    def say(self, text: str, **values: Any) -> str:
        """A Russian text in the language his browser asks for."""
        return templates.say(PACKAGE, self.language, text, **values)


def _guest(request: Request) -> Guest:
    kept = request.cookies.get(_FORM_COOKIE, "")
    token = kept if _FORM_TOKEN.fullmatch(kept) else secrets.token_urlsafe(32)
    address = request.client.host if request.client else ""
    at = From(address, request.headers.get("user-agent", ""))
    known: str | None = getattr(request.state, "language", None)
    return Guest(known or _language(request.headers.get("accept-language", "")), token, at)


def _sender(request: Request, csrf: Annotated[str, Form()] = "") -> Guest:
    """The guest who sent a form of ours; 403 for what another site's page sent."""
    web.same_origin(request)
    kept = request.cookies.get(_FORM_COOKIE, "")
    if not _FORM_TOKEN.fullmatch(kept) or not hmac.compare_digest(kept.encode(), csrf.encode()):
        raise HTTPException(403, "Страница устарела. Обновите её и повторите. Нужны включённые cookies.")
    return _guest(request)


AnyGuest = Annotated[Guest, Depends(_guest)]
Sender = Annotated[Guest, Depends(_sender)]


def page(request: Request, guest: Guest, template: str, *, title: str, status: int = 200, **values: Any) -> Response:
    """A page of the door; ``template`` extends ``doorway.html``."""
    html = templates.render(PACKAGE, template, language=guest.language, guest=guest, title=title, **values)
    response = HTMLResponse(html, status, headers={"cache-control": "no-store"})
    _set_cookie(request, response, _FORM_COOKIE, guest.form_token)
    return response


def not_shown(request: Request, status: int, text: str) -> str:
    """The HTML of an error: why the page cannot be shown, in the reader's language, and the way on."""
    guest = _guest(request)
    title = guest.say(text)
    return templates.render(PACKAGE, "not_shown.html", language=guest.language, guest=guest, title=title, status=status)


def enter(request: Request, begun: Begun, *, then: str) -> Response:
    """Give the browser its session and send it on; to the second step first when there is one."""
    response = RedirectResponse(local(then), 303, headers={"cache-control": "no-store"})
    longest = int(sessions.ABSOLUTE.total_seconds())
    _set_cookie(request, response, COOKIE, begun.token, max_age=None if begun.awaits_code else longest)
    return response


def leave(request: Request, *, then: str) -> Response:
    """Take the session's cookie away and send the browser on."""
    response = RedirectResponse(then, 303)
    response.delete_cookie(COOKIE, path=_PATH)
    return response


def local(address: str) -> str:
    """The address when it is one of the console's own pages, else the first page."""
    return address if len(address) <= _LONGEST_ADDRESS and _LOCAL.fullmatch(address) else FIRST_PAGE


def _set_cookie(request: Request, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    settings = app_of(request).settings
    secure = request.url.scheme == "https" or (settings.console_url or settings.public_url).startswith("https:")
    response.set_cookie(name, value, path=_PATH, httponly=True, samesite="lax", secure=secure, max_age=max_age)


def _language(accepted: str) -> str:
    """The first language of the browser's list we speak; Russian when it names none."""
    for asked in accepted.split(","):
        name = asked.split(";")[0].split("-")[0].strip().lower()
        if name in templates.LANGUAGES:
            return name
    return templates.LANGUAGES[0]
