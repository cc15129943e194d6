"""What buyers are written about: each occasion on or off with its days and template, and what waits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from saudager import shop_settings
from saudager.app import App
from saudager.console import screen
from saudager.console import shop_settings as settings_page
from saudager.console.door import Owner, Viewer
from saudager.console.numbers import Number
from saudager.orders import listing, triggers
from saudager.orders.models import Trigger
from saudager.settings import Settings
from saudager.shop_settings import WrongSetting

HOME = "/console/orders/messages"
_WAITING_SHOWN, _CHOICE = 20, 30
_DAYS = {trigger.value: setting for trigger, setting in triggers.LATER.items()}
_SETTINGS = ("ai_seller_enabled", "ai_seller_triggers", *_DAYS.values(), "ai_seller_language", "ai_seller_templates")
_EXPECTED = {
    "ai_seller_review_days": "Число больше 0 и до 90.",
    "ai_seller_cross_sell_days": "Число больше 0 и до 365.",
    "ai_seller_replenishment_days": "Число больше 0 и до 730.",
    "ai_seller_templates": "Имя и язык через дробь, например order_delivered/ru.",
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """A trigger as the form has it; ``setting`` says how many days later, None: at once."""

    trigger: str
    is_on: bool
    setting: str | None
    days: str
    template: str


def router(app: App) -> APIRouter:
    """The page and its settings, which are the owner's; ``/undo`` stores the values of its query."""
    routes = APIRouter(prefix="/messages")

    @routes.get("")
    async def page(
        request: Request, visitor: Viewer, order: Number | None = None, trigger: Trigger = Trigger.ORDER_DELIVERED
    ) -> HTMLResponse:
        shown = await app.db.read(_shown, order)
        return screen.page(
            request,
            visitor,
            "orders_messages.html",
            title=visitor.say("Сообщения о заказах"),
            tab="messages",
            trigger=trigger,
            **shown,
            **_form(app.settings, _written(app.settings)),
        )

    @routes.get("/waiting")
    async def waits(visitor: Viewer) -> HTMLResponse:
        waiting = await app.db.read(listing.waiting, limit=_WAITING_SHOWN)
        return screen.part(visitor, "orders_messages_waiting.html", waiting=waiting)

    @routes.post("")
    async def save(request: Request, visitor: Owner) -> Response:
        typed = _typed(await request.form())
        before = _written(app.settings)
        wanted = {name: value for name, value in typed.items() if value != before[name]}
        try:
            changed = await settings_page.store(app, visitor, wanted)
        except WrongSetting as wrong:
            form = _form(app.settings, typed, wrong=wrong.name)
            return screen.part(visitor, "orders_messages_form.html", **form)
        part = screen.part(visitor, "orders_messages_form.html", **_form(app.settings, _written(app.settings)))
        undo = f"{HOME}/undo?{urlencode({name: before[name] for name in changed})}" if changed else None
        words = visitor.say("Сохранено и уже действует.") if changed else visitor.say("Ничего не изменилось.")
        part.headers["hx-trigger"] = screen.told(words, undo=undo).headers["hx-trigger"]
        return part

    @routes.post("/undo")
    async def undo(request: Request, visitor: Owner) -> Response:
        asked = request.query_params
        await settings_page.store(app, visitor, {name: asked[name] for name in _SETTINGS if name in asked})
        return screen.told("", then=HOME)

    return routes


def _shown(session: Session, order: int | None) -> dict[str, Any]:
    choice = list(listing.recent(session, limit=_CHOICE))
    if order is not None and order not in [one.id for one in choice]:
        choice.insert(0, listing.one(session, order).order)
    return {
        "choice": choice,
        "chosen": order,
        "waiting": listing.waiting(session, limit=_WAITING_SHOWN),
    }


def _form(settings: Settings, typed: Mapping[str, str], *, wrong: str = "") -> dict[str, Any]:
    return {
        "occasions": list(_occasions(typed)),
        "is_on": typed["ai_seller_enabled"] == "1",
        "spoken": typed["ai_seller_language"],
        "wrong": wrong,
        "expected": _EXPECTED.get(wrong, "Проверьте это поле."),
        "per_day": settings.first_contacts_per_day,
    }


def _occasions(typed: Mapping[str, str]) -> Iterator[Occasion]:
    named = dict(one.strip().split("=", 1) for one in typed["ai_seller_templates"].split(",") if "=" in one)
    on = typed["ai_seller_triggers"].split(",")
    for trigger in Trigger:
        setting = _DAYS.get(trigger)
        days = typed[setting] if setting else ""
        yield Occasion(trigger, trigger in on, setting, days, named.get(trigger, ""))


def _typed(form: FormData) -> dict[str, str]:
    """The form as the settings have it."""
    on = [trigger for trigger in Trigger if form.get(f"on.{trigger}") == "1"]
    named = {trigger: str(form.get(f"template.{trigger}", "")).strip() for trigger in Trigger}
    return {
        "ai_seller_enabled": "1" if form.get("ai_seller_enabled") == "1" else "0",
        "ai_seller_triggers": ",".join(on),
        **{setting: str(form.get(setting, "")).strip().replace(",", ".") for setting in _DAYS.values()},
        "ai_seller_language": str(form.get("ai_seller_language", "")),
        "ai_seller_templates": ",".join(f"{trigger}={name}" for trigger, name in named.items() if name),
    }


def _written(settings: Settings) -> dict[str, str]:
    return {name: shop_settings.written(getattr(settings, name)) for name in _SETTINGS}
