"""Exams: a suite chosen, taken in the background, its report kept and compared with the one before."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.numbers import Number
from saudager.exam import runs
from saudager.exam.models import ExamRun
from saudager.exam.page import shown

PAGE = 20
SUITES = {
    "answers": ("Ответы по документам", "Говорит то, что в документах есть, и обещает узнать остальное."),
    "moderator": ("Кто пишет", "Отличает покупателей от остальных."),
    "grounding": ("Проверка перед отправкой", "Пропускает верное и останавливает выдуманное."),
    "intent": ("Да или нет", "Понимает, что покупатель ответил на предложение."),
    "optout": ("«Больше не пишите»", "Слышит просьбу не писать и не слышит её там, где её нет."),
    "callslot": ("Время звонка", "Понимает, на когда договорились."),
    "dialogues": ("Разговоры", "Выдерживает целые разговоры с разными покупателями. Идёт несколько минут."),
}
STATES = {
    "running": ("info", "идёт"),
    "done": ("good", "окончен"),
    "failed": ("bad", "не удался"),
    "cancelled": ("", "остановлен"),
}


def router(app: App) -> APIRouter:
    """``/exams`` lists and begins them, ``/exams/ID`` is a report."""
    routes = APIRouter(prefix="/exams")

    @routes.get("")
    async def overview(request: Request, visitor: Viewer) -> HTMLResponse:
        title = visitor.say("Экзамен")
        taken = await app.db.read(_taken)
        return screen.page(
            request,
            visitor,
            "salesperson_exams.html",
            title=title,
            choices=SUITES,
            hosted=app.model.hosted,
            **taken,
        )

    @routes.get("/list")
    async def listed(visitor: Viewer, before: Number | None = None) -> HTMLResponse:
        template = "salesperson_exams_list.html" if before is None else "salesperson_exams_more.html"
        return screen.part(visitor, template, **await app.db.read(_taken, before))

    @routes.post("")
    async def begin(
        visitor: Manager, suite: Annotated[str, Form()], engine: Annotated[str, Form()] = "offline"
    ) -> Response:
        now = app.clock.now()
        await deed(app, visitor, "exam.begun", f"exam:{suite}", runs.begin, suite, engine, by=visitor.name, now=now)
        return screen.told(visitor.say("Экзамен начался. Страницу можно закрыть: отчёт останется здесь."))

    @routes.post("/{number}/cancel")
    async def cancel(visitor: Manager, number: Number) -> Response:
        await deed(app, visitor, "exam.cancelled", f"exam:{number}", runs.cancel, number, now=app.clock.now())
        return screen.told(visitor.say("Экзамен остановлен."))

    @routes.get("/{number}")
    async def report(request: Request, visitor: Viewer, number: Number) -> HTMLResponse:
        run, before = await app.db.read(_with_the_one_before, number)
        worse, better = runs.changes(run, before)
        wrong = run.result["wrong"] if run.result else []
        return screen.page(
            request,
            visitor,
            "salesperson_exam.html",
            title=visitor.say(SUITES[run.suite][0]),
            run=run,
            about=SUITES[run.suite][1],
            state=STATES[run.state],
            before=before,
            worse=worse,
            better=better,
            wrong=[shown(_without_lines(one)) | {"transcript": one.get("transcript", [])} for one in wrong],
        )

    return routes


def _without_lines(wrong: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wrong.items() if name != "transcript"}


def _taken(session: Session, before: int | None = None) -> dict[str, Any]:
    found = runs.newest(session, before=before, most=PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else None
    return {
        "runs": found[:PAGE],
        "more": more,
        "under_way": runs.under_way(session),
        "suites": SUITES,
        "states": STATES,
    }


def _with_the_one_before(session: Session, number: int) -> tuple[ExamRun, ExamRun | None]:
    run = runs.get(session, number)
    return run, runs.former(session, run)


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    under_way = runs.under_way(session)
    newest = runs.newest(session, most=1)
    return str([(one.id, one.state, one.done, one.total) for one in (under_way, *newest) if one is not None])


WATCHES = {"exams": _mark}
