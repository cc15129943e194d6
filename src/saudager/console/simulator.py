"""A phone to try the salesperson out: the operator writes as a made-up customer and sees what he is answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.connections.asking import AskingGateway, note, trouble
from saudager.console.door import Manager, Viewer, Visitor
from saudager.conversations.models import Conversation, Message
from saudager.errors import OutsideError, Refused
from saudager.phones import normalise_phone
from saudager.providers.gateway import SimulatedLine

_FIRST_NUMBER = "77010000001"
_LATEST = 5
_ENDING = 4

Number = Annotated[str, Query()]
Words = Annotated[str, Form(min_length=1, max_length=4000)]


def router(app: App) -> APIRouter:
    routes = APIRouter(prefix="/console/simulator", route_class=AskingGateway)

    @routes.get("")
    async def page(request: Request, visitor: Viewer, number: Number = _FIRST_NUMBER, name: str = "") -> Response:
        phone, title = normalise_phone(number), visitor.say("Телефон для пробы")
        values = await _chat(app, phone) | {"name": name, "written": phone or number}
        values["problem"] = "" if phone else _unlike_a_number(visitor, number)
        shown = screen.page(request, visitor, "simulator.html", title=title, **values)
        shown.status_code = 200 if phone else 422
        return shown

    @routes.get("/chat")
    async def chat(visitor: Viewer, number: Number) -> Response:
        return screen.part(visitor, "simulator_chat.html", **await _chat(app, _phone(visitor, number)))

    @routes.post("/write")
    async def write(
        visitor: Manager, text: Words, number: Annotated[str, Form()], name: Annotated[str, Form()] = ""
    ) -> Response:
        account, phone = await _account(app), _phone(visitor, number)
        if account is None:
            raise Refused(visitor.say("Телефон для пробы не подключён."))
        await app.gateway.simulate(account, f"{phone}@c.us", text, name=name.strip() or None)
        await note(app, visitor, "simulator.wrote", "simulator", ends_with=phone[-_ENDING:])
        return screen.part(visitor, "simulator_chat.html", **await _chat(app, phone))

    return routes


async def _chat(app: App, phone: str | None) -> dict[str, Any]:
    """What the page shows of a phone, if any; without an account only that there is none, or why nobody knows."""
    lines: list[SimulatedLine] = []
    problem = ""
    account = None
    try:
        account = await _account(app)
        if account is not None and phone is not None:
            lines = list(await app.gateway.simulated(account, f"{phone}@c.us"))
    except OutsideError as error:
        problem = trouble(error)
    sent = [line.picture for line in lines if line.picture]
    files = await app.db.read(_files, sent) if sent else {}
    return {"account": account, "customer": phone, "lines": lines, "files": files, "trouble": problem}


def _files(session: Session, sent: Sequence[str]) -> dict[str, int]:
    """The lines of the inbox by which pictures that were sent are shown."""
    rows = session.execute(select(Message.outgoing_id, Message.id).where(Message.outgoing_id.in_(sent)))
    return {outgoing: line for outgoing, line in rows if outgoing is not None}


async def _account(app: App) -> str | None:
    simulators = {vendor.name for vendor in await app.gateway.vendors() if vendor.is_simulator}
    return next((one.name for one in await app.gateway.accounts() if one.vendor in simulators), None)


def _phone(visitor: Visitor, written: str) -> str:
    number = normalise_phone(written)
    if number is None:
        raise HTTPException(422, _unlike_a_number(visitor, written))
    return number


def _unlike_a_number(visitor: Visitor, written: str) -> str:
    return visitor.say("«%(number)s» не похоже на номер телефона. Например: 7 701 000 00 01", number=written)


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    """The newest lines of the number's conversations and what became of them."""
    newest = (
        select(Message.id, Message.delivery_state)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.chat == f"{argument}@c.us")
        .order_by(Message.id.desc())
        .limit(_LATEST)
    )
    return str(session.execute(newest).all())


WATCHES = {"simulator": _mark}
