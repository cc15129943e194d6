"""The salesperson's page: what he is told, what he may promise, how he answers in a trial, how he does in exams."""

from fastapi import APIRouter

from saudager.app import App
from saudager.console.salesperson import exams, promises, prompts, trial

WATCHES = prompts.WATCHES | promises.WATCHES | exams.WATCHES


def router(app: App) -> APIRouter:
    """Four tabs under ``/console/salesperson``."""
    routes = APIRouter()
    for tab in (prompts, promises, trial, exams):
        routes.include_router(tab.router(app), prefix="/console/salesperson")
    return routes
