"""An engine's form: it is tried before it is stored, and answers the next customer; its key is never shown again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request, Response

from saudager import attention, shop_settings
from saudager.app import App
from saudager.attention import Why
from saudager.console import screen
from saudager.console.connections import engine_fields, fields
from saudager.console.deeds import detailed
from saudager.console.door import Owner, Visitor
from saudager.engines import notices
from saudager.errors import ConfigurationError, NotFound
from saudager.settings import Settings
from saudager.shop_settings import WrongSetting, following

HOME = "/console/connections/engines"


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

    @routes.get("/engines/{name}")
    async def page(request: Request, visitor: Owner, name: str) -> Response:
        filled = {setting: shop_settings.written(getattr(app.settings, setting)) for setting in _asked(name)}
        values = _form(app, name, filled, None)
        return screen.page(request, visitor, "connections_engine.html", **values)

    @routes.post("/engines/{name}/test")
    async def test(request: Request, visitor: Owner, name: str) -> Response:
        wanted = await _wanted(app, request, name)
        return screen.part(
            visitor, "connections_engine_form.html", **_form(app, name, wanted, await _try(app, name, wanted))
        )

    @routes.post("/engines/{name}")
    async def save(request: Request, visitor: Owner, name: str) -> Response:
        wanted = await _wanted(app, request, name)
        tried = await _try(app, name, wanted)
        is_forced = (await request.form()).get("untested") == "yes"
        if tried.problems or (tried.refused and not is_forced):
            return screen.part(
                visitor, "connections_engine_form.html", **_form(app, name, wanted, tried, can_force=True)
            )
        if name not in app.settings.engines:
            wanted["engines"] = ",".join((*app.settings.engines, name))
        await _store(app, visitor, "engine.changed", name, wanted)
        return screen.told(visitor.say("Сохранено и уже действует."), then=HOME)

    @routes.post("/engines/{name}/remove")
    async def remove(visitor: Owner, name: str) -> Response:
        _asked(name)
        await _store(app, visitor, "engine.removed", name, engine_fields.forgotten(name))
        return screen.told(visitor.say("Ключ удалён, эту модель больше не спрашивают."), then=HOME)

    @routes.post("/engines/{name}/earlier")
    async def earlier(visitor: Owner, name: str) -> Response:
        """Change places with the one before."""
        order = list(dict.fromkeys(app.settings.engines))
        if name in order[1:]:
            place = order.index(name)
            order[place - 1 : place + 1] = order[place], order[place - 1]
            await _store(app, visitor, "engine.moved", name, {"engines": ",".join(order)})
        return screen.told(visitor.say("Порядок изменён и уже действует."), then=HOME)


def is_set_up(settings: Settings, name: str) -> bool:
    """Whether there is anything to ask it with."""
    return all(getattr(settings, setting) for setting in engine_fields.FORMS[name]["required"])


def _asked(name: str) -> Mapping[str, Any]:
    if name not in engine_fields.FORMS:
        raise NotFound(f"нет такой модели: {name}")
    asked: Mapping[str, Any] = engine_fields.FORMS[name]["properties"]
    return asked


async def _wanted(app: App, request: Request, name: str) -> dict[str, str]:
    """The form's settings; a key that is left empty stays as it is."""
    filled = fields.filled_in(await request.form())
    wanted = {setting: filled.get(setting, "") for setting in _asked(name)}
    if not wanted[engine_fields.secret(name)]:
        del wanted[engine_fields.secret(name)]
    return wanted


async def _try(app: App, name: str, wanted: Mapping[str, str]) -> Tried:
    """Ask the engine for a word, as the form has it."""
    kept = {engine_fields.secret(name)} if _has_key(app, name) else set()
    empty = [one for one in engine_fields.FORMS[name]["required"] if not wanted.get(one) and one not in kept]
    if empty:
        return Tried(dict.fromkeys(empty, engine_fields.EMPTY))
    stored = await app.db.read(shop_settings.values, app.vault)
    try:
        return Tried(refused=await app.try_engine(shop_settings.checked(app.environment, stored | dict(wanted)), name))
    except WrongSetting as wrong:
        if wrong.name not in wanted:
            raise
        return Tried({wrong.name: engine_fields.EXPECTED})
    except ConfigurationError:
        return Tried({f"{name}_model": engine_fields.NO_PRICE})


async def _store(app: App, visitor: Visitor, action: str, name: str, wanted: Mapping[str, str]) -> None:
    """Change the settings, in this process at once; what a person was told of the engine's trouble is over."""
    details: dict[str, Any] = {}
    now = app.clock.now()

    def do(session: Any) -> None:
        details["fields"] = shop_settings.change(
            session, app.environment, app.vault, wanted, among=shop_settings.ENGINES, by=visitor.name, now=now
        )
        if action != "engine.moved":
            attention.settle(session, Why.ENGINE, notices.about(name), now=now)

    await detailed(app, visitor, action, notices.about(name), details, do)
    await following.catch_up(app)


def _has_key(app: App, name: str) -> bool:
    return getattr(app.settings, engine_fields.secret(name)) is not None


def _form(
    app: App, name: str, filled: Mapping[str, str], tried: Tried | None, *, can_force: bool = False
) -> dict[str, Any]:
    secrets = (engine_fields.secret(name),) if _has_key(app, name) else ()
    problems = tried.problems if tried else {}
    return {
        "title": notices.TITLES[name],
        "name": name,
        "fields": fields.draw(engine_fields.FORMS[name], filled, problems=problems, secrets_set=secrets),
        "is_set_up": is_set_up(app.settings, name),
        "tried": tried,
        "can_force": can_force,
    }
