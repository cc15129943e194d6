"""Files of invoices and of people: brought, looked at, their columns chosen, taken in whole or not at all."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager
from saudager.errors import NotFound, Refused
from saudager.importing import background, headings, rows, uploads, values
from saudager.queues import tasks
from saudager.sales.importing import taking
from saudager.sales.importing.layouts import Kind
from saudager.sales.importing.taking import Outcome, Wish

_PAGE = "/console/companies/import"
UPLOADS = {_PAGE: rows.LARGEST + 100_000}
_HISTORY, _EXAMPLES = 20, 5

Ticket = Annotated[str, InPath(max_length=60)]
Run = Annotated[str, InPath(max_length=80)]


def router(app: App) -> APIRouter:
    """The form with what was taken in before, a file that was brought, and what becomes of it."""
    routes = APIRouter(prefix="/import")

    @routes.get("")
    async def page(request: Request, visitor: Manager) -> HTMLResponse:
        return screen.page(
            request,
            visitor,
            "sales_import.html",
            title=visitor.say("Загрузка продаж из файла"),
            kinds=tuple(Kind),
            largest=rows.LARGEST // 1024**2,
            most=rows.MOST_ROWS,
            history=await app.db.read(taking.history, most=_HISTORY),
        )

    @routes.post("")
    async def bring(visitor: Manager, file: Annotated[UploadFile, File()], kind: Annotated[Kind, Form()]) -> Response:
        data = await file.read(rows.LARGEST + 1)
        await asyncio.to_thread(rows.read, data, kind.layout, first=_EXAMPLES)
        ticket = await asyncio.to_thread(uploads.keep, app.settings, file.filename or "", data, now=app.clock.now())
        return screen.told("", then=f"{_PAGE}/{ticket}?kind={kind}")

    @routes.get("/template")
    async def template(visitor: Manager, kind: Kind) -> FileResponse:
        return FileResponse(kind.template, filename=f"saudager-{kind}.csv", content_disposition_type="attachment")

    @routes.get("/{ticket}")
    async def look(request: Request, visitor: Manager, ticket: Ticket, kind: Annotated[Kind, Query()]) -> HTMLResponse:
        kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
        data = await asyncio.to_thread(kept.path.read_bytes)
        sheet = await asyncio.to_thread(rows.read, data, kind.layout, first=_EXAMPLES)
        return screen.page(
            request,
            visitor,
            "sales_import_file.html",
            title=visitor.say("Проверьте колонки"),
            kept=kept,
            kind=kind,
            sheet=sheet,
            letters=[headings.letter(place) for place in range(len(sheet.headings))],
            fields=kind.layout.fields,
            known=headings.recognise(sheet.headings, kind.layout),
            examples=_EXAMPLES,
            shown=values.shown,
        )

    @routes.post("/{ticket}")
    async def take(request: Request, visitor: Manager, ticket: Ticket, kind: Annotated[Kind, Form()]) -> Response:
        kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
        columns = _chosen(await request.form(), kind)
        if lacking := headings.missing(columns, kind.layout):
            raise Refused(visitor.say("Не хватает: %(what)s", what=" ".join(lacking)))
        wish = Wish(ticket, kind, visitor.name, columns)

        def ask(session: Session) -> str:
            return taking.ask(session, wish, now=app.clock.now())

        run = await detailed(app, visitor, "sales.imported", "sales", {"file": kept.name, "kind": kind}, ask)
        return screen.told("", then=f"{_PAGE}/outcome/{run}?kind={kind}")

    @routes.get("/outcome/{run}")
    async def outcome(request: Request, visitor: Manager, run: Run, kind: Annotated[Kind, Query()]) -> HTMLResponse:
        shown = await _outcome(app, run, kind)
        return screen.page(
            request, visitor, "sales_import_outcome.html", title=visitor.say("Загрузка продаж из файла"), **shown
        )

    @routes.get("/outcome/{run}/part")
    async def its_part(visitor: Manager, run: Run, kind: Annotated[Kind, Query()]) -> HTMLResponse:
        return screen.part(visitor, "sales_import_outcome_part.html", **await _outcome(app, run, kind))

    return routes


def mark(session: Session, argument: str | None, *, now: datetime) -> str:
    """Changes when an import goes on."""
    status = tasks.status(session, taking.task_of(argument or ""), now=now)
    return "" if status is None else f"{status.state}|{status.progress}"


def _chosen(form: Mapping[str, Any], kind: Kind) -> dict[str, int]:
    """The columns a person chose for our fields."""
    chosen = {field.name: form.get(f"column_{field.name}", "") for field in kind.layout.fields}
    return {name: int(place) for name, place in chosen.items() if isinstance(place, str) and place.isdecimal()}


async def _outcome(app: App, run: str, kind: Kind) -> dict[str, Any]:
    status = await app.db.read(tasks.status, taking.task_of(run), now=app.clock.now())
    if status is None:
        raise NotFound("Такой загрузки нет, или она была давно: итог ищите в истории.")
    outcome = Outcome(**status.result) if status.result else None
    return {
        "status": status,
        "outcome": outcome,
        "run": run,
        "ticket": background.ticket_of(run),
        "kind": kind,
    }
