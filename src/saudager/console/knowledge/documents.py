"""The documents: uploaded, listed with what is wrong, shown as they were read, taken out and brought back."""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, File, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse, HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed, detailed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.knowledge import tabs
from saudager.knowledge import answers, aside, conflicts, contents, documents, folder, library, papers, synonyms
from saudager.knowledge.papers import Paper
from saudager.queues import tasks

UPLOADS = {"/console/knowledge/upload": papers.MOST * papers.LARGEST + 1_000_000}
_KEPT_SHOWN = 20
_NO_PAPERS = (folder.RANKING, synonyms.FILE, answers.FILE)

File_ = Annotated[str, Query(max_length=1000)]


def router(app: App) -> APIRouter:
    """The list, a document as it was read, and its original."""
    routes = APIRouter()

    def where() -> Path:
        return app.settings.knowledge_folder

    @routes.get("")
    async def shelf(request: Request, visitor: Viewer) -> HTMLResponse:
        return await tabs.page(
            app,
            request,
            visitor,
            "knowledge.html",
            tab="documents",
            kinds=",".join(documents.SUFFIXES),
            readable=documents.READABLE,
            most=papers.MOST,
            largest=papers.LARGEST // 1024**2,
            **await _shelf(app),
        )

    @routes.get("/shelf")
    async def its_shelf(visitor: Viewer) -> HTMLResponse:
        return screen.part(visitor, "knowledge_shelf.html", **await _shelf(app))

    @routes.post("/upload")
    async def upload(visitor: Manager, files: Annotated[list[UploadFile], File()]) -> Response:
        brought = [Paper(file.filename or "", await file.read(papers.LARGEST + 1)) for file in files]
        papers.check(brought)
        await asyncio.to_thread(papers.keep, brought, where(), now=app.clock.now())
        names = [paper.name for paper in brought]
        await _read_again(app, visitor, "knowledge.uploaded", "knowledge", files=names)
        return screen.told(visitor.say("Документы приняты: %(n)s. Читаем.", n=len(names)))

    @routes.post("/read")
    async def read(visitor: Manager) -> Response:
        await _read_again(app, visitor, "knowledge.read", "knowledge")
        return screen.told(visitor.say("Перечитываем папку."))

    @routes.post("/remove")
    async def remove(visitor: Manager, file: File_) -> Response:
        now = app.clock.now()
        kept = await asyncio.to_thread(aside.take_out, where(), file, now=now)

        def forget(session: Session) -> None:
            library.forget(session, file)
            library.ask_to_read(session, once=uuid4().hex, now=now)

        await deed(app, visitor, "knowledge.removed", f"document:{file}", forget)
        return screen.told(visitor.say("Документ убран: %(file)s", file=file), undo=_back(kept.ticket))

    @routes.post("/bring-back")
    async def bring_back(visitor: Manager, ticket: File_) -> Response:
        kept = await asyncio.to_thread(aside.bring_back, where(), ticket, now=app.clock.now(), over=True)
        await _read_again(app, visitor, "knowledge.brought_back", f"document:{kept.file}")
        return screen.told(visitor.say("Документ возвращён: %(file)s", file=kept.file))

    @routes.get("/document")
    async def document(request: Request, visitor: Viewer, file: File_) -> HTMLResponse:
        read = await app.db.read(contents.of_document, file)
        return await tabs.page(app, request, visitor, "knowledge_document.html", tab="documents", file=file, read=read)

    @routes.get("/document/more")
    async def more(visitor: Viewer, file: File_, after: Annotated[int, Query(ge=0)]) -> HTMLResponse:
        read = await app.db.read(contents.of_document, file, after=after)
        return screen.part(visitor, "knowledge_blocks.html", file=file, read=read)

    @routes.get("/original")
    async def original(visitor: Viewer, file: File_) -> FileResponse:
        path = await asyncio.to_thread(folder.path_of, where(), file)
        return FileResponse(path, filename=path.name, content_disposition_type="attachment")

    return routes


async def _shelf(app: App) -> dict[str, Any]:
    where = app.settings.knowledge_folder
    shelf = await app.db.read(library.shelf)
    names = await asyncio.to_thread(folder.names, where)
    kept = [one for one in await asyncio.to_thread(aside.listed, where) if one.file not in _NO_PAPERS]
    return {
        "shelf": shelf,
        "unread": sorted(names - {one.file for one in shelf}),
        "sides": await app.db.read(conflicts.sides),
        "reading": await app.db.read(tasks.under_way, library.TASK, now=app.clock.now()),
        "kept": kept[:_KEPT_SHOWN],
        "names": names,
    }


async def _read_again(app: App, visitor: Visitor, action: str, about: str, **details: Any) -> None:
    now, once = app.clock.now(), uuid4().hex

    def ask(session: Session) -> None:
        library.ask_to_read(session, once=once, now=now)

    await detailed(app, visitor, action, about, details, ask)


def _back(ticket: str) -> str:
    return f"/console/knowledge/bring-back?{urlencode({'ticket': ticket})}"
