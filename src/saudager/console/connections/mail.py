"""Mailboxes: each with its state, and the forms that connect, change, try and disconnect one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.datastructures import FormData

from saudager.app import App
from saudager.console import screen
from saudager.console.connections import fields
from saudager.console.connections.asking import note, trouble
from saudager.console.door import Manager, Owner, Viewer, Visitor
from saudager.errors import NotFound, OutsideError, SaudagerError
from saudager.providers.gateway import MailConnection, MailForm, MailPart, MailTrial, MailWay

HOME = "/console/connections/mail"
TRIAL_ADDRESS = "shop@trial.example"
Name = Annotated[str, Query()]


@dataclass(frozen=True, slots=True)
class Part:
    """A carrier, or a way to read, as the form shows it."""

    way: MailWay
    fields: Sequence[fields.Field]
    is_used: bool


def add_to(routes: APIRouter, app: App) -> None:
    _looks(routes, app)
    _forms(routes, app)
    _deeds(routes, app)


def _looks(routes: APIRouter, app: App) -> None:
    @routes.get("/mail")
    async def page(request: Request, visitor: Viewer) -> Response:
        values = await _listed(app)
        return screen.page(request, visitor, "connections_mail.html", title=visitor.say("Почта"), **values)

    @routes.get("/mail/list")
    async def listed(visitor: Viewer) -> Response:
        return screen.part(visitor, "connections_mail_list.html", **await _listed(app))

    @routes.get("/mail/box")
    async def box(request: Request, visitor: Viewer, name: Name) -> Response:
        one, ways = await find(app, name), await app.gateway.mail_ways()
        title = visitor.say("Почта для пробы") if one.is_simulator else one.address
        values = _form(one.address, one.sender_name, one.dkim_selector, _parts(ways, one), name=name)
        values |= {"box": one, "titles": {way.name: way.title for way in ways}, "said": "", "is_sent": False, "to": ""}
        return screen.page(request, visitor, "connections_mail_box.html", title=title, **values)

    @routes.get("/mail/findings")
    async def findings(visitor: Viewer, name: Name) -> Response:
        """Asked of the servers themselves and of the DNS, so it may take a while."""
        try:
            found, problem = await app.gateway.examine_mailbox(name), ""
        except OutsideError as error:
            found, problem = [], trouble(error)
        return screen.part(visitor, "connections_mail_findings.html", findings=found, problem=problem)


def _forms(routes: APIRouter, app: App) -> None:
    @routes.get("/mail/new")
    async def choice(request: Request, visitor: Owner) -> Response:
        ways = await app.gateway.mail_ways()
        values = _form("", "", "", _parts(ways, None))
        title = visitor.say("Подключить почту")
        return screen.page(request, visitor, "connections_mail_new.html", title=title, **values)

    @routes.post("/mail/test")
    async def test(request: Request, visitor: Owner) -> Response:
        form = await request.form()
        name, ways = str(form.get("account") or "") or None, await app.gateway.mail_ways()
        trial = await app.gateway.test_mailbox(_filled(form, ways), account=name)
        return await _tried(app, visitor, form, ways, trial, name=name)

    @routes.post("/mail/new")
    async def connect(request: Request, visitor: Owner) -> Response:
        form, ways = await request.form(), await app.gateway.mail_ways()
        filled = _filled(form, ways)
        trial = await app.gateway.connect_mailbox(filled, untested=form.get("untested") == "yes")
        if trial.account is None:
            return await _tried(app, visitor, form, ways, trial, refused=True)
        await note(app, visitor, "mailbox.connected", f"mailbox:{trial.account}", by=list(filled.carriers))
        return screen.told(visitor.say("Подключено."), then=_box(trial.account))

    @routes.post("/mail/trial-box")
    async def connect_trial(visitor: Owner) -> Response:
        played = [way.name for way in await app.gateway.mail_ways() if way.is_simulator]
        trial = await app.gateway.connect_mailbox(MailForm(TRIAL_ADDRESS, {name: {} for name in played}))
        await note(app, visitor, "mailbox.connected", f"mailbox:{trial.account}", by=played)
        return screen.told(visitor.say("Подключено."), then=_box(str(trial.account)))

    @routes.post("/mail/box")
    async def change(request: Request, visitor: Owner) -> Response:
        form, ways = await request.form(), await app.gateway.mail_ways()
        name, filled = str(form.get("account")), _filled(form, ways)
        await find(app, name)
        trial = await app.gateway.change_mailbox(name, filled, untested=form.get("untested") == "yes")
        if trial.account is None:
            return await _tried(app, visitor, form, ways, trial, name=name, refused=True)
        await note(app, visitor, "mailbox.changed", f"mailbox:{name}", by=list(filled.carriers))
        return screen.told(visitor.say("Сохранено."), then=_box(name))


def _deeds(routes: APIRouter, app: App) -> None:
    @routes.post("/mail/earlier")
    async def earlier(visitor: Owner, name: Name, carrier: Annotated[str, Query()]) -> Response:
        """Change places with the one before."""
        order = [part.name for part in (await find(app, name)).carriers]
        if carrier in order[1:]:
            place = order.index(carrier)
            order[place - 1 : place + 1] = order[place], order[place - 1]
            await app.gateway.order_carriers(name, order)
            await note(app, visitor, "mailbox.reordered", f"mailbox:{name}", by=order)
        return screen.told(visitor.say("Порядок изменён и уже действует."), then=_box(name))

    @routes.post("/mail/letter-to")
    async def trial_letter(visitor: Manager, name: Name, to: Annotated[str, Form(max_length=254)]) -> Response:
        box = await find(app, name)
        try:
            said, is_sent = await app.gateway.send_trial_letter(name, to), True
        except SaudagerError as error:
            said, is_sent = str(error), False
        if is_sent:
            await note(app, visitor, "mailbox.tried", f"mailbox:{name}")
        values = {"box": box, "name": name, "said": said, "is_sent": is_sent, "to": to}
        return screen.part(visitor, "connections_mail_letter_to.html", **values)

    @routes.post("/mail/pause")
    async def pause(visitor: Manager, name: Name) -> Response:
        await find(app, name)
        await app.gateway.pause(name, visitor.say("остановлено вручную: %(who)s", who=visitor.name))
        await note(app, visitor, "mailbox.paused", f"mailbox:{name}")
        undo = f"{HOME}/resume?name={quote(name)}"
        return screen.told(visitor.say("Отправка остановлена, входящие приходят."), undo=undo)

    @routes.post("/mail/resume")
    async def resume(visitor: Manager, name: Name) -> Response:
        await find(app, name)
        await app.gateway.resume(name)
        await note(app, visitor, "mailbox.resumed", f"mailbox:{name}")
        return screen.told(visitor.say("Отправка продолжена."))

    @routes.post("/mail/default")
    async def make_default(visitor: Owner, name: Name) -> Response:
        await find(app, name)
        await app.gateway.make_default(name)
        await note(app, visitor, "mailbox.made_default", f"mailbox:{name}")
        return screen.told(visitor.say("Теперь этот ящик основной."))

    @routes.post("/mail/disconnect")
    async def disconnect(visitor: Owner, name: Name) -> Response:
        await find(app, name)
        await app.gateway.disconnect(name)
        await note(app, visitor, "mailbox.disconnected", f"mailbox:{name}")
        return screen.told(visitor.say("Отключено, ключи удалены."), then=HOME)


async def find(app: App, name: str) -> MailConnection:
    """Raises NotFound when there is no such mailbox."""
    for box in await app.gateway.mailboxes():
        if box.name == name:
            return box
    raise NotFound(f"почтовый ящик «{name}» не подключён")


def _box(name: str) -> str:
    return f"{HOME}/box?name={quote(name)}"


async def _listed(app: App) -> dict[str, Any]:
    try:
        boxes, ways = await app.gateway.mailboxes(), await app.gateway.mail_ways()
    except OutsideError as error:
        return {"boxes": [], "titles": {}, "trouble": trouble(error)}
    return {"boxes": boxes, "titles": {way.name: way.title for way in ways}, "trouble": ""}


def _filled(form: FormData, ways: Sequence[MailWay]) -> MailForm:
    """What was written into the form, of the carriers and the reader that are ticked."""
    used, typed = form.getlist("use"), fields.filled_in(form)
    told = {
        way.name: {
            name.removeprefix(f"{way.name}."): value for name, value in typed.items() if name.startswith(f"{way.name}.")
        }
        for way in ways
        if way.name in used
    }
    readers = {way.name for way in ways if way.reads}
    return MailForm(
        address=str(form.get("address") or "").strip(),
        carriers={name: one for name, one in told.items() if name not in readers},
        reader={name: one for name, one in told.items() if name in readers} or None,
        sender_name=str(form.get("sender_name") or "").strip(),
        dkim_selector=str(form.get("dkim_selector") or "").strip(),
    )


def _parts(
    ways: Sequence[MailWay],
    kept: MailConnection | None,
    filled: MailForm | None = None,
    problems: Mapping[str, str] | None = None,
) -> list[Part]:
    """The sections of the form: of each carrier and way to read what was filled in, else what is stored."""
    stored: dict[str, MailPart] = {}
    if kept is not None:
        stored = {part.name: part for part in (*kept.carriers, *([kept.reader] if kept.reader else []))}
    now = {name: part.config for name, part in stored.items()}
    if filled is not None:
        now = {**filled.carriers, **(filled.reader or {})}
    return [
        Part(
            way,
            fields.draw(
                way.schema,
                now.get(way.name, {}),
                problems=_of(way.name, problems or {}),
                secrets_set=stored[way.name].secrets_set if way.name in stored else (),
                part=way.name,
            ),
            is_used=way.name in now,
        )
        for way in ways
        if not way.is_simulator or way.name in stored
    ]


def _of(part: str, problems: Mapping[str, str]) -> dict[str, str]:
    own = f"{part}."
    return {name.removeprefix(own): says for name, says in problems.items() if name.startswith(own)}


async def _tried(
    app: App,
    visitor: Visitor,
    form: FormData,
    ways: Sequence[MailWay],
    trial: MailTrial,
    *,
    name: str | None = None,
    refused: bool = False,
) -> Response:
    """The form again, with what came of it."""
    filled, kept = _filled(form, ways), await find(app, name) if name else None
    parts = _parts(ways, kept, filled, trial.problems)
    values = _form(
        kept.address if kept else filled.address,
        filled.sender_name,
        filled.dkim_selector,
        parts,
        name=name,
        trial=trial,
        refused=refused,
    )
    return screen.part(visitor, "connections_mail_form.html", **values)


def _form(
    address: str,
    sender_name: str,
    dkim_selector: str,
    parts: list[Part],
    *,
    name: str | None = None,
    trial: MailTrial | None = None,
    refused: bool = False,
) -> dict[str, Any]:
    return {
        "address": address,
        "sender_name": sender_name,
        "dkim_selector": dkim_selector,
        "parts": parts,
        "name": name,
        "trial": trial,
        "refused": refused,
        "problems": trial.problems if trial else {},
    }
