"""Knowledge: the documents and what was read of them, questions without an answer, the shop's own answers, a search."""

from datetime import datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.knowledge import documents, questions, searching, wordlists
from saudager.knowledge import library, unanswered
from saudager.queues import tasks

UPLOADS = documents.UPLOADS


def _mark(session: Session, argument: str | None, *, now: datetime) -> str:
    reading = tasks.under_way(session, library.TASK, now=now)
    return f"{library.version(session)}|{[(one.task_id, one.state, one.progress) for one in reading]}"


def _mark_of_questions(session: Session, argument: str | None, *, now: datetime) -> str:
    return f"{unanswered.count(session)}|{unanswered.newest(session)}"


WATCHES = {"knowledge": _mark, "questions": _mark_of_questions}


def router(app: App) -> APIRouter:
    """The pages below ``/console/knowledge``."""
    routes = APIRouter()
    for part in (documents, questions, searching, wordlists):
        routes.include_router(part.router(app), prefix="/console/knowledge")
    return routes
