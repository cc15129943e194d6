"""Pictures of products: series asked for, the contact sheet they come in on, and what the salesperson may send."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.numbers import number_in
from saudager.console.pictures import asking, everyone, one
from saudager.studio import listing

UPLOADS = asking.UPLOADS


def router(app: App) -> APIRouter:
    """The list, the form of a new series, and one series: only digits are its number."""
    routes = APIRouter()
    for part in (everyone, asking, one):
        routes.include_router(part.router(app), prefix=everyone.HOME)
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else listing.mark_of_one(session, number)


WATCHES = {"pictures": _mark, "series": _mark_of_one}
