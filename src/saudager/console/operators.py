"""Who may enter: the owner invites, gives roles, lets out, and hands out links for new passwords."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import deeds, postal, screen
from saudager.console.deeds import deed, detailed
from saudager.console.door import Owner, Visitor
from saudager.console.numbers import Number
from saudager.errors import Refused
from saudager.operators import accounts, addresses, audit, browsers, second_factor, sessions
from saudager.operators.roles import Role

_PAGE = "/console/operators"
_Typed = Annotated[str, Form(max_length=200)]


def router(app: App) -> APIRouter:
    """``/console/operators`` and ``/console/operators/{id}``."""
    routes = APIRouter()

    @routes.get(_PAGE)
    async def page(request: Request, visitor: Owner) -> Response:
        entries = await app.db.read(accounts.everyone)
        return screen.page(
            request,
            visitor,
            "operators.html",
            title=visitor.say("Операторы"),
            entries=entries,
            roles=tuple(Role),
            has_mail=await postal.has_mail(app),
        )

    @routes.post(_PAGE)
    async def invite(
        request: Request,
        visitor: Owner,
        role: Annotated[Role, Form()],
        login: _Typed = "",
        name: _Typed = "",
        email: _Typed = "",
    ) -> Response:
        now, goes_by_mail = app.clock.now(), bool(email.strip()) and await postal.has_mail(app)

        def do(session: Session) -> tuple[str, str | None]:
            secret = None
            if goes_by_mail:
                by, language = visitor.name, visitor.language
                made = addresses.invite(session, login, name, role, email, by=by, language=language, now=now)
            else:
                made, secret = accounts.invite(session, login, name, role, now=now)
            details = {"login": made.login, "role": role}
            deeds.note(session, visitor, "operator.invited", f"operator:{made.id}", details, now=now)
            return made.name, secret

        invited, secret = await app.db.run(do)
        entries = await app.db.read(accounts.everyone)
        link = None if secret is None else _welcome(app, request, secret)
        told = {"invited": invited, "link": link, "mailed_to": email.strip() if link is None else None}
        return screen.part(visitor, "operators_list.html", entries=entries, **told)

    @routes.get(f"{_PAGE}/{{operator_id}}")
    async def one(request: Request, visitor: Owner, operator_id: Number) -> Response:
        seen = await app.db.read(_look, operator_id, now=app.clock.now())
        title = seen["operator"].name
        return screen.page(request, visitor, "operator.html", title=title, browser_of=browsers.name_of, **seen)

    @routes.post(f"{_PAGE}/{{operator_id}}/role")
    async def set_role(visitor: Owner, operator_id: Number, role: Annotated[Role, Form()]) -> Response:
        def do(session: Session) -> None:
            accounts.set_role(session, operator_id, role)

        await detailed(app, visitor, "operator.role", f"operator:{operator_id}", {"role": role}, do)
        return screen.told(visitor.say("Роль изменена: она действует уже сейчас."))

    @routes.post(f"{_PAGE}/{{operator_id}}/disable")
    async def disable(visitor: Owner, operator_id: Number) -> Response:
        await _do(app, visitor, operator_id, "operator.disabled", accounts.disable, now=app.clock.now())
        return _again(operator_id)

    @routes.post(f"{_PAGE}/{{operator_id}}/enable")
    async def enable(visitor: Owner, operator_id: Number) -> Response:
        await _do(app, visitor, operator_id, "operator.enabled", accounts.enable)
        return _again(operator_id)

    @routes.post(f"{_PAGE}/{{operator_id}}/sessions/end")
    async def end_sessions(visitor: Owner, operator_id: Number) -> Response:
        own = visitor.session_id if operator_id == visitor.operator_id else None
        await _do(app, visitor, operator_id, "sessions.ended", sessions.end_all, but=own)
        return _again(operator_id)

    @routes.post(f"{_PAGE}/{{operator_id}}/second-factor/off")
    async def drop_second_factor(visitor: Owner, operator_id: Number) -> Response:
        _not_oneself(visitor, operator_id)
        off, now = second_factor.turn_off, app.clock.now()
        await _do(app, visitor, operator_id, "second_factor.off", off, by=visitor.name, now=now)
        return _again(operator_id)

    @routes.post(f"{_PAGE}/{{operator_id}}/link")
    async def make_link(request: Request, visitor: Owner, operator_id: Number) -> Response:
        _not_oneself(visitor, operator_id)
        secret = await _do(app, visitor, operator_id, "operator.link", accounts.let_choose_again, now=app.clock.now())
        return screen.part(visitor, "operator_link.html", link=_welcome(app, request, secret))

    return routes


async def _do(app: App, visitor: Visitor, operator_id: int, action: str, function: Any, **how: Any) -> Any:
    return await deed(app, visitor, action, f"operator:{operator_id}", function, operator_id, **how)


def _not_oneself(visitor: Visitor, operator_id: int) -> None:
    """A page left open must not do to its owner what takes his password elsewhere."""
    if operator_id == visitor.operator_id:
        raise Refused(visitor.say("Свой пароль и второй шаг меняют в профиле."))


def _look(session: Session, operator_id: int, *, now: Any) -> dict[str, Any]:
    return {
        "operator": accounts.by_id(session, operator_id),
        "sessions": sessions.open_ones(session, operator_id, now=now),
        "entries": audit.listed(session, operator_id=operator_id, limit=10),
        "roles": tuple(Role),
    }


def _again(operator_id: int) -> Response:
    return screen.told("", then=f"{_PAGE}/{operator_id}")


def _welcome(app: App, request: Request, secret: str) -> str:
    """The link under the shop's own address; while that is not set, under the one the owner himself came by."""
    settings = app.settings
    address = (settings.console_url or settings.public_url or str(request.base_url)).rstrip("/")
    return f"{address}/console/welcome/{secret}"
