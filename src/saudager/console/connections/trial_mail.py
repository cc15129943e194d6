"""The mail for trying things out: the operator reads what the shop sent as its recipient does, and answers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.connections.asking import note
from saudager.console.connections.letter_shown import read
from saudager.console.connections.mail import find
from saudager.console.door import Manager, Viewer
from saudager.contracts import MAILBOX
from saudager.conversations.models import Conversation, Message
from saudager.errors import NotFound

_LATEST = 5
_OF_A_LETTER = {
    "content-security-policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
    "x-frame-options": "SAMEORIGIN",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
}
"""It is the letter's own page, drawn by whoever wrote it: no script, nothing from elsewhere, seen only inside ours."""
Name = Annotated[str, Query()]
Id = Annotated[str, Query(max_length=100)]
Words = Annotated[str, Form(min_length=1, max_length=20_000)]


def add_to(routes: APIRouter, app: App) -> None:
    @routes.get("/mail/letters")
    async def page(request: Request, visitor: Viewer, name: Name) -> Response:
        await find(app, name)
        letters, title = await app.gateway.trial_letters(name), visitor.say("Почта для пробы")
        values = {"name": name, "letters": letters}
        return screen.page(request, visitor, "connections_mail_letters.html", title=title, **values)

    @routes.get("/mail/letters/list")
    async def listed(visitor: Viewer, name: Name) -> Response:
        letters = await app.gateway.trial_letters(name)
        return screen.part(visitor, "connections_mail_letters_list.html", name=name, letters=letters)

    @routes.get("/mail/letter")
    async def letter(request: Request, visitor: Viewer, name: Name, id: Id) -> Response:
        shown = read(await app.gateway.trial_letter(name, id))
        title = shown.subject or visitor.say("без темы")
        values = {"name": name, "id": id, "letter": shown}
        return screen.page(request, visitor, "connections_mail_letter.html", title=title, **values)

    @routes.get("/mail/letter/html")
    async def html(visitor: Viewer, name: Name, id: Id) -> Response:
        shown = read(await app.gateway.trial_letter(name, id))
        if not shown.html:
            raise NotFound(visitor.say("У этого письма нет оформления."))
        return HTMLResponse(shown.html, headers=_OF_A_LETTER)

    @routes.post("/mail/letter")
    async def answer(visitor: Manager, name: Name, id: Id, text: Words) -> Response:
        await app.gateway.answer_trial_letter(name, id, text)
        await note(app, visitor, "mailbox.answered", f"mailbox:{name}")
        return screen.told(visitor.say("Ответ лежит в ящике магазина: скоро его прочтут."))


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    """The newest lines of conversations by mail and what became of them."""
    newest = (
        select(Message.id, Message.delivery_state)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.account.startswith(MAILBOX))
        .order_by(Message.id.desc())
        .limit(_LATEST)
    )
    return str(session.execute(newest).all())


WATCHES = {"trial_mail": _mark}
