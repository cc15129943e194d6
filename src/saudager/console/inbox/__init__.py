"""The inbox: who wrote, what was said in every channel, and stepping in."""

from fastapi import APIRouter

from saudager.app import App
from saudager.console.inbox import choosing, deciding, files, listed, marks, talk, writing

WATCHES = marks.WATCHES


def router(app: App) -> APIRouter:
    """The pages and deeds below ``/console/inbox``, and what they show of others: files and drafts."""
    routes = APIRouter()
    for part in (listed, choosing, talk, writing, deciding, files):
        routes.include_router(part.router(app))
    return routes
