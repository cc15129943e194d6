"""An engine's form: it is tried before it is stored, and counts at once; its key is never shown again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response

from saudager import shop_settings
from saudager.app import App
from saudager.console import screen
from saudager.console.connections import engine_fields, fields
from saudager.console.connections.engine_kinds import PAINTERS, WRITERS, Kind
from saudager.console.deeds import detailed
from saudager.console.door import Owner, Visitor
from saudager.errors import ConfigurationError, NotFound
from saudager.shop_settings import WrongSetting, following

_PAGE = WRITERS.home


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a form: ``problems`` by setting, then nothing was asked; ``refused`` in the vendor's words."""

    problems: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""

    @property
    def is_good(self) -> bool:
        return not self.problems and not self.refused


def add_to(routes: APIRouter, app: App) -> None:
    """Owners only."""
    for kind in (WRITERS, PAINTERS):
        _add(routes, app, kind)


def _add(routes: APIRouter, app: App, kind: Kind) -> None:
    @routes.get(f"/{kind.path}/{{name}}")
    async def page(request: Request, visitor: Owner, name: str) -> Response:
        filled = {setting: shop_settings.written(getattr(app.settings, setting)) for setting in _asked(kind, name)}
        values = _form(app, kind, name, filled, None)
        title = visitor.say(kind.titles[name])
        return screen.page(request, visitor, "connections_engine.html", title=title, **values)

    @routes.post(f"/{kind.path}/{{name}}/test")
    async def test(request: Request, visitor: Owner, name: str) -> Response:
        wanted = await _wanted(kind, request, name)
        tried = await _try(app, kind, name, wanted)
        return screen.part(visitor, "connections_engine_form.html", **_form(app, kind, name, wanted, tried))

    @routes.post(f"/{kind.path}/{{name}}")
    async def save(request: Request, visitor: Owner, name: str) -> Response:
        wanted = await _wanted(kind, request, name)
        tried = await _try(app, kind, name, wanted)
        is_forced = (await request.form()).get("untested") == "yes"
        if tried.problems or (tried.refused and not is_forced):
            values = _form(app, kind, name, wanted, tried, can_force=True)
            return screen.part(visitor, "connections_engine_form.html", **values)
        if name not in (order := getattr(app.settings, kind.order)):
            wanted[kind.order] = ",".join((*order, name))
        await _store(app, visitor, kind, "changed", name, wanted)
        return screen.told(visitor.say("Сохранено и уже действует."), then=_PAGE)

    @routes.post(f"/{kind.path}/{{name}}/remove")
    async def remove(visitor: Owner, name: str) -> Response:
        _asked(kind, name)
        await _store(app, visitor, kind, "removed", name, kind.forgotten(app.settings, name))
        return screen.told(_gone(visitor, kind), then=_PAGE)

    @routes.post(f"/{kind.path}/{{name}}/earlier")
    async def earlier(visitor: Owner, name: str) -> Response:
        """Change places with the one before."""
        order = list(dict.fromkeys(getattr(app.settings, kind.order)))
        if name in order[1:]:
            place = order.index(name)
            order[place - 1 : place + 1] = order[place], order[place - 1]
            await _store(app, visitor, kind, "moved", name, {kind.order: ",".join(order)})
        return screen.told(visitor.say("Порядок изменён и уже действует."), then=_PAGE)


def _gone(visitor: Visitor, kind: Kind) -> str:
    if kind is PAINTERS:
        return visitor.say("Больше не рисует.")
    return visitor.say("Ключ удалён, эту модель больше не спрашивают.")


def _asked(kind: Kind, name: str) -> Mapping[str, Any]:
    if name not in kind.forms:
        raise NotFound(f"нет такой модели: {name}")
    asked: Mapping[str, Any] = kind.forms[name]["properties"]
    return asked


async def _wanted(kind: Kind, request: Request, name: str) -> dict[str, str]:
    """The form's settings; a key that is left empty stays as it is."""
    filled = fields.filled_in(await request.form())
    wanted = {setting: filled.get(setting, "") for setting in _asked(kind, name)}
    if not wanted[kind.secret(name)]:
        del wanted[kind.secret(name)]
    return wanted


async def _try(app: App, kind: Kind, name: str, wanted: Mapping[str, str]) -> Tried:
    """Ask the engine, as the form has it."""
    kept = {kind.secret(name)} if _has_key(app, kind, name) else set()
    empty = [one for one in kind.forms[name]["required"] if not wanted.get(one) and one not in kept]
    if empty:
        return Tried(dict.fromkeys(empty, engine_fields.EMPTY))
    stored = await app.db.read(shop_settings.values, app.vault)
    try:
        settings = shop_settings.checked(app.environment, stored | dict(wanted))
        return Tried(refused=await kind.try_it(app, settings, name))
    except WrongSetting as wrong:
        if wrong.name not in wanted:
            raise
        return Tried({wrong.name: engine_fields.EXPECTED})
    except ConfigurationError:
        return Tried({f"{name}_model": engine_fields.NO_PRICE})


async def _store(app: App, visitor: Visitor, kind: Kind, deed: str, name: str, wanted: Mapping[str, str]) -> None:
    """Change the settings, in this process at once; what a person was told of the engine's trouble is over."""
    details: dict[str, Any] = {}
    now = app.clock.now()

    def do(session: Any) -> None:
        details["fields"] = shop_settings.change(
            session, app.environment, app.vault, wanted, among=kind.among, by=visitor.name, now=now
        )
        if deed != "moved":
            kind.settle(session, name, now)

    await detailed(app, visitor, f"{kind.action}.{deed}", f"{kind.action}:{name}", details, do)
    await following.catch_up(app)


def _has_key(app: App, kind: Kind, name: str) -> bool:
    return getattr(app.settings, kind.secret(name)) is not None


def _form(
    app: App, kind: Kind, name: str, filled: Mapping[str, str], tried: Tried | None, *, can_force: bool = False
) -> dict[str, Any]:
    secrets = (kind.secret(name),) if _has_key(app, kind, name) else ()
    problems = tried.problems if tried else {}
    return {
        "name": name,
        "home": kind.home,
        "draws": kind is PAINTERS,
        "fields": fields.draw(kind.forms[name], filled, problems=problems, secrets_set=secrets),
        "is_set_up": kind.is_asked(app, name),
        "tried": tried,
        "can_force": can_force,
    }
