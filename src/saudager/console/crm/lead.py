"""One lead: what it holds, whose it is, what was said and done on both sides, and what a person does about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import deeds as console_deeds
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.contracts import MessageClass
from saudager.crm import connections, correspondence, deeds, history, joining, leads, listing, template_sending
from saudager.crm.models import CrmLead
from saudager.errors import NotFound, Refused
from saudager.outreach.policy import Verdict
from saudager.people import listing as people
from saudager.settings import Settings

HOME = "/console/crm/leads"
_AT_ONCE = 40
_FOUND = 8
_Words = Annotated[str, Query(max_length=200)]
_Text = Annotated[str, Form(min_length=1, max_length=20_000, pattern=r"\S")]


def router(app: App) -> APIRouter:
    """``/console/crm/leads/N`` and what is done there; every deed is stored first and done in the CRM by itself."""
    routes = APIRouter(prefix=HOME)

    @routes.get("/{lead}")
    async def one(request: Request, visitor: Viewer, lead: Number) -> HTMLResponse:
        whole, entries = await app.db.read(_shown, lead, settings=app.settings)
        title = whole.lead.name or visitor.say("Сделка %(n)s", n=whole.lead.vendor_id)
        return screen.page(request, visitor, "crm_lead.html", title=title, it=whole, entries=entries, most=_AT_ONCE)

    @routes.get("/{lead}/history")
    async def more(visitor: Viewer, lead: Number, before: datetime) -> HTMLResponse:
        entries = await app.db.read(history.of_lead, lead, limit=_AT_ONCE, before=before)
        return screen.part(visitor, "crm_history.html", entries=entries, lead_id=lead, most=_AT_ONCE)

    @routes.post("/{lead}/note")
    async def note(visitor: Manager, lead: Number, text: _Text) -> Response:
        about, now = f"note:hand:{uuid4().hex}", app.clock.now()
        words = f"{visitor.name}: {text}"
        await deed(app, visitor, "lead.noted", f"lead:{lead}", _note, lead, words, about=about, now=now)
        return screen.told(visitor.say("Заметка уйдёт в CRM."))

    @routes.post("/{lead}/move")
    async def move(visitor: Manager, lead: Number, stage: Annotated[str, Form(pattern=r"^\d+:\d+$")]) -> Response:
        pipeline, to = (int(part) for part in stage.split(":"))
        about, now = f"move:hand:{uuid4().hex}", app.clock.now()
        await deed(app, visitor, "lead.moved", f"lead:{lead}", _move, lead, pipeline, to, about=about, now=now)
        return screen.told(visitor.say("Сделка перейдёт на этот этап в CRM."))

    @routes.post("/{lead}/task")
    async def task(
        visitor: Manager, lead: Number, text: _Text, hours: Annotated[int, Form(ge=1, le=24 * 90)] = 24
    ) -> Response:
        about, now = f"task:hand:{uuid4().hex}", app.clock.now()
        due = now + timedelta(hours=hours)
        await deed(app, visitor, "lead.task_added", f"lead:{lead}", _task, lead, text, due, about=about, now=now)
        return screen.told(visitor.say("Задача появится в CRM."))

    @routes.post("/{lead}/letter")
    async def letter(
        visitor: Manager, lead: Number, text: _Text, subject: Annotated[str, Form(min_length=1, max_length=200)]
    ) -> Response:
        mailbox = await template_sending.default_mailbox(app)
        verdict = await app.db.run(_write, lead, subject, text, mailbox, visitor=visitor, app=app)
        if verdict.may == "write":
            return screen.told(visitor.say("Письмо отправляется."))
        return screen.part(visitor, "crm_letter_refused.html", verdict=verdict)

    @routes.post("/{lead}/part")
    async def part(visitor: Manager, lead: Number) -> Response:
        await deed(app, visitor, "lead.parted", f"lead:{lead}", _part, lead, now=app.clock.now())
        return screen.told(
            visitor.say("Разделены: этот контакт CRM больше не считается тем же человеком."), then=f"{HOME}/{lead}"
        )

    @routes.post("/{lead}/join")
    async def join(visitor: Manager, lead: Number, contact: Annotated[Number, Form()]) -> Response:
        await deed(app, visitor, "lead.joined", f"lead:{lead}", _join, lead, contact, now=app.clock.now())
        return screen.told(visitor.say("Теперь это один человек."), then=f"{HOME}/{lead}")

    @routes.get("/{lead}/who")
    async def who(request: Request, visitor: Manager, lead: Number, q: _Words = "") -> HTMLResponse:
        whole, found = await app.db.read(_to_join, lead, q, settings=app.settings)
        title = visitor.say("Кто это у нас")
        return screen.page(request, visitor, "crm_who.html", title=title, it=whole, found=found, q=q)

    return routes


def _shown(session: Session, lead: int, *, settings: Settings) -> tuple[listing.Whole, list[history.Entry]]:
    whole = listing.whole(session, lead, settings)
    return whole, list(history.of_lead(session, lead, limit=_AT_ONCE))


def _to_join(
    session: Session, lead: int, query: str, *, settings: Settings
) -> tuple[listing.Whole, Sequence[people.Row]]:
    found = people.page(session, "all", query, limit=_FOUND).rows if query.strip() else []
    return listing.whole(session, lead, settings), found


def _one(session: Session, lead: int) -> CrmLead:
    """Raises Refused for a lead nothing can be done in any more."""
    found = session.get(CrmLead, lead)
    if found is None:
        raise NotFound(f"Сделки {lead} нет.")
    connections.one(session, found.connection_id)
    if found.is_deleted:
        raise Refused("Эту сделку удалили в CRM.")
    return found


def _write(
    session: Session, lead: int, subject: str, text: str, mailbox: str | None, *, visitor: Visitor, app: App
) -> Verdict:
    now = app.clock.now()
    verdict = correspondence.send_letter(
        session,
        _one(session, lead),
        subject,
        text,
        about=f"lead_letter:{lead}:{uuid4().hex}",
        message_class=MessageClass.SERVICE,
        mailbox=mailbox,
        settings=app.settings,
        now=now,
    )
    if verdict.may == "write":
        console_deeds.note(session, visitor, "lead.letter_sent", f"lead:{lead}", {}, now=now)
    return verdict


def _note(session: Session, lead: int, text: str, *, about: str, now: datetime) -> None:
    deeds.note(session, _one(session, lead), text, about=about, now=now)


def _move(session: Session, lead: int, pipeline: int, stage: int, *, about: str, now: datetime) -> None:
    deeds.move(session, _one(session, lead), pipeline, stage, about=about, now=now)


def _task(session: Session, lead: int, text: str, due: datetime, *, about: str, now: datetime) -> None:
    deeds.add_task(session, _one(session, lead), text, due=due, about=about, now=now)


def _part(session: Session, lead: int, *, now: datetime) -> None:
    joining.part(session, _contact_of(session, lead), now=now)


def _join(session: Session, lead: int, contact: int, *, now: datetime) -> None:
    joining.join(session, _contact_of(session, lead), contact, now=now)


def _contact_of(session: Session, lead: int) -> int:
    known = leads.main_contact(session, _one(session, lead))
    if known is None:
        raise Refused("У сделки нет контакта.")
    return known.id
