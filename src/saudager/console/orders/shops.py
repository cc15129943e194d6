"""The shops orders come from: connected after a trial, changed, paused, renamed, disconnected, and how each one is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.connections import fields
from saudager.console.deeds import deed, detailed, note
from saudager.console.door import Manager, Owner, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.console.orders.asking import AskingMarketplace
from saudager.errors import NotFound, OutsideError, Refused
from saudager.orders import listing, shops
from saudager.orders.models import Shop
from saudager.orders.shops import Trial
from saudager.queues import tasks
from saudager.queues.tasks import Status

HOME = "/console/orders/shops"
ELSEWHERE = "elsewhere"
"""In place of a marketplace's name: a shop whose orders are posted or come from files."""
Name = Annotated[str, Form(max_length=100)]
Account = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Card:
    """A shop and how it is; ``reading`` while its older orders are being read."""

    shop: Shop
    orders: int
    newest: datetime | None
    reading: Status | None

    @property
    def share_read(self) -> float | None:
        """How much of the older orders is read, from 0 to 1; None until every list of them was begun."""
        cursor = self.shop.backfill or {}
        if not cursor.get("total") or any(number == 0 for _, _, number in cursor["left"]):
            return None
        return float(min(cursor["read"] / cursor["total"], 1))


def router(app: App) -> APIRouter:
    """The list, a shop's page, and what is done there."""
    routes = APIRouter(prefix="/shops", route_class=AskingMarketplace)
    _looks(routes, app)
    _forms(routes, app)
    _deeds(routes, app)
    return routes


def _looks(routes: APIRouter, app: App) -> None:
    @routes.get("")
    async def page(request: Request, visitor: Viewer) -> HTMLResponse:
        title = visitor.say("Магазины")
        return screen.page(request, visitor, "orders_shops.html", title=title, tab="shops", **await _listed(app))

    @routes.get("/list")
    async def listed(visitor: Viewer) -> HTMLResponse:
        return screen.part(visitor, "orders_shops_list.html", **await _listed(app))

    @routes.get("/new")
    async def choice(request: Request, visitor: Owner, at: str = "") -> HTMLResponse:
        values = await _form(app, at, {}) if at else {"at": "", "kinds": _kinds(app)}
        title = visitor.say("Подключить магазин")
        return screen.page(request, visitor, "orders_shop_new.html", title=title, tab="shops", **values)

    @routes.get("/{shop_id}")
    async def one(request: Request, visitor: Viewer, shop_id: Number) -> HTMLResponse:
        card = await app.db.read(_card, shop_id, now=app.clock.now())
        filled, secrets_set = shops.shown(app, card.shop)
        form = await _form(app, card.shop.marketplace or ELSEWHERE, filled, shop=card.shop, secrets_set=secrets_set)
        title = card.shop.name
        return screen.page(request, visitor, "orders_shop.html", title=title, tab="shops", card=card, **form)

    @routes.get("/{shop_id}/state")
    async def state(visitor: Viewer, shop_id: Number) -> HTMLResponse:
        card = await app.db.read(_card, shop_id, now=app.clock.now())
        return screen.part(visitor, "orders_shop_state.html", card=card, kinds=_kinds(app))


def _forms(routes: APIRouter, app: App) -> None:
    @routes.post("/test")
    async def test(request: Request, visitor: Owner) -> HTMLResponse:
        form = await request.form()
        at, shop_id = str(form.get("at")), _number(form.get("shop"))
        filled = fields.filled_in(form)
        return await _tried(
            app, visitor, at, filled, await shops.try_out(app, at, filled, shop_id=shop_id), form, shop_id
        )

    @routes.post("/new")
    async def connect(request: Request, visitor: Owner) -> Response:
        form = await request.form()
        at, name, filled = str(form.get("at")), str(form.get("name", "")).strip(), fields.filled_in(form)
        account, writes = str(form.get("account", "")) or None, form.get("writes") == "yes"
        if not name:
            raise Refused(visitor.say("Назовите магазин."))
        if at == ELSEWHERE:
            shop_id = await app.db.run(
                partial(shops.connect, name=name, marketplace=None, sealed_config=None, account=account),
                writes=writes,
                now=app.clock.now(),
            )
        else:
            forced = form.get("untested") == "yes"
            trial = await shops.take_on(app, name, at, filled, account=account, writes=writes, untested=forced)
            if trial.shop_id is None:
                return await _tried(app, visitor, at, filled, trial, form, None, refused=True)
            shop_id = trial.shop_id
        await _note(app, visitor, "shop.connected", shop_id, name=name, at=at, writes=writes)
        return screen.told(visitor.say("Магазин подключён."), then=f"{HOME}/{shop_id}")

    @routes.post("/{shop_id}/change")
    async def change(request: Request, visitor: Owner, shop_id: Number) -> Response:
        form = await request.form()
        filled, shop = fields.filled_in(form), await app.db.read(shops.one, shop_id)
        before, _ = shops.shown(app, shop)
        trial = await shops.change(app, shop_id, filled, untested=form.get("untested") == "yes")
        if trial.shop_id is None:
            return await _tried(app, visitor, shop.marketplace or "", filled, trial, form, shop_id, refused=True)
        changed = [field for field, value in filled.items() if value and value != str(before.get(field))]
        await _note(app, visitor, "shop.changed", shop_id, fields=changed)
        return screen.told(visitor.say("Сохранено."), then=f"{HOME}/{shop_id}")


def _deeds(routes: APIRouter, app: App) -> None:
    @routes.post("/{shop_id}/pause")
    async def pause(visitor: Manager, shop_id: Number) -> Response:
        stop = partial(shops.set_writing, shop_id=shop_id, writes=False, now=app.clock.now())
        await deed(app, visitor, "shop.paused", _about(shop_id), stop)
        return screen.told(visitor.say("Покупателям этого магазина больше не пишем."), undo=f"{HOME}/{shop_id}/resume")

    @routes.post("/{shop_id}/resume")
    async def resume(visitor: Manager, shop_id: Number) -> Response:
        go_on = partial(shops.set_writing, shop_id=shop_id, writes=True, now=app.clock.now())
        await deed(app, visitor, "shop.resumed", _about(shop_id), go_on)
        return screen.told(visitor.say("Пишем покупателям о новых заказах."), undo=f"{HOME}/{shop_id}/pause")

    @routes.post("/{shop_id}/rename")
    async def rename(visitor: Owner, shop_id: Number, name: Name) -> Response:
        await detailed(
            app,
            visitor,
            "shop.renamed",
            _about(shop_id),
            {"to": name.strip()},
            partial(shops.rename, shop_id=shop_id, name=name),
        )
        return screen.told(visitor.say("Переименовано."), then=f"{HOME}/{shop_id}")

    @routes.post("/{shop_id}/account")
    async def write_from(visitor: Owner, shop_id: Number, account: Account = "") -> Response:
        if account and account not in await _accounts(app):
            raise NotFound(visitor.say("Такого номера среди подключённых нет."))
        choose = partial(shops.write_from, shop_id=shop_id, account=account or None)
        await detailed(app, visitor, "shop.account_chosen", _about(shop_id), {"to": account}, choose)
        return screen.told(visitor.say("Сохранено."))

    @routes.post("/{shop_id}/read-older")
    async def read_older(visitor: Owner, shop_id: Number, days: Annotated[int, Form(ge=1, le=1000)]) -> Response:
        read = partial(shops.read_older, shop_id=shop_id, days=days, now=app.clock.now())
        await detailed(app, visitor, "shop.older_read", _about(shop_id), {"days": days}, read)
        return screen.told(visitor.say("Читаем старые заказы. О них никому не пишем."))

    @routes.post("/{shop_id}/disconnect")
    async def disconnect(visitor: Owner, shop_id: Number) -> Response:
        forget = partial(shops.disconnect, shop_id=shop_id, now=app.clock.now())
        await deed(app, visitor, "shop.disconnected", _about(shop_id), forget)
        return screen.told(visitor.say("Магазин отключён, ключ удалён. Заказы остались."), then=HOME)


async def _listed(app: App) -> dict[str, Any]:
    return {"cards": await app.db.read(_cards, now=app.clock.now()), "kinds": _kinds(app)}


def _cards(session: Session, *, now: datetime) -> list[Card]:
    return [_with_figures(session, shop, now=now) for shop in shops.everyone(session)]


def _card(session: Session, shop_id: int, *, now: datetime) -> Card:
    return _with_figures(session, shops.one(session, shop_id), now=now)


def _with_figures(session: Session, shop: Shop, *, now: datetime) -> Card:
    orders, newest = listing.of_shop(session, shop.id)
    going_on = tasks.under_way(session, f"{shops.BACKFILL}:{shop.id}", now=now)
    return Card(shop, orders, newest, going_on[-1] if going_on else None)


async def _form(
    app: App,
    at: str,
    filled: Mapping[str, Any],
    *,
    shop: Shop | None = None,
    secrets_set: Sequence[str] = (),
    trial: Trial | None = None,
    refused: bool = False,
    typed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the form is drawn from; ``at`` is a marketplace or ELSEWHERE."""
    drawn: list[fields.Field] = []
    if at != ELSEWHERE:
        schema = shops.kind_of(app, at).form().model_json_schema()
        problems = trial.problems if trial else {}
        drawn = fields.draw(schema, filled, problems=problems, secrets_set=secrets_set)
    return {
        "at": at,
        "kinds": _kinds(app),
        "fields": drawn,
        "shop": shop,
        "trial": trial,
        "refused": refused,
        "accounts": await _accounts(app),
        "days": app.settings.kaspi_backfill_days,
        "typed": {"name": _kinds(app).get(at, ""), "account": "", "writes": "no"} | dict(typed or {}),
    }


async def _tried(
    app: App,
    visitor: Visitor,
    at: str,
    filled: Mapping[str, Any],
    trial: Trial,
    typed: Mapping[str, Any],
    shop_id: int | None,
    *,
    refused: bool = False,
) -> HTMLResponse:
    """The form again, with what came of it."""
    shop = await app.db.read(shops.one, shop_id) if shop_id else None
    secrets_set = shops.shown(app, shop)[1] if shop else ()
    form = await _form(
        app, at, filled, shop=shop, secrets_set=secrets_set, trial=trial, refused=refused, typed=dict(typed)
    )
    return screen.part(visitor, "orders_shop_form.html", **form)


async def _accounts(app: App) -> list[str]:
    """The connected numbers; none while the gateway does not answer."""
    try:
        return [one.name for one in await app.gateway.accounts()]
    except OutsideError:
        return []


def mark(session: Session, argument: str | None, *, now: datetime) -> str:
    """Changes whenever a shop's state does, or the reading of its older orders goes on."""
    states = [
        (one.id, one.name, one.writes, one.synced_at, one.problem, one.backfill) for one in shops.everyone(session)
    ]
    return f"{states} {[one.progress for one in tasks.under_way(session, shops.BACKFILL, now=now)]}"


def _kinds(app: App) -> dict[str, str]:
    return {name: kind.title for name, kind in app.marketplaces.items()}


async def _note(app: App, visitor: Visitor, action: str, shop_id: int, **details: Any) -> None:
    about, now = _about(shop_id), app.clock.now()
    await app.db.run(partial(note, visitor=visitor, action=action, about=about, details=details, now=now))


def _about(shop_id: int) -> str:
    return shops.about(shop_id)


def _number(written: object) -> int | None:
    return int(written) if isinstance(written, str) and written.isdecimal() and len(written) < 19 else None
