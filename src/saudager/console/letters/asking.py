"""A letter to be written: to whom, about what, in which tone, and what it is to offer; once more in other words."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Visitor
from saudager.console.letters.everyone import HOME
from saudager.console.numbers import Number
from saudager.letters import desk, recipients, tasks
from saudager.letters.asking import LONGEST_CONTEXT, MOST_PRODUCTS, Purpose
from saudager.letters.tasks import generate_personalized_letter, regenerate_personalized_letter

_Once = Annotated[str, Form(pattern=r"^[A-Za-z0-9-]{8,64}$")]
_Context = Annotated[str, Form(max_length=2 * LONGEST_CONTEXT)]
_Tone = Annotated[str, Form(min_length=1, max_length=60)]
_Products = Annotated[list[Number], Form(max_length=MOST_PRODUCTS)]


def router(app: App) -> APIRouter:
    """``/new`` and ``/12/anew``: the forms, and what they ask for; a form sent twice asks once."""
    routes = APIRouter()

    @routes.get("/new")
    async def new(request: Request, visitor: Manager, person: Number | None = None, q: str = "") -> HTMLResponse:
        shown = await app.db.read(_new, person, q[:200])
        return screen.page(request, visitor, "letter_new.html", title=visitor.say("Новое письмо"), tab="", **shown)

    @routes.post("/new")
    async def write(
        visitor: Manager,
        person: Annotated[Number, Form()],
        once: _Once,
        purpose: Annotated[Purpose, Form()],
        tone: _Tone,
        context: _Context = "",
        products: _Products = [],  # noqa: B006 (FastAPI copies it)
        sales: Annotated[str, Form()] = "",
    ) -> Response:
        def ask(session: Session) -> int:
            task_id = generate_personalized_letter.enqueue(
                session,
                user_id=visitor.operator_id,
                recipient_id=person,
                context=_lines(context),
                tone=tone,
                purpose=purpose,
                products=products,
                include_sales_data=sales == "1",
                task_id=tasks.id_of(once),
                now=app.clock.now(),
            )
            return tasks.letter_of(session, task_id) or 0

        letter_id = await deed(app, visitor, "letter.asked", f"person:{person}", ask)
        return screen.told(visitor.say("Пишем письмо."), then=f"{HOME}/{letter_id}")

    @routes.get("/{letter_id:int}/anew")
    async def again(request: Request, visitor: Manager, letter_id: Number) -> HTMLResponse:
        shown = await app.db.read(_anew, letter_id)
        title = visitor.say("Написать заново")
        return screen.page(request, visitor, "letter_anew.html", title=title, tab="", **shown)

    @routes.post("/{letter_id:int}/anew")
    async def rewrite(
        visitor: Manager,
        letter_id: Number,
        once: _Once,
        purpose: Annotated[Purpose, Form()],
        tone: _Tone,
        context: _Context = "",
        products: _Products = [],  # noqa: B006 (FastAPI copies it)
        sales: Annotated[str, Form()] = "",
    ) -> Response:
        await deed(
            app,
            visitor,
            "letter.anew",
            f"letter:{letter_id}",
            regenerate_personalized_letter.enqueue,
            letter_id=letter_id,
            user_id=_signed(visitor),
            context=_lines(context),
            tone=tone,
            purpose=purpose,
            products=products,
            include_sales_data=sales == "1",
            task_id=tasks.id_of(once),
            now=app.clock.now(),
        )
        return screen.told(visitor.say("Пишем заново."), then=f"{HOME}/{letter_id}")

    return routes


def _signed(visitor: Visitor) -> int:
    return visitor.operator_id


def _lines(typed: str) -> str:
    """What was typed, with the line ends everybody else uses."""
    return typed.replace("\r\n", "\n").strip()[:LONGEST_CONTEXT]


def _new(session: Session, person_id: int | None, query: str) -> dict[str, Any]:
    chosen = None if person_id is None else recipients.one(session, person_id)
    found = recipients.found(session, query) if chosen is None else []
    return {"chosen": chosen, "q": query, "found": found, **_form(session)}


def _anew(session: Session, letter_id: int) -> dict[str, Any]:
    return {"row": desk.whole(session, letter_id), **_form(session)}


def _form(session: Session) -> dict[str, Any]:
    return {
        "once": uuid4().hex,
        "catalogue": recipients.catalogue(session),
        "longest": LONGEST_CONTEXT,
        "most_products": MOST_PRODUCTS,
    }
