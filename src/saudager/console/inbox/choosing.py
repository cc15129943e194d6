"""Choosing a picture for a customer: of those somebody of the shop accepted."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from saudager.agent import picturing
from saudager.app import App
from saudager.console import screen
from saudager.console.door import Manager
from saudager.console.numbers import Number
from saudager.studio.drawing import thumbnail_of

_Words = Annotated[str, Query(max_length=200)]


def router(app: App) -> APIRouter:
    """``GET /console/inbox/12/pictures?q=камри``: what may be sent, each with a button that does."""
    routes = APIRouter()

    @routes.get("/console/inbox/{conversation_id}/pictures")
    async def pictures(visitor: Manager, conversation_id: Number, q: _Words = "") -> HTMLResponse:
        found = await app.db.read(picturing.to_choose, q, app.settings)
        return screen.part(
            visitor,
            "inbox_pictures.html",
            conversation=conversation_id,
            asked=q,
            found=found,
            small=lambda path: f"/{thumbnail_of(path)}",
            once=uuid4().hex,
        )

    return routes
