"""Contacts: who they are, what the shop knows of each, and joining, parting and forgetting them."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.contacts import everyone, joining, leaving, one, whitelist
from saudager.console.numbers import number_in
from saudager.people import card, listing


def router(app: App) -> APIRouter:
    """The list, the whitelist, a contact's page, and what is done there."""
    routes = APIRouter()
    for pages in (everyone, whitelist, joining, leaving, one):
        routes.include_router(pages.router(app), prefix="/console/contacts")
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else card.mark(session, number)


WATCHES = {"contacts": _mark, "contact": _mark_of_one}
