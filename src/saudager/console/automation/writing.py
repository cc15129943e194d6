"""The editor: YAML with the place of every mistake while it is typed, and what it would do in plain words."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import checking, describing, shipped, versions
from saudager.automation.models import Automation
from saudager.automation.names import NAMES, ON_THE_WAY, SAYS, TOLD
from saudager.automation.reading import MOST_BYTES, Mistaken
from saudager.console import screen
from saudager.console.automation.everyone import HOME
from saudager.console.deeds import note
from saudager.console.door import Manager, Owner, Visitor
from saudager.errors import NotFound

Source = Annotated[str, Form(max_length=MOST_BYTES)]
_BEGINNING = """\
rule: thanks
title: Спасибо за покупку
when: order_delivered
if:
  - order.total >= 10000
then:
  - send_message:
      class: service
      text: "{contact.first_name|Здравствуйте}, спасибо за покупку! Всё ли в порядке с заказом {order.code}?"
"""


def router(app: App) -> APIRouter:
    """``/new`` with an empty or a shipped text, ``/check`` while it is typed, ``POST /`` keeps a version."""
    routes = APIRouter()

    @routes.get("/new")
    async def new(request: Request, visitor: Owner, scenario: str = "") -> HTMLResponse:
        text = _text_of(scenario) if scenario else _BEGINNING
        return screen.page(
            request,
            visitor,
            "automation_new.html",
            title=visitor.say("Новое правило или сценарий"),
            text=text,
            **await checked(app, text),
            **catalogue(),
        )

    @routes.post("/check")
    async def check(visitor: Manager, text: Source = "") -> HTMLResponse:
        return screen.part(visitor, "automation_checked.html", **await checked(app, text))

    @routes.post("/save")
    async def save(visitor: Owner, text: Source = "") -> Response:
        try:
            kept = await app.db.run(_save, app, visitor, text)
        except Mistaken as error:
            refused = screen.part(visitor, "automation_checked.html", problems=error.problems, steps=(), refused=True)
            refused.headers["hx-retarget"], refused.headers["hx-reswap"] = "#checked", "outerHTML"
            return refused
        return screen.told(visitor.say("Сохранено."), then=f"{HOME}/{kept}")

    return routes


async def checked(app: App, text: str) -> dict[str, object]:
    """The mistakes of a text, or its steps in words."""
    try:
        definition = await app.db.read(checking.check, text)
    except Mistaken as error:
        return {"problems": error.problems, "steps": ()}
    return {"problems": (), "steps": list(describing.whole(definition))}


def catalogue() -> dict[str, object]:
    """What may be written: events with what they tell, and names."""
    return {"events": SAYS, "told": TOLD, "names": {**NAMES, **ON_THE_WAY}}


def _text_of(scenario: str) -> str:
    for one in shipped.everyone():
        if one.name == scenario:
            return one.source
    raise NotFound("Такого готового сценария нет.")


def _save(session: Session, app: App, visitor: Visitor, text: str) -> int:
    now = app.clock.now()
    kept: Automation = versions.save(session, text, by=visitor.name, zone=app.settings.zone, now=now)
    about = versions.subject_of_desk(kept.id)
    note(session, visitor, "automation.saved", about, {"name": kept.name, "version": kept.live}, now=now)
    return kept.id
