"""Why did it say that? One turn with everything it rests on: who, passages, figures, checks, drafts, money, times."""

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.agent import explaining
from saudager.agent.explaining import Why
from saudager.agent.traces import Asked
from saudager.agent.wording import DEEDS, FAULTS, SILENCES
from saudager.app import App
from saudager.console import screen
from saudager.console.door import Viewer
from saudager.console.numbers import Number
from saudager.conversations.models import Turn
from saudager.engines.notices import TITLES

_STEPS = {"waited": "ждал, не допишет ли клиент", "search": "поиск", "model": "модель", "check": "проверка"}


def router(app: App) -> APIRouter:
    """``GET /console/turns/7`` is a page of its own, ``/console/turns/7/why`` the same beside a conversation."""
    routes = APIRouter(prefix="/console/turns/{turn_id}")

    @routes.get("")
    async def page(request: Request, visitor: Viewer, turn_id: Number) -> HTMLResponse:
        shown = await app.db.read(_read, turn_id)
        return screen.page(request, visitor, "why.html", title=visitor.say("Почему он так ответил"), **shown)

    @routes.get("/why")
    async def part(visitor: Viewer, turn_id: Number) -> HTMLResponse:
        return screen.part(visitor, "why_beside.html", **await app.db.read(_read, turn_id))

    return routes


def _read(session: Session, turn_id: int) -> dict[str, Any]:
    why: Why = explaining.why(session, turn_id)
    return {"why": why, "conversation": session.get_one(Turn, turn_id).conversation_id, **words()}


def words() -> dict[str, Any]:
    """What ``why_part.html`` says things with, wherever a turn is explained."""
    return {
        "steps": _STEPS,
        "faults": FAULTS,
        "deeds": DEEDS,
        "silences": SILENCES,
        "engines": TITLES,
        "dollars": _dollars,
        "tokens": _tokens,
    }


def _tokens(call: Asked) -> int:
    return call.tokens_in + call.tokens_out


def _dollars(usd: Decimal) -> str:
    """Two figures that mean something, however small the sum: 0.0004"""
    return f"{usd:.2f}" if usd >= 1 or not usd else f"{usd:.{max(2, 1 - usd.adjusted())}f}"
