"""An operator's own e-mail: typed with his password, confirmed by the link that was mailed to it, removed."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Viewer, Visitor
from saudager.errors import NotFound, Refused
from saudager.operators import addresses, sign_in

_PAGE = "/console/profile/address"
_CONFIRM = "/console/confirm-address/{secret}"
_Typed = Annotated[str, Form(max_length=1000)]


def router(app: App) -> APIRouter:
    """``/console/profile/address`` and ``/console/confirm-address/{secret}``, which only its operator may open: then an
    address that was mistyped is no way in for a stranger. Opening the link changes nothing, as mail scanners open it.
    """
    routes = APIRouter()

    @routes.post(_PAGE)
    async def change(visitor: Viewer, email: _Typed = "", password: _Typed = "") -> Response:
        await _require_password(app, visitor, password)
        now = app.clock.now()
        await deed(app, visitor, "address.typed", _about(visitor), addresses.ask, visitor.operator_id, email, now=now)
        return screen.told("", then="/console/profile")

    @routes.post(f"{_PAGE}/remove")
    async def remove(visitor: Viewer, password: _Typed = "") -> Response:
        await _require_password(app, visitor, password)
        now = app.clock.now()
        await deed(app, visitor, "address.removed", _about(visitor), addresses.remove, visitor.operator_id, now=now)
        return screen.told("", then="/console/profile")

    @routes.get(_CONFIRM)
    async def look(request: Request, visitor: Viewer, secret: str) -> Response:
        try:
            address = await app.db.read(addresses.to_confirm, secret, visitor.operator_id, now=app.clock.now())
        except NotFound:
            address = None
        page = screen.page(
            request,
            visitor,
            "confirm_address.html",
            title=visitor.say("Адрес почты"),
            address=address,
            secret=secret,
        )
        page.status_code = 404 if address is None else 200
        return page

    @routes.post(_CONFIRM)
    async def confirm(visitor: Viewer, secret: str) -> Response:
        who, now = visitor.operator_id, app.clock.now()
        await deed(app, visitor, "address.confirmed", _about(visitor), addresses.confirm, secret, who, now=now)
        return screen.told("", then="/console/profile")

    return routes


async def _require_password(app: App, visitor: Visitor, password: str) -> None:
    if not await sign_in.is_own_password(app, visitor, password):
        raise Refused(visitor.say("Пароль не подошёл, либо попыток было слишком много."))


def _about(visitor: Visitor) -> str:
    return f"operator:{visitor.operator_id}"
