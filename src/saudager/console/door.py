"""Who is at the door: the operator behind a request, what his role lets him do, and that his own page sent it."""

import hmac
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request

from saudager import web
from saudager.app import App
from saudager.console.wording import Wording
from saudager.operators import sessions
from saudager.operators.roles import Role

COOKIE = "saudager_session"
SIGN_IN = "/console/sign-in"
_ONLY_LOOK = ("GET", "HEAD")
_NEEDED = {
    Role.VIEWER: "Войдите, чтобы смотреть.",
    Role.MANAGER: "Смотреть можно, а менять это может менеджер или владелец.",
    Role.OWNER: "Это может только владелец.",
}


@dataclass(frozen=True, slots=True)
class Visitor(sessions.Visitor):
    """The operator who asks, and how he is spoken to."""

    wording: Wording

    def say(self, text: str, **values: Any) -> str:
        """A Russian text in his language."""
        return self.wording.say(text, **values)


def app_of(request: Request) -> App:
    """The App the console was opened on."""
    app: App = request.app.state.app
    return app


def at_least(role: Role) -> Any:
    """A dependency for routes: gives the Visitor.

    Without a session it sends to the sign-in (401 and ``HX-Redirect`` for htmx), 403 for a lesser role and for a change
    that does not carry the session's token in ``X-CSRF-Token`` or the field ``csrf``.
    """

    async def check(request: Request) -> Visitor:
        app, now = app_of(request), app_of(request).clock.now()
        token = request.cookies.get(COOKIE, "")
        found = await app.db.read(sessions.recognise, token, now=now) if token else None
        if found is None:
            raise _sign_in_first(request)
        request.state.language = found.language
        if request.method not in _ONLY_LOOK:
            web.same_origin(request)
            await _carries_token(request, found.csrf)
        if not found.may(role):
            raise HTTPException(403, _NEEDED[role])
        if found.is_to_be_noted(now):
            await app.db.run(sessions.note_seen, found.session_id, now=now)
        return Visitor(**asdict(found), wording=Wording(found.language, app.settings.zone, now))

    return Depends(check)


Viewer = Annotated[Visitor, at_least(Role.VIEWER)]
Manager = Annotated[Visitor, at_least(Role.MANAGER)]
Owner = Annotated[Visitor, at_least(Role.OWNER)]


def _sign_in_first(request: Request) -> HTTPException:
    if request.headers.get("hx-request") == "true":
        return HTTPException(401, "Вы вышли. Войдите снова.", headers={"hx-redirect": SIGN_IN})
    if request.method not in _ONLY_LOOK:
        return HTTPException(401, "Вы вышли. Войдите снова.")
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return HTTPException(303, headers={"location": f"{SIGN_IN}?next={quote(asked)}"})


async def _carries_token(request: Request, csrf: str) -> None:
    given: Any = request.headers.get("x-csrf-token")
    if given is None and request.headers.get("content-type", "").startswith(
        ("multipart/form-data", "application/x-www-form-urlencoded")
    ):
        given = (await request.form()).get("csrf")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), csrf.encode()):
        raise HTTPException(403, "Страница устарела. Обновите её и повторите.")
