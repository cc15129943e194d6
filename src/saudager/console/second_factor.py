"""The second factor of whoever is at the console: switched on with a phone at hand, off with the password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Viewer, Visitor
from saudager.errors import Refused
from saudager.operators import second_factor, sign_in

_PAGE = "/console/profile/second-factor"
_Typed = Annotated[str, Form(max_length=1000)]


def router(app: App) -> APIRouter:
    """``/console/profile/second-factor``: a QR code to photograph, then the recovery codes, shown once."""
    routes = APIRouter()

    @routes.get(_PAGE)
    async def page(request: Request, visitor: Viewer) -> Response:
        title = visitor.say("Второй шаг входа")
        offered = second_factor.offer(app.vault, visitor.operator_id)
        return screen.page(
            request, visitor, "second_factor_on.html", title=title, problem=None, **_shown(app, visitor, offered)
        )

    @routes.post(_PAGE)
    async def turn_on(visitor: Viewer, offered: _Typed = "", code: _Typed = "", password: _Typed = "") -> Response:
        shown = _shown(app, visitor, offered)
        if not await sign_in.is_own_password(app, visitor, password):
            return screen.part(visitor, "second_factor_form.html", problem=_wrong_password(visitor), **shown)
        try:
            codes = await deed(
                app,
                visitor,
                "second_factor.on",
                _about(visitor),
                second_factor.turn_on,
                visitor.operator_id,
                app.vault,
                offered,
                code,
                now=app.clock.now(),
            )
        except Refused:
            problem = visitor.say("Код не подошёл: введите тот, что виден сейчас, и проверьте время на телефоне.")
            return screen.part(visitor, "second_factor_form.html", problem=problem, **shown)
        return screen.part(visitor, "second_factor_codes.html", codes=codes)

    @routes.post(f"{_PAGE}/off")
    async def turn_off(visitor: Viewer, password: _Typed = "") -> Response:
        if not await sign_in.is_own_password(app, visitor, password):
            raise Refused(_wrong_password(visitor))
        await deed(
            app,
            visitor,
            "second_factor.off",
            _about(visitor),
            second_factor.turn_off,
            visitor.operator_id,
            now=app.clock.now(),
        )
        return screen.told("", then="/console/profile")

    @routes.post(f"{_PAGE}/codes")
    async def new_codes(visitor: Viewer, password: _Typed = "") -> Response:
        if not await sign_in.is_own_password(app, visitor, password):
            raise Refused(_wrong_password(visitor))
        codes = await deed(
            app,
            visitor,
            "second_factor.new_codes",
            _about(visitor),
            second_factor.renew_recovery_codes,
            visitor.operator_id,
        )
        return screen.part(visitor, "second_factor_codes.html", codes=codes)

    return routes


def _shown(app: App, visitor: Visitor, offered: str) -> dict[str, str]:
    shop = app.settings.shop_name or "Saudager"
    address = second_factor.address(app.vault, offered, visitor.operator_id, login=visitor.login, shop=shop)
    return {
        "offered": offered,
        "picture": second_factor.picture(address),
        "secret": second_factor.secret(app.vault, offered, visitor.operator_id),
    }


def _wrong_password(visitor: Visitor) -> str:
    return visitor.say("Пароль не подошёл, либо попыток было слишком много.")


def _about(visitor: Visitor) -> str:
    return f"operator:{visitor.operator_id}"
