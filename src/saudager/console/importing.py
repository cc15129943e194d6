"""Files an area of the console takes in: brought, looked at, their columns chosen, taken in whole or not at all."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Path, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager
from saudager.errors import NotFound, Refused
from saudager.importing import headings, rows, taking, uploads, values
from saudager.importing.headings import Kind
from saudager.importing.taking import Importer, Wish
from saudager.queues import tasks

LARGEST_UPLOAD = rows.LARGEST + 100_000
_HISTORY, _EXAMPLES = 20, 5

Ticket = Annotated[str, Path(max_length=60)]
Run = Annotated[str, Path(max_length=80)]


class Asked(BaseModel):
    """What a form or an address tells of a file besides its columns; an area says what else it has to know."""

    kind: Kind

    @property
    def about(self) -> str:
        """What the audit calls it."""
        raise NotImplementedError

    def whose(self, session: Session) -> str | None:
        """The name of the shop the file is of, if it is of one. Raises what hinders taking it in."""
        return None

    def wish(self, ticket: str, by: str, columns: Mapping[str, int]) -> Wish:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Area:
    """Where files are taken in: ``page`` is its address, ``topic`` what its pages watch, ``tabs`` and ``words`` are
    templates, ``deed`` is the audit's word, and ``shops`` gives the shops a file may be of by their numbers."""

    page: str
    topic: str
    deed: str
    tabs: str
    words: str
    importer: Importer[Any, Any, Any]
    asked: type[Asked]
    shops: Callable[[Session], dict[int, str] | None] = lambda session: None

    def mark(self, session: Session, argument: str | None, *, now: datetime) -> str:
        """Changes when an import goes on."""
        status = tasks.status(session, self.importer.task_of(argument or ""), now=now)
        return "" if status is None else f"{status.state}|{status.progress}"


def router(app: App, area: Area) -> APIRouter:
    """The form with what was taken in before, a file that was brought, and what becomes of it."""
    routes = APIRouter(prefix="/import")
    importer = area.importer

    async def named(request: Request) -> Asked:
        told = request.query_params if request.method == "GET" else await request.form()
        try:
            return area.asked.model_validate(dict(told))
        except ValidationError as wrong:
            raise RequestValidationError(wrong.errors()) from wrong

    Named = Annotated[Asked, Depends(named)]

    @routes.get("")
    async def page(request: Request, visitor: Manager) -> HTMLResponse:
        return screen.page(
            request,
            visitor,
            "import.html",
            title=visitor.say("Загрузка из файла"),
            area=area,
            kinds=tuple(importer.kinds),
            largest=rows.LARGEST // 1024**2,
            most=rows.MOST_ROWS,
            shops=await app.db.read(area.shops),
            history=await app.db.read(importer.history, most=_HISTORY),
        )

    @routes.post("")
    async def bring(visitor: Manager, file: Annotated[UploadFile, File()], asked: Named) -> Response:
        await app.db.read(asked.whose)
        data = await file.read(rows.LARGEST + 1)
        await asyncio.to_thread(rows.read, data, asked.kind.layout, first=_EXAMPLES)
        ticket = await asyncio.to_thread(uploads.keep, app.settings, file.filename or "", data, now=app.clock.now())
        return screen.told("", then=f"{area.page}/{ticket}?{_query(asked)}")

    @routes.get("/template")
    async def template(visitor: Manager, kind: str) -> FileResponse:
        for known in importer.kinds:
            if known == kind:
                name = f"saudager-{kind}.csv"
                return FileResponse(known.template, filename=name, content_disposition_type="attachment")
        raise NotFound("Такой страницы нет.")

    @routes.get("/{ticket}")
    async def look(request: Request, visitor: Manager, ticket: Ticket, asked: Named) -> HTMLResponse:
        kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
        data = await asyncio.to_thread(kept.path.read_bytes)
        sheet = await asyncio.to_thread(rows.read, data, asked.kind.layout, first=_EXAMPLES)
        return screen.page(
            request,
            visitor,
            "import_file.html",
            title=visitor.say("Проверьте колонки"),
            area=area,
            kept=kept,
            whose=await app.db.read(asked.whose),
            kind=asked.kind,
            named=asked.model_dump(),
            sheet=sheet,
            letters=[headings.letter(place) for place in range(len(sheet.headings))],
            fields=asked.kind.layout.fields,
            known=headings.recognise(sheet.headings, asked.kind.layout),
            examples=_EXAMPLES,
            shown=values.shown,
        )

    @routes.post("/{ticket}")
    async def take(request: Request, visitor: Manager, ticket: Ticket, asked: Named) -> Response:
        kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
        columns = _chosen(await request.form(), asked.kind)
        if lacking := headings.missing(columns, asked.kind.layout):
            raise Refused(visitor.say("Не хватает: %(what)s", what=" ".join(lacking)))
        wish = asked.wish(ticket, visitor.name, columns)

        def ask(session: Session) -> str:
            asked.whose(session)
            return importer.ask(session, wish, now=app.clock.now())

        run = await detailed(app, visitor, area.deed, asked.about, {"file": kept.name, "kind": asked.kind}, ask)
        return screen.told("", then=f"{area.page}/outcome/{run}?{_query(asked)}")

    @routes.get("/outcome/{run}")
    async def outcome(request: Request, visitor: Manager, run: Run, asked: Named) -> HTMLResponse:
        shown = await _outcome(app, area, run, asked)
        return screen.page(request, visitor, "import_outcome.html", title=visitor.say("Загрузка из файла"), **shown)

    @routes.get("/outcome/{run}/part")
    async def its_part(visitor: Manager, run: Run, asked: Named) -> HTMLResponse:
        return screen.part(visitor, "import_outcome_part.html", **await _outcome(app, area, run, asked))

    return routes


def _query(asked: Asked) -> str:
    return urlencode(asked.model_dump())


def _chosen(form: Mapping[str, Any], kind: Kind) -> dict[str, int]:
    """The columns a person chose for our fields."""
    chosen = {field.name: form.get(f"column_{field.name}", "") for field in kind.layout.fields}
    return {name: int(place) for name, place in chosen.items() if isinstance(place, str) and place.isdecimal()}


async def _outcome(app: App, area: Area, run: str, asked: Asked) -> dict[str, Any]:
    status = await app.db.read(tasks.status, area.importer.task_of(run), now=app.clock.now())
    if status is None:
        raise NotFound("Такой загрузки нет, или она была давно: итог ищите в истории.")
    return {
        "area": area,
        "status": status,
        "outcome": area.importer.outcome(**status.result) if status.result else None,
        "run": run,
        "ticket": taking.ticket_of(run),
        "query": _query(asked),
    }
