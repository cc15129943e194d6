"""The accounts of a CRM: connected by a long-lived token or by the merchant's yes there, looked after, disconnected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed, note
from saudager.console.door import Manager, Owner, Viewer
from saudager.console.numbers import Number, NumberOrNothing, number_in
from saudager.crm import connecting, connections, sync
from saudager.crm.models import CrmConnection, CrmField, Strategy
from saudager.errors import OutsideError, Refused, SaudagerError
from saudager.providers.crm import Bot
from saudager.providers.gateway import MailConnection

HOME = "/console/connections/crm"
VENDOR = "kommo"
_Typed = Annotated[str, Form(max_length=4000)]


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a reading is: in words, and in steps of which the last one reads the leads."""

    words: str
    step: int
    steps: int


def router(app: App) -> APIRouter:
    """``/console/connections/crm`` with its forms, and ``/console/crm/connected`` where the CRM sends the merchant back
    to."""
    routes = APIRouter()

    @routes.get(HOME)
    async def accounts(request: Request, visitor: Viewer) -> HTMLResponse:
        return screen.page(
            request,
            visitor,
            "connections_crm.html",
            title=visitor.say("CRM"),
            listed=await app.db.read(connections.everyone),
            progress=progress,
            domains=[one for one in app.crms[VENDOR].domains if "." in one],
            back=f"{app.settings.public_url.rstrip('/')}{connecting.CALLBACK}" if app.settings.public_url else "",
            client_id=app.settings.kommo_client_id,
            has_secret=app.settings.kommo_client_secret is not None,
            hears=app.settings.public_url.startswith("https://"),
        )

    @routes.post(f"{HOME}/token")
    async def by_token(visitor: Owner, base_url: _Typed = "", token: _Typed = "") -> Response:
        try:
            connection = await connecting.connect_long_lived(app, VENDOR, base_url, token)
        except SaudagerError as error:
            return screen.part(visitor, "crm_wrong.html", wrong=str(error))
        await app.db.run(note, visitor, "crm.connected", f"crm:{connection}", {"by": "token"}, now=app.clock.now())
        return screen.told(visitor.say("Подключено. Читаем сделки и контакты."), then=HOME)

    @routes.post(f"{HOME}/begin")
    async def begin(
        visitor: Owner, domain: _Typed = "", client_id: _Typed = "", client_secret: _Typed = ""
    ) -> Response:
        kept = app.settings.kommo_client_secret
        secret = client_secret or (kept.get_secret_value() if kept is not None else "")
        try:
            url = await connecting.begin_oauth(
                app, VENDOR, client_id, secret, domain=domain, session_id=visitor.session_id
            )
        except SaudagerError as error:
            return screen.part(visitor, "crm_wrong.html", wrong=str(error))
        return Response(status_code=204, headers={"hx-redirect": url})

    @routes.get(connecting.CALLBACK)
    async def connected(
        request: Request, visitor: Owner, state: str = "", code: str = "", referer: str = "", error: str = ""
    ) -> Response:
        try:
            if error or not code:
                raise Refused(visitor.say("В CRM не дали согласия, ничего не подключено."))
            connection = await connecting.finish_oauth(app, state, code, referer, session_id=visitor.session_id)
        except SaudagerError as refused:
            return screen.page(
                request, visitor, "connections_crm_refused.html", title=visitor.say("CRM"), wrong=str(refused)
            )
        await app.db.run(note, visitor, "crm.connected", f"crm:{connection}", {"by": "oauth"}, now=app.clock.now())
        return RedirectResponse(HOME, 303)

    @routes.get(f"{HOME}/{{connection}}")
    async def one(request: Request, visitor: Viewer, connection: Number) -> HTMLResponse:
        kept, fields = await app.db.read(_shown, connection)
        return screen.page(
            request,
            visitor,
            "connections_crm_one.html",
            title=kept.title,
            one=kept,
            progress=progress,
            fields=fields,
            mailboxes=await _mailboxes(app),
            hears=app.settings.public_url.startswith("https://"),
        )

    @routes.get(f"{HOME}/{{connection}}/bots")
    async def bots(visitor: Manager, connection: Number) -> HTMLResponse:
        """Asked of the CRM itself, so it may take a while."""
        kept, _ = await app.db.read(_shown, connection)
        listed, silence = await _bots(app, connection)
        return screen.part(visitor, "connections_crm_bots.html", one=kept, bots=listed, silence=silence)

    @routes.post(f"{HOME}/{{connection}}/letters")
    async def letters(
        visitor: Manager,
        connection: Number,
        strategy: Annotated[Strategy, Form()],
        mailbox: _Typed = "",
        bot: Annotated[NumberOrNothing, Form()] = "",
        field: Annotated[NumberOrNothing, Form()] = "",
        notes_talks: Annotated[bool, Form()] = False,
    ) -> Response:
        values = {
            "strategy": strategy,
            "mailbox": mailbox or None,
            "bot_id": number_in(bot),
            "bot_field_id": number_in(field),
            "notes_talks": notes_talks,
        }
        await deed(app, visitor, "crm.letters_changed", f"crm:{connection}", _set, connection, values)
        return screen.told(visitor.say("Сохранено."))

    @routes.post(f"{HOME}/{{connection}}/read")
    async def read(visitor: Manager, connection: Number) -> Response:
        about, now = f"crm:{connection}", app.clock.now()
        await deed(app, visitor, "crm.read_anew", about, connections.read_anew, connection, now=now)
        return screen.told(visitor.say("Читаем заново."))

    @routes.post(f"{HOME}/{{connection}}/disconnect")
    async def disconnect(visitor: Owner, connection: Number) -> Response:
        await connecting.disconnect(app, connection)
        await app.db.run(note, visitor, "crm.disconnected", f"crm:{connection}", {}, now=app.clock.now())
        return screen.told(visitor.say("Отключено. Прочитанное осталось."), then=HOME)

    return routes


def progress(one: CrmConnection) -> Reading:
    """How far the first reading of an account is."""
    told = one.progress or {}
    part = told.get("part", sync.PARTS[0])
    step = (*sync.PARTS, sync.DONE).index(part)
    return Reading(sync.words(told) if told else "", step, len(sync.PARTS))


def _shown(session: Session, connection: int) -> tuple[CrmConnection, list[CrmField]]:
    kept = connections.one(session, connection)
    texts = select(CrmField).where(
        CrmField.connection_id == connection, CrmField.entity == "leads", CrmField.kind.in_(("text", "textarea"))
    )
    return kept, list(session.scalars(texts.order_by(CrmField.name)))


async def _bots(app: App, connection: int) -> tuple[list[Bot], str]:
    try:
        async with connections.at_work(app, connection) as crm:
            return list(await crm.bots()), ""
    except (OutsideError, Refused) as error:
        return [], str(error)


async def _mailboxes(app: App) -> Sequence[MailConnection]:
    try:
        return await app.gateway.mailboxes()
    except OutsideError:
        return []


def _set(session: Session, connection: int, values: dict[str, Any]) -> None:
    kept = connections.one(session, connection)
    for name, value in values.items():
        setattr(kept, name, value)
