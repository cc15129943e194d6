"""A letter's page: its text beside the facts it rests on, its versions, what became of it, and what may be done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.letters.everyone import HOME
from saudager.console.numbers import Number
from saudager.letters import desk, facts, fates, tasks, writing
from saudager.letters.asking import plain
from saudager.letters.desk import LONGEST_BODY, LONGEST_SUBJECT
from saudager.letters.models import LetterState
from saudager.letters.writing import Marked
from saudager.truth.named import NamedFact

_ABOUT = "letter:{}"
_UNSAID = ("language", "greeting_name")
"""Facts a reader need not be told."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a letter's text; ``mark`` of a figure, ``fact`` the number of what proves it in the list beside."""

    text: str
    mark: Marked | None = None
    fact: int | None = None


def router(app: App) -> APIRouter:
    """The page, its live part, and the deeds."""
    routes = APIRouter(prefix="/{letter_id:int}")

    @routes.get("")
    async def page(request: Request, visitor: Viewer, letter_id: Number) -> HTMLResponse:
        shown = await _read(app, letter_id)
        title = shown["row"].letter.subject or visitor.say("Письмо")
        return screen.page(request, visitor, "letter.html", title=title, tab="", **shown)

    @routes.get("/part")
    async def part(visitor: Viewer, letter_id: Number) -> HTMLResponse:
        return screen.part(visitor, "letter_part.html", **await _read(app, letter_id))

    @routes.get("/edit")
    async def edit(request: Request, visitor: Manager, letter_id: Number) -> HTMLResponse:
        shown = await _read(app, letter_id)
        title = visitor.say("Исправить письмо")
        longest = {"longest_subject": LONGEST_SUBJECT, "longest_body": LONGEST_BODY}
        return screen.page(request, visitor, "letter_edit.html", title=title, tab="", **shown, **longest)

    @routes.post("/edit")
    async def save(
        visitor: Manager,
        letter_id: Number,
        subject: Annotated[str, Form(max_length=4 * LONGEST_SUBJECT)],
        body: Annotated[str, Form(max_length=2 * LONGEST_BODY)],
        version: Annotated[int, Form(ge=0, lt=2**31)],
    ) -> Response:
        text = plain(body.replace("\r\n", "\n"))
        await _do(app, visitor, "letter.edited", desk.edit, letter_id, plain(subject), text, seen=version)
        return screen.told(visitor.say("Сохранено."), then=f"{HOME}/{letter_id}")

    @routes.post("/send")
    async def send(visitor: Manager, letter_id: Number, version: Annotated[int, Form(ge=0, lt=2**31)]) -> Response:
        await _do(app, visitor, "letter.sent", desk.send, letter_id, visitor.name, seen=version)
        return screen.told(visitor.say("Письмо одобрено и уйдёт, как только разрешат правила."))

    @routes.post("/drop")
    async def drop(visitor: Manager, letter_id: Number) -> Response:
        await _do(app, visitor, "letter.dropped", desk.drop, letter_id, visitor.name)
        return screen.told(visitor.say("Письмо отменено."))

    @routes.post("/cancel")
    async def cancel(visitor: Manager, letter_id: Number) -> Response:
        await _do(app, visitor, "letter.cancelled", tasks.cancel_letter, letter_id)
        return screen.told(visitor.say("Больше не пишем."))

    return routes


async def _do(app: App, visitor: Visitor, action: str, function: Any, letter_id: int, *args: Any, **more: Any) -> None:
    about = _ABOUT.format(letter_id)
    await deed(app, visitor, action, about, function, letter_id, *args, now=app.clock.now(), **more)


async def _read(app: App, letter_id: int) -> dict[str, Any]:
    return await app.db.read(_shown, letter_id, now=app.clock.now())


def _shown(session: Session, letter_id: int, *, now: Any) -> dict[str, Any]:
    row = desk.whole(session, letter_id)
    letter = row.letter
    known = facts.read(letter.facts)
    checked = writing.check(known, letter.subject, letter.body, now=now) if letter.version else None
    marks = checked.figures if checked else []
    unsaid = {number for number, fact in enumerate(known) if fact.name in _UNSAID}
    return {
        "row": row,
        "subject": list(_pieces("subject", letter.subject, marks, known)),
        "body": list(_pieces("body", letter.body, marks, known)),
        "facts": [(number, facts.said(fact)) for number, fact in enumerate(known) if number not in unsaid],
        "used": {known.index(mark.fact) for mark in marks if mark.fact in known} - unsaid,
        "warnings": checked.warnings if checked else [],
        "versions": desk.versions(session, letter_id),
        "fate": fates.of(session, [letter]).get(letter.id),
        "progress": tasks.progress_of(session, letter_id, now=now) if letter.state == LetterState.WRITING else None,
    }


def _pieces(where: str, text: str, marks: Sequence[Marked], known: Sequence[NamedFact]) -> Iterator[Piece]:
    """The text cut at its figures."""
    at = 0
    for mark in sorted((one for one in marks if one.where == where), key=lambda one: one.start):
        if mark.start < at:
            continue
        yield Piece(text[at : mark.start])
        yield Piece(text[mark.start : mark.end], mark, known.index(mark.fact) if mark.fact in known else None)
        at = mark.end
    yield Piece(text[at:])
