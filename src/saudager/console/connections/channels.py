"""Messengers: each connected number with its state, and the forms that connect, change and disconnect one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.attention import Attention
from saudager.console import screen
from saudager.console.connections import fields
from saudager.console.connections.asking import note, trouble
from saudager.console.door import Manager, Owner, Viewer, Visitor
from saudager.errors import NotFound, OutsideError
from saudager.operators.models import AuditEntry
from saudager.providers.gateway import Connection, Trial, Vendor

HOME = "/console/connections"
Name = Annotated[str, Query()]


def add_to(routes: APIRouter, app: App) -> None:
    _looks(routes, app)
    _forms(routes, app)
    _deeds(routes, app)


def _looks(routes: APIRouter, app: App) -> None:
    @routes.get("")
    async def page(request: Request, visitor: Viewer) -> Response:
        return screen.page(request, visitor, "connections.html", title=visitor.say("Каналы"), **await _listed(app))

    @routes.get("/list")
    async def listed(visitor: Viewer) -> Response:
        return screen.part(visitor, "connections_list.html", **await _listed(app))

    @routes.get("/account")
    async def account(request: Request, visitor: Viewer, name: Name) -> Response:
        one, vendor = await _one(app, name)
        drawn = fields.draw(vendor.schema, one.config, problems={}, secrets_set=one.secrets_set)
        title = visitor.wording.channel(name) if vendor.is_simulator else name
        return screen.page(
            request,
            visitor,
            "connections_account.html",
            title=title,
            account=one,
            **_form(vendor, drawn, name=name),
        )

    @routes.get("/state")
    async def state(visitor: Viewer, name: Name) -> Response:
        """Asked of the messenger itself, so it may take a while."""
        try:
            condition, problem = await app.gateway.condition(name), ""
        except OutsideError as error:
            condition, problem = None, str(error)
        return screen.part(visitor, "connections_state.html", name=name, condition=condition, problem=problem)

    @routes.get("/qr")
    async def code(visitor: Owner, name: Name) -> Response:
        await _one(app, name)
        is_shown = await app.gateway.qr(name) is not None
        return screen.part(visitor, "connections_qr.html", name=name, is_shown=is_shown)

    @routes.get("/qr.png")
    async def picture(visitor: Owner, name: Name) -> Response:
        await _one(app, name)
        png = await app.gateway.qr(name)
        if png is None:
            raise NotFound(visitor.say("Кода сейчас нет: телефон уже привязан."))
        return Response(png, media_type="image/png", headers={"cache-control": "no-store"})


def _forms(routes: APIRouter, app: App) -> None:
    @routes.get("/new")
    async def choice(request: Request, visitor: Owner, vendor: str = "") -> Response:
        vendors = await app.gateway.vendors()
        chosen = next((one for one in vendors if one.name == vendor), None)
        drawn = fields.draw(chosen.schema, {}, problems={}) if chosen else []
        values = _form(chosen, drawn) if chosen else {"vendor": None}
        title = visitor.say("Подключить канал")
        return screen.page(request, visitor, "connections_new.html", title=title, vendors=vendors, **values)

    @routes.post("/test")
    async def test(request: Request, visitor: Owner) -> Response:
        form = await request.form()
        vendor, name = await _vendor(app, str(form.get("vendor"))), str(form.get("account") or "") or None
        filled = fields.filled_in(form)
        trial = await app.gateway.test(vendor.name, filled, account=name)
        return await _tried(app, visitor, vendor, filled, trial, name=name)

    @routes.post("/new")
    async def connect(request: Request, visitor: Owner) -> Response:
        form = await request.form()
        vendor, filled = await _vendor(app, str(form.get("vendor"))), fields.filled_in(form)
        trial = await app.gateway.connect(vendor.name, filled, untested=form.get("untested") == "yes")
        if trial.account is None:
            return await _tried(app, visitor, vendor, filled, trial, refused=True)
        await note(app, visitor, "channel.connected", f"channel:{trial.account}", vendor=vendor.name)
        then = "/console/simulator" if vendor.is_simulator else f"{HOME}/account?name={quote(trial.account)}"
        return screen.told(visitor.say("Подключено."), then=then)

    @routes.post("/account")
    async def change(request: Request, visitor: Owner) -> Response:
        form = await request.form()
        name, filled = str(form.get("account")), fields.filled_in(form)
        one, vendor = await _one(app, name)
        trial = await app.gateway.change(name, filled, untested=form.get("untested") == "yes")
        if trial.account is None:
            return await _tried(app, visitor, vendor, filled, trial, name=name, refused=True)
        changed = [field for field, value in filled.items() if value and value != str(one.config.get(field))]
        await note(app, visitor, "channel.changed", f"channel:{name}", fields=changed)
        return screen.told(visitor.say("Сохранено."), then=f"{HOME}/account?name={quote(name)}")


def _deeds(routes: APIRouter, app: App) -> None:
    @routes.post("/pause")
    async def pause(visitor: Manager, name: Name) -> Response:
        await app.gateway.pause(name, visitor.say("остановлено вручную: %(who)s", who=visitor.name))
        await note(app, visitor, "channel.paused", f"channel:{name}")
        undo = f"{HOME}/resume?name={quote(name)}"
        return screen.told(visitor.say("Отправка остановлена, входящие приходят."), undo=undo)

    @routes.post("/resume")
    async def resume(visitor: Manager, name: Name) -> Response:
        await app.gateway.resume(name)
        await note(app, visitor, "channel.resumed", f"channel:{name}")
        return screen.told(visitor.say("Отправка продолжена."))

    @routes.post("/default")
    async def make_default(visitor: Owner, name: Name) -> Response:
        await app.gateway.make_default(name)
        await note(app, visitor, "channel.made_default", f"channel:{name}")
        return screen.told(visitor.say("Теперь этот канал основной."))

    @routes.post("/disconnect")
    async def disconnect(visitor: Owner, name: Name) -> Response:
        await app.gateway.disconnect(name)
        await note(app, visitor, "channel.disconnected", f"channel:{name}")
        return screen.told(visitor.say("Отключено, ключи удалены."), then=HOME)


async def _listed(app: App) -> dict[str, Any]:
    try:
        accounts, vendors = await app.gateway.accounts(), await app.gateway.vendors()
    except OutsideError as error:
        return {"accounts": [], "titles": {}, "trouble": trouble(error), "simulators": []}
    simulators = {vendor.name for vendor in vendors if vendor.is_simulator}
    return {
        "accounts": accounts,
        "titles": {vendor.name: vendor.title for vendor in vendors},
        "trouble": "",
        "simulators": [one.name for one in accounts if one.vendor in simulators],
    }


async def _one(app: App, name: str) -> tuple[Connection, Vendor]:
    for account in await app.gateway.accounts():
        if account.name == name:
            return account, await _vendor(app, account.vendor)
    raise NotFound(f"канал «{name}» не подключён")


async def _vendor(app: App, name: str) -> Vendor:
    for vendor in await app.gateway.vendors():
        if vendor.name == name:
            return vendor
    raise NotFound(f"нет такого мессенджера: {name}")


async def _tried(
    app: App,
    visitor: Visitor,
    vendor: Vendor,
    filled: Mapping[str, Any],
    trial: Trial,
    *,
    name: str | None = None,
    refused: bool = False,
) -> Response:
    """The form again, with what came of it."""
    secrets_set = (await _one(app, name))[0].secrets_set if name else ()
    drawn = fields.draw(vendor.schema, filled, problems=trial.problems, secrets_set=secrets_set)
    values = _form(vendor, drawn, name=name, trial=trial, refused=refused)
    return screen.part(visitor, "connections_form.html", **values)


def _form(
    vendor: Vendor,
    drawn: list[fields.Field],
    *,
    name: str | None = None,
    trial: Trial | None = None,
    refused: bool = False,
) -> dict[str, Any]:
    return {"vendor": vendor, "fields": drawn, "name": name, "trial": trial, "refused": refused}


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    """The accounts are the gateway's; what is done to them here is in the audit log, what ails them on the desk."""
    troubles = session.execute(select(func.max(Attention.id), func.max(Attention.settled))).one()
    return f"{session.scalar(select(func.max(AuditEntry.id)))} {troubles}"


WATCHES = {"channels": _mark}
