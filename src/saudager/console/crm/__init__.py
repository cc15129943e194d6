"""The CRM: its account connected, its leads as we know them, and one lead with both sides of its history."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.crm import account, board, by_stage, lead
from saudager.console.numbers import number_in
from saudager.crm import listing


def router(app: App) -> APIRouter:
    routes = APIRouter()
    for part in (account, by_stage, lead, board):
        routes.include_router(part.router(app))
    return routes


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    return listing.mark(session)


def _mark_of_lead(session: Session, argument: str | None, *, now: datetime) -> str:
    return "" if (number := number_in(argument)) is None else listing.mark_of_lead(session, number)


WATCHES = {"crm": _mark, "lead": _mark_of_lead}
