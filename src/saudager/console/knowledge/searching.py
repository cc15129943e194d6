"""The search as the salesperson uses it, tried by a person: what a question finds, with scores and reasons."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from saudager.app import App
from saudager.console.door import Viewer
from saudager.console.knowledge import tabs
from saudager.knowledge import finding


def router(app: App) -> APIRouter:
    """``GET /search?question=…``."""
    routes = APIRouter()

    @routes.get("/search")
    async def search(
        request: Request, visitor: Viewer, question: Annotated[str, Query(max_length=4000)] = ""
    ) -> HTMLResponse:
        explained = await app.db.read(finding.explain, question) if question.strip() else None
        return await tabs.page(
            app, request, visitor, "knowledge_search.html", tab="search", question=question, explained=explained
        )

    return routes
