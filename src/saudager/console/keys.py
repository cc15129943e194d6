"""Keys other programs show to be let in: made here, shown once, revoked for good."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from saudager import keys
from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed, detailed
from saudager.console.door import Owner
from saudager.errors import NotFound, Refused
from saudager.keys import Scope

_PAGE = "/console/keys"
_LONGEST_NAME = 60
_Typed = Annotated[str, Form(max_length=200)]


def router(app: App) -> APIRouter:
    """``/console/keys``: the keys of the agent's API."""
    routes = APIRouter()

    @routes.get(_PAGE)
    async def page(request: Request, visitor: Owner) -> Response:
        listed = await app.db.read(keys.everyone)
        title = visitor.say("Ключи API")
        return screen.page(request, visitor, "keys.html", title=title, keys=listed, scopes=tuple(Scope))

    @routes.post(_PAGE)
    async def make(visitor: Owner, scope: Annotated[list[Scope] | None, Form()] = None, name: _Typed = "") -> Response:
        name = " ".join(name.split())
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise Refused(visitor.say("Назовите ключ: до 60 знаков."))
        if not scope:
            raise Refused(visitor.say("Отметьте, что открывает ключ."))
        taken = {key.name for key in await app.db.read(keys.everyone)}
        if name in taken:
            raise Refused(visitor.say("Ключ с таким именем уже есть: выберите другое."))
        made = keys.new()

        def keep(session: Session) -> None:
            keys.keep(session, made, name, scope, now=app.clock.now())

        await detailed(app, visitor, "key.made", f"key:{name}", {"scopes": sorted(scope)}, keep)
        listed = await app.db.read(keys.everyone)
        return screen.part(visitor, "keys_list.html", keys=listed, made=made, name=name)

    @routes.post(f"{_PAGE}/revoke")
    async def revoke(visitor: Owner, name: Annotated[str, Form()]) -> Response:
        def do(session: Session) -> None:
            if not keys.revoke(session, name, now=app.clock.now()):
                raise NotFound(visitor.say("Этот ключ уже ничего не открывает."))

        await deed(app, visitor, "key.revoked", f"key:{name}", do)
        return screen.part(visitor, "keys_list.html", keys=await app.db.read(keys.everyone))

    return routes
