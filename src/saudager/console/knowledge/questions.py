"""Questions the salesperson could not answer, each turned into an answer by a person, and the answers themselves."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.knowledge import tabs
from saudager.console.numbers import Number
from saudager.knowledge import answers, unanswered
from saudager.knowledge.answers import Written

_ABOUT = f"document:{answers.FILE}"
_PATH = "/console/knowledge"

Words = Annotated[str, Form(max_length=20_000)]
Asked = Annotated[list[Number] | None, Form(max_length=unanswered.GROUPED)]
AskedBefore = Annotated[list[Number] | None, Query(max_length=unanswered.GROUPED)]
Mark = Annotated[str, Query(max_length=16)]
Ticket = Annotated[str, Query(max_length=100)]


def router(app: App) -> APIRouter:
    """What waits for an answer, and what people have answered."""
    routes = APIRouter()

    def where() -> Path:
        return app.settings.knowledge_folder

    @routes.get("/questions")
    async def questions(request: Request, visitor: Viewer) -> HTMLResponse:
        groups = await app.db.read(unanswered.grouped)
        return await tabs.page(app, request, visitor, "knowledge_questions.html", tab="questions", groups=groups)

    @routes.get("/questions/list")
    async def its_list(visitor: Viewer) -> HTMLResponse:
        groups = await app.db.read(unanswered.grouped)
        return screen.part(visitor, "knowledge_questions_list.html", groups=groups)

    @routes.post("/questions/dismiss")
    async def dismiss(visitor: Manager, asked: Asked = None) -> Response:
        settled = await deed(
            app, visitor, "question.dismissed", "questions", unanswered.settle_all, asked or [], app.clock.now()
        )
        undo = f"{_PATH}/questions/reopen?{urlencode([('asked', one) for one in settled])}"
        return screen.told(visitor.say("Вопрос снят."), undo=undo)

    @routes.post("/questions/reopen")
    async def reopen(visitor: Manager, asked: AskedBefore = None) -> Response:
        await deed(app, visitor, "question.reopened", "questions", unanswered.reopen, asked or [])
        return screen.told(visitor.say("Вопрос снова ждёт ответа."))

    @routes.get("/answers")
    async def own_answers(request: Request, visitor: Viewer) -> HTMLResponse:
        entries = await asyncio.to_thread(answers.entries, where())
        return await tabs.page(
            app, request, visitor, "knowledge_answers.html", tab="answers", entries=entries, file=answers.FILE
        )

    @routes.get("/answers/list")
    async def answers_list(visitor: Viewer) -> HTMLResponse:
        entries = await asyncio.to_thread(answers.entries, where())
        return screen.part(visitor, "knowledge_answers_list.html", entries=entries)

    async def publish(visitor: Visitor, action: str, written: Written, *, settles: Sequence[int] = ()) -> None:
        once, now = uuid4().hex, app.clock.now()
        await deed(app, visitor, action, _ABOUT, answers.publish, written, settles=settles, once=once, now=now)

    @routes.post("/answers")
    async def answer(visitor: Manager, question: Words = "", answer: Words = "", asked: Asked = None) -> Response:
        written = await asyncio.to_thread(answers.add, where(), question, answer)
        await publish(visitor, "answer.written", written, settles=asked or [])
        settled = [("asked", one) for one in asked or []]
        undo = f"{_PATH}/answers/withdraw?{urlencode([('mark', written.entry.mark), *settled])}"
        return screen.told(visitor.say("Записано. Следующему, кто спросит, продавец так и ответит."), undo=undo)

    @routes.post("/answers/withdraw")
    async def withdraw(visitor: Manager, mark: Mark, asked: AskedBefore = None) -> Response:
        now = app.clock.now()
        written = await asyncio.to_thread(answers.remove, where(), mark, now=now)
        back, once = asked or [], uuid4().hex
        await deed(
            app, visitor, "answer.withdrawn", _ABOUT, answers.withdraw, written, reopens=back, once=once, now=now
        )
        return screen.told(visitor.say("Ответ убран."))

    @routes.post("/answers/change")
    async def change(visitor: Manager, mark: Mark, question: Words = "", answer: Words = "") -> Response:
        written = await asyncio.to_thread(answers.change, where(), mark, question, answer, now=app.clock.now())
        await publish(visitor, "answer.changed", written)
        return screen.told(visitor.say("Ответ изменён."), undo=_back(written))

    @routes.post("/answers/remove")
    async def remove(visitor: Manager, mark: Mark) -> Response:
        written = await asyncio.to_thread(answers.remove, where(), mark, now=app.clock.now())
        await publish(visitor, "answer.removed", written)
        return screen.told(visitor.say("Ответ убран."), undo=_back(written))

    @routes.post("/answers/bring-back")
    async def bring_back(visitor: Manager, mark: Mark, ticket: Ticket, over: Mark) -> Response:
        written = await asyncio.to_thread(answers.bring_back, where(), ticket, mark, over=over)
        await publish(visitor, "answer.brought_back", written)
        return screen.told(visitor.say("Прежний ответ возвращён."))

    return routes


def _back(written: Written) -> str:
    assert written.before is not None
    query = {"mark": written.before.mark, "ticket": written.ticket, "over": written.entry.mark}
    return f"{_PATH}/answers/bring-back?{urlencode(query)}"
