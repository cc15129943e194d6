"""Campaigns: whom a letter of his own is written to, how far they are, what is approved, and what came of them."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.campaigns import beginning, everyone, looking, one
from saudager.console.numbers import number_in
from saudager.letters import campaigns


def router(app: App) -> APIRouter:
    """The list and the form come first: what is left below ``/console/letters/campaigns`` is a campaign's number."""
    routes = APIRouter()
    for part in (everyone, beginning, looking, one):
        routes.include_router(part.router(app), prefix=everyone.HOME)
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return campaigns.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else campaigns.mark_of_one(session, number)


WATCHES = {"campaigns": _mark, "campaign": _mark_of_one}
