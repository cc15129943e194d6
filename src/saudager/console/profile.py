"""An operator's own page: name, language, password, second factor, and where he is signed in."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from saudager import templates
from saudager.app import App
from saudager.console import postal, screen
from saudager.console.deeds import deed
from saudager.console.door import Viewer, Visitor
from saudager.console.numbers import Number
from saudager.console.passwords import problem_of
from saudager.errors import Refused
from saudager.operators import accounts, browsers, second_factor, sessions, sign_in, troubles
from saudager.operators.passwords import SHORTEST

_Typed = Annotated[str, Form(max_length=1000)]


def router(app: App) -> APIRouter:
    """``/console/profile`` and what is done on it."""
    routes = APIRouter()

    @routes.get("/console/profile")
    async def page(request: Request, visitor: Viewer) -> Response:
        seen = await app.db.read(_look, visitor, now=app.clock.now())
        return screen.page(
            request,
            visitor,
            "profile.html",
            title=visitor.say("Ваш профиль"),
            languages=templates.LANGUAGES,
            shortest=SHORTEST,
            problem=None,
            done=False,
            browser_of=browsers.name_of,
            has_mail=await postal.has_mail(app),
            **seen,
        )

    @routes.post("/console/profile")
    async def change(visitor: Viewer, name: _Typed = "", language: _Typed = "ru") -> Response:
        if language not in templates.LANGUAGES:
            raise Refused("Такого языка в консоли нет.")

        def do(session: Session) -> None:
            accounts.rename(session, visitor.operator_id, name)
            accounts.speak(session, visitor.operator_id, language)

        await deed(app, visitor, "profile.changed", _about(visitor), do)
        return screen.told("", then="/console/profile")

    @routes.post("/console/profile/troubles")
    async def hear(visitor: Viewer, hears: _Typed = "") -> Response:
        await deed(app, visitor, "profile.changed", _about(visitor), troubles.hear, visitor.operator_id, hears == "on")
        return screen.told("", then="/console/profile")

    @routes.post("/console/profile/password")
    async def change_password(visitor: Viewer, old: _Typed = "", new: _Typed = "", again: _Typed = "") -> Response:
        problem = problem_of(visitor, new, again, login=visitor.login)
        done = problem is None and await sign_in.change_password(app, visitor, old, new)
        if problem is None and not done:
            problem = visitor.say("Прежний пароль не подошёл, либо попыток было слишком много.")
        return screen.part(visitor, "profile_password.html", problem=problem, done=done, shortest=SHORTEST)

    @routes.post("/console/profile/sessions/end")
    async def end_others(visitor: Viewer) -> Response:
        own = visitor.session_id
        await deed(app, visitor, "sessions.ended", _about(visitor), sessions.end_all, visitor.operator_id, but=own)
        return await _sessions(app, visitor)

    @routes.post("/console/profile/sessions/{session_id}/end")
    async def end_one(visitor: Viewer, session_id: Number) -> Response:
        await deed(app, visitor, "sessions.ended", _about(visitor), sessions.end, session_id, of=visitor.operator_id)
        return await _sessions(app, visitor)

    return routes


def _look(session: Session, visitor: Visitor, *, now: Any) -> dict[str, Any]:
    operator = accounts.by_id(session, visitor.operator_id)
    return {
        "operator": operator,
        "hears": troubles.hears(operator),
        "codes_left": second_factor.recovery_codes_left(session, visitor.operator_id),
        "sessions": sessions.open_ones(session, visitor.operator_id, now=now),
    }


async def _sessions(app: App, visitor: Visitor) -> Response:
    listed = await app.db.read(sessions.open_ones, visitor.operator_id, now=app.clock.now())
    return screen.part(visitor, "profile_sessions.html", sessions=listed, browser_of=browsers.name_of)


def _about(visitor: Visitor) -> str:
    return f"operator:{visitor.operator_id}"
