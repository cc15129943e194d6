"""The shop's settings: what the owner may change without touching the environment, each with its default and origin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from saudager import shop_settings
from saudager.app import App
from saudager.console import deeds, screen
from saudager.console.door import Owner, Visitor
from saudager.console.setting_fields import GROUPS, HOSTED, Field
from saudager.errors import ConfigurationError, NotFound
from saudager.orders import triggers
from saudager.settings import Settings
from saudager.shop_settings import WrongSetting, following
from saudager.shop_settings.models import ShopSetting

_BEFORE = "was."
"""Begins the name of the field that keeps what stood in the form, so that only what was changed is stored."""
_APART = {
    "calls": "Так вместе нельзя: рабочие часы должны вмещать хотя бы один звонок.",
    HOSTED: "Так вместе нельзя: предел не в долларах, а курс доллара не указан.",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as the form shows it; ``typed`` is what stands in its field, ``origin`` who set it otherwise."""

    field: Field
    typed: str
    stored: str
    default: str
    environment: str
    origin: ShopSetting | None
    problem: str | None


def router(app: App) -> APIRouter:
    """``/console/settings``: a form a group; ``/undo`` stores the values it is given as the query."""
    routes = APIRouter(prefix="/console/settings")

    @routes.get("")
    async def page(request: Request, visitor: Owner) -> HTMLResponse:
        stored = await app.db.read(shop_settings.stored)
        groups = [(key, title, _shown(app, stored, fields)) for key, (title, fields) in _groups(app)]
        title = visitor.say("Настройки магазина")
        return screen.page(request, visitor, "shop_settings.html", title=title, groups=groups, apart=None)

    @routes.post("/undo")
    async def undo(request: Request, visitor: Owner) -> Response:
        await store(app, visitor, dict(request.query_params))
        return screen.told("", then="/console/settings")

    @routes.post("/{key}")
    async def save(request: Request, visitor: Owner, key: str) -> Response:
        if key not in GROUPS:
            raise NotFound("Таких настроек нет.")
        title, fields = GROUPS[key]
        form = await request.form()
        typed = {field.name: _typed(form, field) for field in fields if field.name in form}
        wanted = {name: value for name, value in typed.items() if value != form.get(_BEFORE + name)}
        before = app.settings
        try:
            changed = await store(app, visitor, wanted)
        except WrongSetting as wrong:
            stored = await app.db.read(shop_settings.stored)
            apart = None if wrong.name else visitor.say(_APART[key])
            shown = _shown(app, stored, fields, typed, wrong.name)
            return screen.part(visitor, "shop_settings_group.html", key=key, title=title, shown=shown, apart=apart)
        shown = _shown(app, await app.db.read(shop_settings.stored), fields)
        part = screen.part(visitor, "shop_settings_group.html", key=key, title=title, shown=shown, apart=None)
        words = visitor.say("Сохранено и уже действует.") if changed else visitor.say("Ничего не изменилось.")
        undo = _address({name: shop_settings.written(getattr(before, name)) for name in changed}) if changed else None
        part.headers["hx-trigger"] = screen.told(words, undo=undo).headers["hx-trigger"]
        return part

    return routes


async def store(app: App, visitor: Visitor, wanted: Mapping[str, str]) -> list[str]:
    """Change the settings, in this process at once; the names of those that are other than they were."""
    if "alert_numbers" in wanted:
        await _never_answer(app, wanted["alert_numbers"])
    if wanted.keys() & {"daily_budget", "usd_rate"}:
        await _countable(app, wanted)
    now = app.clock.now()

    def change(session: Session) -> list[str]:
        changed = shop_settings.change(session, app.environment, app.vault, wanted, by=visitor.name, now=now)
        if changed:
            details = {"changed": {name: wanted[name] for name in changed}}
            deeds.note(session, visitor, "settings.changed", "settings", details, now=now)
        return changed

    changed = await app.db.run(change)
    await following.catch_up(app)
    if {"ai_seller_enabled", "ai_seller_triggers"} & set(changed):
        await app.db.run(triggers.take_back_switched_off, app.settings, now=app.clock.now())
    return changed


async def _never_answer(app: App, numbers: str) -> None:
    """What the merchant types back from the numbers he is told at is no customer's line."""
    told = shop_settings.checked(app.environment, {"alert_numbers": numbers}).alert_numbers
    for number in set(told) - set(app.settings.alert_numbers):
        await app.gateway.whitelist_add(number, note="ALERT_NUMBERS")


async def _countable(app: App, wanted: Mapping[str, str]) -> None:
    """Try the day's cap before it is stored; raises WrongSetting."""
    try:
        stored = await app.db.read(shop_settings.values, app.vault)
        app.reset_budget(shop_settings.checked(app.environment, stored | dict(wanted)))
    except ConfigurationError:
        raise WrongSetting("daily_budget", "") from None


def _groups(app: App) -> Iterator[tuple[str, tuple[str, tuple[Field, ...]]]]:
    return ((key, group) for key, group in GROUPS.items() if key != HOSTED or app.model.hosted)


def _shown(
    app: App,
    stored: Mapping[str, ShopSetting],
    fields: tuple[Field, ...],
    typed: Mapping[str, str] | None = None,
    wrong: str = "",
) -> list[Shown]:
    defaults = Settings.model_fields
    return [
        Shown(
            field=field,
            typed=(typed or {}).get(field.name, now),
            stored=now,
            default=shop_settings.written(defaults[field.name].default),
            environment=shop_settings.written(getattr(app.environment, field.name)),
            origin=stored.get(field.name),
            problem=field.expected if field.name == wrong else None,
        )
        for field in fields
        for now in [shop_settings.written(getattr(app.settings, field.name))]
    ]


def _typed(form: FormData, field: Field) -> str:
    """What stands in the field; a switch that is on comes after the 0 it has beside it."""
    return str(form.getlist(field.name)[-1]).strip()


def _address(values: Mapping[str, str]) -> str:
    return f"/console/settings/undo?{urlencode(values)}"
