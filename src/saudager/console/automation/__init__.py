"""Rules and sequences: listed, written and checked, tried on what has happened, and followed step by step."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.automation import listing
from saudager.console.automation import everyone, journeys, one, writing
from saudager.console.numbers import number_in


def router(app: App) -> APIRouter:
    """The lists and the form come first: what is left below is a rule's or sequence's number."""
    routes = APIRouter()
    for part in (everyone, writing, journeys, one):
        routes.include_router(part.router(app), prefix=everyone.HOME)
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else listing.mark(session, number)


WATCHES = {"automations": _mark, "automation": _mark_of_one}
