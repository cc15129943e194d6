"""Queues: how much waits in each, what nobody could handle and can be put back, and what the clock asks for."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.connections import jobs
from saudager.console.connections.asking import note, trouble
from saudager.console.deeds import deed
from saudager.console.door import Manager, Owner, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.contracts import account_of
from saudager.errors import NotFound, OutsideError
from saudager.providers.gateway import DeadLetter
from saudager.queues import dead_letters, table

Side = Literal["gateway", "agent"]

_GONE = "Этого здесь уже нет."
_QUEUES = {
    "incoming_messages": "пришло от покупателей",
    "outgoing_messages": "отправить покупателям",
    "delivery_reports": "отчёты о доставке",
    "voice_transcription": "распознать голосовые",
    "media_files": "скачать файлы",
    "mirrored_lines": "показать в CRM",
    "outgoing_mail": "отправить письма",
    "email_tasks": "написать письма",
    "turns": "ответить",
    "outreach": "написать первыми",
    "tasks": "задачи",
    "gateway_tasks": "задачи шлюза",
    "events": "события",
    "crm_deeds": "сделать в CRM",
    "crm_talks": "записать переписку в CRM",
    "crm_news": "новости из CRM",
}


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue: its words, its name, and how many messages it has by state."""

    words: str
    name: str
    waiting: int
    done: int
    dead: int


def add_to(routes: APIRouter, app: App) -> None:
    @routes.get("/queues")
    async def page(request: Request, visitor: Viewer) -> Response:
        values = await _everything(app, visitor)
        return screen.page(request, visitor, "connections_queues.html", title=visitor.say("Очереди"), **values)

    @routes.get("/queues/list")
    async def listed(visitor: Viewer) -> Response:
        return screen.part(visitor, "connections_queues_list.html", **await _everything(app, visitor))

    @routes.post("/replay")
    async def replay_one(
        visitor: Manager, side: Annotated[Side, Form()], queue: Annotated[str, Form()], row: Annotated[Number, Form()]
    ) -> Response:
        return await _replay(app, visitor, side, queue, row)

    @routes.post("/replay-all")
    async def replay_all(visitor: Owner, side: Annotated[Side, Form()], queue: Annotated[str, Form()]) -> Response:
        return await _replay(app, visitor, side, queue, None)

    @routes.post("/dismiss")
    async def dismiss(
        visitor: Manager, side: Annotated[Side, Form()], queue: Annotated[str, Form()], row: Annotated[Number, Form()]
    ) -> Response:
        about = f"queue:{queue}"
        if side == "agent":
            await deed(app, visitor, "queue.dismissed", about, _dismiss, queue, row)
        elif await app.gateway.dismiss(queue, row):
            await note(app, visitor, "queue.dismissed", about, row=row)
        else:
            raise NotFound(_GONE)
        return screen.told(visitor.say("Убрано насовсем."))


def _dismiss(session: Session, queue: str, row: int) -> None:
    if not table.dismiss(session, queue, row):
        raise NotFound(_GONE)


async def _replay(app: App, visitor: Visitor, side: Side, queue: str, row: int | None) -> Response:
    about, now = f"queue:{queue}", app.clock.now()
    if side == "gateway":
        count = await app.gateway.replay(queue, row)
        await note(app, visitor, "queue.replayed", about, row=row, count=count)
    else:
        count = await deed(
            app, visitor, "queue.replayed", about, table.redrive, queue, now=now, row=row, lot_of=account_of
        )
    return screen.told(visitor.say("Возвращено в очередь: %(n)s.", n=count))


async def _everything(app: App, visitor: Visitor) -> dict[str, Any]:
    """Both sides' queues; in one database they are the same."""
    depths, letters = await app.db.read(_ours)
    sides: dict[Side, Sequence[DeadLetter]] = {"agent": letters}
    planned = await jobs.planned(app, visitor)
    problem = ""
    if app.service == "agent":
        try:
            theirs, far = await asyncio.gather(app.gateway.queues(), app.gateway.dead_letters())
            depths, sides["gateway"] = _joined(depths, theirs), far
        except OutsideError as error:
            problem = trouble(error)
    return {
        "trouble": problem,
        "depths": _shown(depths, visitor),
        "letters": [(side, letter) for side, found in sides.items() for letter in found],
        "words": {name: visitor.say(words) for name, words in _QUEUES.items()},
        "jobs": planned,
    }


def _ours(session: Session) -> tuple[Mapping[str, Mapping[str, int]], Sequence[DeadLetter]]:
    return table.depth(session), dead_letters.newest(session)


def _joined(
    ours: Mapping[str, Mapping[str, int]], theirs: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    states = table.STATES.values()
    return {
        name: {state: ours.get(name, {}).get(state, 0) + theirs.get(name, {}).get(state, 0) for state in states}
        for name in [*ours, *(name for name in theirs if name not in ours)]
    }


def _shown(depths: Mapping[str, Mapping[str, int]], visitor: Visitor) -> list[Depth]:
    """In the order a message goes through them; what is new to us comes last."""
    known = [*_QUEUES, *sorted(name for name in depths if name not in _QUEUES)]
    return [
        Depth(visitor.say(_QUEUES.get(name, name)), name, states["waiting"], states["done"], states["dead"])
        for name in known
        if (states := depths.get(name)) is not None
    ]


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return str(table.newest(session))


WATCHES = {"queues": _mark}
