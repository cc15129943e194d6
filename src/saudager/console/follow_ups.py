"""Follow-ups: who is written to again by touch, who is held and why, how the chains ended; paused and stopped here."""

from collections.abc import Callable, Sequence
from datetime import datetime, time
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.errors import Refused
from saudager.followups import board, touches
from saudager.followups.board import View
from saudager.followups.rules import Stop

_AT_ONCE = 20
_PATH = "/console/follow-ups"
_MOST_CHARACTERS = 300


def _chosen(
    chain: Annotated[list[Number] | None, Form(max_length=board.MOST_AT_ONCE)] = None,
    named: Annotated[list[Number] | None, Query(alias="chain", max_length=board.MOST_AT_ONCE)] = None,
) -> list[int]:
    """The chains ticked in the form, or named by the button."""
    return named or chain or []


Chosen = Annotated[list[int], Depends(_chosen)]
Note = Annotated[str, Form(max_length=_MOST_CHARACTERS)]


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return board.mark(session)


WATCHES = {"follow-ups": _mark}


def router(app: App) -> APIRouter:
    """The board with its parts, and what a person does to the chains chosen on it."""
    routes = APIRouter(prefix=_PATH)

    @routes.get("")
    async def follow_ups(
        request: Request, visitor: Viewer, view: View = "running", outcome: str = "", contact: Number | None = None
    ) -> HTMLResponse:
        columns: list[int | None] = list(board.TOUCHES) if view == "running" else [None]
        counts, lists = await app.db.read(_shown, view, columns, outcome, contact)
        cards = [card for one in lists.values() for card in one.cards]
        return screen.page(
            request,
            visitor,
            "follow_ups.html",
            title=visitor.say("Касания"),
            view=view,
            outcome=outcome,
            contact=contact,
            counts=counts,
            counted=board.COUNTED,
            lists=lists,
            foreseen=await _foreseen(app, view, cards),
            stops=list(Stop),
        )

    @routes.get("/list")
    async def more(
        visitor: Viewer,
        view: View = "running",
        touch: Annotated[int | None, Query(ge=1, le=5)] = None,
        outcome: str = "",
        contact: Number | None = None,
        after: str | None = None,
    ) -> HTMLResponse:
        listed = await app.db.read(
            board.listed, view, touch=touch, outcome=outcome or None, contact_id=contact, after=after, limit=_AT_ONCE
        )
        template = "follow_ups_list.html" if after is None else "follow_ups_more.html"
        return screen.part(
            visitor,
            template,
            view=view,
            touch=touch,
            outcome=outcome,
            contact=contact,
            listed=listed,
            foreseen=await _foreseen(app, view, listed.cards),
        )

    async def steer(visitor: Visitor, action: str, chains: list[int], do: Callable[[Session], list[int]]) -> list[int]:
        if not chains:
            raise Refused(visitor.say("Отметьте хотя бы одно касание."))
        about = f"follow_up:{chains[0]}" if len(chains) == 1 else "follow_ups"
        return await detailed(app, visitor, action, about, {"chains": chains}, do)

    @routes.post("/pause")
    async def pause(visitor: Manager, chains: Chosen, until: Annotated[str, Form()] = "", note: Note = "") -> Response:
        now, moment = app.clock.now(), _morning(until, visitor)
        paused = await steer(
            visitor, "follow_up.paused", chains, partial(board.pause, chains=chains, until=moment, note=note, now=now)
        )
        return screen.told(visitor.say("Отложено: %(n)s", n=len(paused)), undo=_path("go-on", paused))

    @routes.post("/go-on")
    async def go_on(visitor: Manager, chains: Chosen) -> Response:
        resume = partial(board.go_on, chains=chains, intervals=app.settings.follow_up_intervals, now=app.clock.now())
        going = await steer(visitor, "follow_up.went_on", chains, resume)
        return screen.told(visitor.say("Снова идут: %(n)s", n=len(going)))

    @routes.post("/stop")
    async def stop(visitor: Manager, chains: Chosen, note: Note = "") -> Response:
        end = partial(board.stop, chains=chains, note=note, now=app.clock.now())
        stopped = await steer(visitor, "follow_up.stopped", chains, end)
        return screen.told(visitor.say("Остановлено касаний: %(n)s", n=len(stopped)), undo=_path("reopen", stopped))

    @routes.post("/reopen")
    async def reopen(visitor: Manager, chains: Chosen) -> Response:
        resume = partial(board.reopen, chains=chains, intervals=app.settings.follow_up_intervals, now=app.clock.now())
        going = await steer(visitor, "follow_up.reopened", chains, resume)
        return screen.told(visitor.say("Снова идут: %(n)s", n=len(going)))

    return routes


def _shown(
    session: Session, view: View, columns: list[int | None], outcome: str, contact: Number | None
) -> tuple[dict[str, int], dict[int | None, board.Listed]]:
    lists = {
        touch: board.listed(session, view, touch=touch, outcome=outcome or None, contact_id=contact, limit=_AT_ONCE)
        for touch in columns
    }
    return board.counts(session), lists


async def _foreseen(app: App, view: View, cards: Sequence[board.Card]) -> dict[int, str]:
    """Why those shown as running will not be written to after all."""
    if view != "running" or not cards:
        return {}
    return await app.db.read(touches.foreseen, {card.id: card.next_touch_at for card in cards}, app.settings)


def _path(deed: str, chains: Sequence[int]) -> str:
    return f"{_PATH}/{deed}?{urlencode([('chain', chain) for chain in chains])}"


def _morning(day: str, visitor: Visitor) -> datetime | None:
    """The morning of a day as a date field sends it; None for an empty one."""
    if not day:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(day), time(), visitor.wording.zone)
    except ValueError:
        raise Refused(visitor.say("Дата не читается. Выберите день в календаре.")) from None
