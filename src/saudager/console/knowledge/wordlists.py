"""Two lists of the shop's own: which document's prices rule, and which words mean the same."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer
from saudager.console.knowledge import tabs
from saudager.knowledge import aside, folder, library, synonyms

_FILES = {"ranking": folder.RANKING, "synonyms": synonyms.FILE}


def router(app: App) -> APIRouter:
    """The lists, and their change with an undo."""
    routes = APIRouter()

    def where() -> Path:
        return app.settings.knowledge_folder

    @routes.get("/words")
    async def words(request: Request, visitor: Viewer) -> HTMLResponse:
        return await tabs.page(
            app,
            request,
            visitor,
            "knowledge_words.html",
            tab="words",
            lists={which: await asyncio.to_thread(folder.list_of, where(), file) for which, file in _FILES.items()},
            ranked=await asyncio.to_thread(folder.ranking, where()),
            files=[one.file for one in await app.db.read(library.shelf)],
            problems=(await asyncio.to_thread(synonyms.in_force, where())).problems,
        )

    @routes.post("/words")
    async def change(
        visitor: Manager,
        which: Annotated[Literal["ranking", "synonyms"], Form()],
        text: Annotated[str, Form(max_length=200_000)] = "",
    ) -> Response:
        now, file = app.clock.now(), _FILES[which]
        before = await asyncio.to_thread(aside.keep_copy, where(), file, now=now)
        await asyncio.to_thread(folder.write, where(), file, text.replace("\r\n", "\n"))
        await deed(app, visitor, "words.changed", f"document:{file}", library.ask_to_read, once=uuid4().hex, now=now)
        undo = None if before is None else f"/console/knowledge/words/undo?{urlencode({'ticket': before.ticket})}"
        return screen.told(visitor.say("Сохранено. Действует с этой минуты."), undo=undo)

    @routes.post("/words/undo")
    async def undo(visitor: Manager, ticket: Annotated[str, Query(max_length=100)]) -> Response:
        now = app.clock.now()
        kept = await asyncio.to_thread(aside.bring_back, where(), ticket, now=now, over=True)
        about = f"document:{kept.file}"
        await deed(app, visitor, "words.restored", about, library.ask_to_read, once=uuid4().hex, now=now)
        return screen.told("", then="/console/knowledge/words")

    return routes
