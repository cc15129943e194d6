"""Letters that rest on what a company buys: asked for, read beside their facts, edited, sent."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.letters import asking, everyone, one
from saudager.console.numbers import number_in
from saudager.letters import listing


def router(app: App) -> APIRouter:
    """The list, the form of a new letter, and one letter; only digits are a letter's number, so other rooms may have
    pages below ``/console/letters`` too."""
    routes = APIRouter()
    for part in (everyone, asking, one):
        routes.include_router(part.router(app), prefix="/console/letters")
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else listing.mark_of_one(session, number)


WATCHES = {"letters": _mark, "letter": _mark_of_one}
