"""Stepping in: write, have a draft written, take the conversation, give it back."""

from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from saudager.agent import by_mail, picturing, stepping_in, suggesting
from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager
from saudager.console.inbox import talk
from saudager.console.numbers import Number
from saudager.conversations import timeline
from saudager.errors import Refused

_Text = Annotated[str, Form()]
_Once = Annotated[str, Form(min_length=8, max_length=64, pattern="^[0-9a-f-]+$")]
_To = Annotated[Number | None, Form()]
_Picture = Annotated[Number, Form()]
_Outcome = Annotated[str, Form(max_length=1000)]


def router(app: App) -> APIRouter:
    """``POST /console/inbox/12/write`` with ``text`` and ``once`` answers with an empty form for the next line;
    ``/picture`` with the id of an accepted ``picture`` and ``once`` sends that;
    ``/suggest`` with the same answers with the form filled; ``/take``, ``/release`` with ``outcome``."""
    routes = APIRouter(prefix="/console/inbox/{conversation_id}")

    def silence() -> timedelta:
        return timedelta(hours=app.settings.handover_hours)

    @routes.post("/write")
    async def write(
        visitor: Manager, conversation_id: Number, once: _Once, text: _Text = "", to: _To = None
    ) -> HTMLResponse:
        with suppress(_WrittenBefore):
            await deed(
                app,
                visitor,
                "conversation.written",
                f"conversation:{conversation_id}",
                _write,
                conversation_id,
                to or conversation_id,
                text,
                once=once,
                operator=visitor.name,
                silence=silence(),
                signature=by_mail.signature(app.settings),
                now=app.clock.now(),
            )
        return await _form(visitor, conversation_id)

    @routes.post("/picture")
    async def send_picture(
        visitor: Manager, conversation_id: Number, once: _Once, picture: _Picture, to: _To = None
    ) -> Response:
        media = await picturing.chosen(app, to or conversation_id, picture)
        with suppress(_WrittenBefore):
            await deed(
                app,
                visitor,
                "conversation.written",
                f"conversation:{conversation_id}",
                _write,
                conversation_id,
                to or conversation_id,
                media.caption or "",
                once=once,
                operator=visitor.name,
                silence=silence(),
                signature=by_mail.signature(app.settings),
                picture=media,
                now=app.clock.now(),
            )
        return screen.told(visitor.say("Картинка отправлена."))

    @routes.post("/suggest")
    async def suggest(visitor: Manager, conversation_id: Number, text: _Text = "") -> HTMLResponse:
        said = await suggesting.suggest(app, conversation_id)
        return await _form(visitor, conversation_id, "\n\n".join(filter(None, (text.strip(), said))))

    @routes.post("/take")
    async def take(visitor: Manager, conversation_id: Number) -> Response:
        about, now = f"conversation:{conversation_id}", app.clock.now()
        await deed(
            app,
            visitor,
            "conversation.taken",
            about,
            stepping_in.take_over,
            conversation_id,
            operator=visitor.name,
            silence=silence(),
            now=now,
        )
        until = visitor.wording.when(now + silence())
        told = visitor.say("Разговор ваш. Продавец молчит до %(until)s.", until=until)
        return screen.told(told, undo=f"/console/inbox/{conversation_id}/release")

    @routes.post("/release")
    async def release(visitor: Manager, conversation_id: Number, outcome: _Outcome = "") -> Response:
        about, now = f"conversation:{conversation_id}", app.clock.now()
        await deed(
            app,
            visitor,
            "conversation.released",
            about,
            stepping_in.release,
            conversation_id,
            outcome=outcome,
            now=now,
        )
        told = visitor.say("Разговор снова у продавца: на всё, что ждёт, он ответит сам.")
        return screen.told(told, undo=f"/console/inbox/{conversation_id}/take")

    async def _form(visitor: Manager, conversation_id: int, text: str = "") -> HTMLResponse:
        shown = await app.db.read(talk.read, conversation_id, app=app)
        return screen.part(visitor, "inbox_reply.html", talk=shown, text=text, fresh=True, **talk.words(visitor))

    return routes


class _WrittenBefore(Refused):
    """The form was posted twice: its line is on its way, and nothing more is to be noted."""


def _write(session: Session, /, conversation_id: int, to: int, text: str, **circumstances: Any) -> None:
    """Write in another conversation of the same contact, where that was chosen."""
    _, conversations = timeline.people(session, conversation_id)
    if to not in [conversation.id for conversation in conversations]:
        raise Refused("Это разговор другого клиента. Обновите страницу.")
    if not stepping_in.write(session, to, text, **circumstances):
        raise _WrittenBefore("Это сообщение уже отправлено.")
