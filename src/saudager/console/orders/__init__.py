"""Orders: what was bought and what was said about it, the shops they come from, the messages, and what these bring."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.numbers import number_in
from saudager.console.orders import deciding, everyone, importing, messages, one, results, shops, trial
from saudager.orders import listing

UPLOADS = importing.UPLOADS


def router(app: App) -> APIRouter:
    """The list and its tabs come first: what is left below ``/console/orders`` is an order's number."""
    routes = APIRouter()
    for part in (everyone, shops, messages, trial, results, importing, deciding, one):
        routes.include_router(part.router(app), prefix="/console/orders")
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.mark(session)


def _mark_of_one(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else listing.mark_of_one(session, number)


WATCHES = {"orders": _mark, "order": _mark_of_one, "shops": shops.mark, "order_import": importing.mark}
