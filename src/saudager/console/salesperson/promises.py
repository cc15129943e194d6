"""The promise table: what the salesperson may promise, on which conditions and until when."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import ValidationError
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from saudager import promises
from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.promises import FIGURES, Wording
from saudager.promises.models import Kind, Promise

KINDS = {
    Kind.DISCOUNT: ("Скидка", "не больше, процентов"),
    Kind.INSTALMENTS: ("Рассрочка", "не дольше, месяцев"),
    Kind.FREE_DELIVERY: ("Бесплатная доставка", "при заказе от, в валюте магазина"),
    Kind.GIFT: ("Подарок", ""),
    Kind.WARRANTY: ("Гарантия", "месяцев"),
    Kind.OTHER: ("Другое", ""),
}
_PROBLEMS = {
    "kind": "Выберите, что обещаем.",
    "words": "Напишите обещание словами, от 3 до 500 знаков.",
    "words_kk": "Не длиннее 500 знаков.",
    "words_en": "Не длиннее 500 знаков.",
    "conditions": "Не длиннее 500 знаков.",
    "figure": "Нужно целое число: скидка от 1 до 100 процентов, рассрочка от 1 до 120 месяцев, гарантия от 1 до 1200.",
    "valid_from": "Нужна дата.",
    "valid_until": "Нужна дата не раньше первого дня.",
}
_EMPTY = dict.fromkeys(Wording.model_fields, "") | {"kind": Kind.DISCOUNT.value}


def router(app: App) -> APIRouter:
    """``/promises`` lists and adds them, ``/promises/ID`` changes one."""
    routes = APIRouter(prefix="/promises")

    @routes.get("")
    async def table(request: Request, visitor: Viewer) -> HTMLResponse:
        title = visitor.say("Обещания магазина")
        listed = await app.db.read(promises.everything)
        return screen.page(
            request, visitor, "salesperson_promises.html", title=title, **_rows(app, listed), **_form(None, _EMPTY)
        )

    @routes.get("/list")
    async def rows(visitor: Viewer) -> HTMLResponse:
        listed = await app.db.read(promises.everything)
        return screen.part(visitor, "salesperson_promises_list.html", **_rows(app, listed))

    @routes.post("")
    async def add(request: Request, visitor: Manager) -> Response:
        typed = await _typed(request)
        wording, problems = _read(typed)
        if wording is None:
            return _part(visitor, _form(None, typed, problems))
        now = app.clock.now()
        number = await deed(app, visitor, "promise.added", "promises", promises.add, wording, by=visitor.name, now=now)
        words = visitor.say("Обещание добавлено: продавец может сказать его уже сейчас.")
        return _told(_part(visitor, _form(None, _EMPTY)), words, undo=f"{_address(number)}/use?active=0")

    @routes.get("/{number}")
    async def one(request: Request, visitor: Viewer, number: Number) -> HTMLResponse:
        promise = await app.db.read(promises.get, number)
        typed = {name: _as_typed(getattr(promise, name)) for name in Wording.model_fields}
        title = visitor.say("Обещание")
        return screen.page(
            request, visitor, "salesperson_promise.html", title=title, promise=promise, **_form(number, typed)
        )

    @routes.post("/{number}")
    async def change(request: Request, visitor: Manager, number: Number) -> Response:
        typed = await _typed(request)
        wording, problems = _read(typed)
        if wording is None:
            return _part(visitor, _form(number, typed, problems))
        now = app.clock.now()
        await deed(
            app,
            visitor,
            "promise.changed",
            f"promise:{number}",
            promises.change,
            number,
            wording,
            by=visitor.name,
            now=now,
        )
        return screen.told("", then="/console/salesperson/promises")

    @routes.post("/{number}/use")
    async def use(visitor: Manager, number: Number, active: bool) -> Response:
        now, action = app.clock.now(), "promise.used" if active else "promise.withdrawn"
        await deed(
            app, visitor, action, f"promise:{number}", promises.use, number, active=active, by=visitor.name, now=now
        )
        words = visitor.say("Продавец снова может это обещать.") if active else visitor.say("Больше этого не обещаем.")
        return screen.told(words, undo=f"{_address(number)}/use?active={int(not active)}")

    return routes


def _address(number: int) -> str:
    return f"/console/salesperson/promises/{number}"


def _rows(app: App, listed: Any) -> dict[str, Any]:
    today = app.clock.now().astimezone(app.settings.zone).date()
    return {"promises": listed, "kinds": KINDS, "today": today, "holds": promises.holds, "currency": _currency(app)}


def _currency(app: App) -> str:
    return app.settings.currency


def _form(number: int | None, typed: dict[str, str], problems: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "chosen": number,
        "typed": typed,
        "problems": problems or {},
        "choices": [(kind.value, title) for kind, (title, _) in KINDS.items()],
        "figures": [(title, figure) for kind, (title, figure) in KINDS.items() if kind in FIGURES],
    }


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: str(form.get(name, "")).strip() for name in Wording.model_fields}


def _read(typed: dict[str, str]) -> tuple[Wording | None, dict[str, str]]:
    given: dict[str, Any] = {name: value or None for name, value in typed.items()}
    given |= {name: typed[name] for name in ("words", "words_kk", "words_en", "conditions")}
    given["figure"] = "".join(typed["figure"].split()) or None
    try:
        return Wording(**given), {}
    except ValidationError as error:
        return None, {str(problem["loc"][0]): _PROBLEMS[str(problem["loc"][0])] for problem in error.errors()}


def _as_typed(value: Any) -> str:
    return "" if value is None else str(value)


def _part(visitor: Visitor, form: dict[str, Any]) -> HTMLResponse:
    return screen.part(visitor, "salesperson_promise_form.html", **form)


def _told(part: HTMLResponse, words: str, *, undo: str) -> HTMLResponse:
    part.headers["hx-trigger"] = screen.told(words, undo=undo).headers["hx-trigger"]
    return part


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    standing = func.count(case((Promise.active, 1)))
    return str(session.execute(select(func.count(), standing, func.max(Promise.changed_at)).select_from(Promise)).one())


WATCHES = {"promises": _mark}
