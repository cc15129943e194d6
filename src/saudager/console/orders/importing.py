"""Files of orders and of a catalogue: brought, looked at, their columns chosen, taken in whole or not at all."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import detailed
from saudager.console.door import Manager
from saudager.console.numbers import Number
from saudager.errors import NotFound, Refused
from saudager.importing import background, headings, rows, uploads, values
from saudager.orders import importing as room
from saudager.orders import shops
from saudager.orders.importing import taking
from saudager.orders.importing.layouts import Kind
from saudager.orders.importing.taking import Outcome, Wish
from saudager.queues import tasks

UPLOADS = {"/console/orders/import": rows.LARGEST + 100_000}
_PAGE = "/console/orders/import"
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
            "orders_import.html",
            title=visitor.say("Загрузка из файла"),
            kinds=tuple(Kind),
            largest=rows.LARGEST // 1024**2,
            most=rows.MOST_ROWS,
            **await app.db.read(_before),
        )

    @routes.post("")
    async def bring(
        visitor: Manager,
        file: Annotated[UploadFile, File()],
        shop: Annotated[Number, Form()],
        kind: Annotated[Kind, Form()],
    ) -> Response:
        await app.db.read(taking.fitting, shop, kind)
        data = await file.read(rows.LARGEST + 1)
        await asyncio.to_thread(rows.read, data, kind.layout, first=_EXAMPLES)
        ticket = await asyncio.to_thread(uploads.keep, app.settings, file.filename or "", data, now=app.clock.now())
        return screen.told("", then=f"{_PAGE}/{ticket}?shop={shop}&kind={kind}")

    @routes.get("/template")
    async def template(visitor: Manager, kind: Kind) -> FileResponse:
        path = Path(room.__file__).with_name(f"{kind}_template.csv")
        return FileResponse(path, filename=f"saudager-{kind}.csv", content_disposition_type="attachment")

    @routes.get("/{ticket}")
    async def look(
        request: Request,
        visitor: Manager,
        ticket: Ticket,
        shop: Annotated[Number, Query()],
        kind: Annotated[Kind, Query()],
    ) -> HTMLResponse:
        kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
        data = await asyncio.to_thread(kept.path.read_bytes)
        sheet = await asyncio.to_thread(rows.read, data, kind.layout, first=_EXAMPLES)
        return screen.page(
            request,
            visitor,
            "orders_import_file.html",
            title=visitor.say("Проверьте колонки"),
            kept=kept,
            shop=await app.db.read(shops.one, shop),
            kind=kind,
            sheet=sheet,
            letters=[headings.letter(place) for place in range(len(sheet.headings))],
            fields=kind.layout.fields,
            known=headings.recognise(sheet.headings, kind.layout),
            examples=_EXAMPLES,
            shown=values.shown,
        )

    @routes.post("/{ticket}")
    async def take(
        request: Request,
        visitor: Manager,
        ticket: Ticket,
        shop: Annotated[Number, Form()],
        kind: Annotated[Kind, Form()],
        whole: Annotated[bool, Form()] = False,
    ) -> Response:
        kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
        columns = _chosen(await request.form(), kind)
        if lacking := headings.missing(columns, kind.layout):
            raise Refused(visitor.say("Не хватает: %(what)s", what=" ".join(lacking)))
        wish = Wish(ticket, shop, kind, visitor.name, columns, whole)

        def ask(session: Session) -> str:
            taking.fitting(session, shop, kind)
            return taking.ask(session, wish, now=app.clock.now())

        run = await detailed(app, visitor, "orders.imported", f"shop:{shop}", {"file": kept.name, "kind": kind}, ask)
        return screen.told("", then=f"{_PAGE}/outcome/{run}?shop={shop}&kind={kind}")

    @routes.get("/outcome/{run}")
    async def outcome(
        request: Request,
        visitor: Manager,
        run: Run,
        shop: Annotated[Number, Query()],
        kind: Annotated[Kind, Query()],
    ) -> HTMLResponse:
        shown = await _outcome(app, run, shop, kind)
        return screen.page(
            request, visitor, "orders_import_outcome.html", title=visitor.say("Загрузка из файла"), **shown
        )

    @routes.get("/outcome/{run}/part")
    async def its_part(
        visitor: Manager, run: Run, shop: Annotated[Number, Query()], kind: Annotated[Kind, Query()]
    ) -> HTMLResponse:
        return screen.part(visitor, "orders_import_outcome_part.html", **await _outcome(app, run, shop, kind))

    return routes


def mark(session: Session, argument: str | None, *, now: datetime) -> str:
    """Changes when an import goes on."""
    status = tasks.status(session, taking.task_of(argument or ""), now=now)
    return "" if status is None else f"{status.state}|{status.progress}"


def _before(session: Session) -> dict[str, Any]:
    names = {shop.id: shop.name for shop in shops.everyone(session)}
    return {"shops": names, "history": taking.history(session, most=_HISTORY)}


def _chosen(form: Mapping[str, Any], kind: Kind) -> dict[str, int]:
    """The columns a person chose for our fields."""
    chosen = {field.name: form.get(f"column_{field.name}", "") for field in kind.layout.fields}
    return {name: int(place) for name, place in chosen.items() if isinstance(place, str) and place.isdecimal()}


async def _outcome(app: App, run: str, shop: int, kind: Kind) -> dict[str, Any]:
    status = await app.db.read(tasks.status, taking.task_of(run), now=app.clock.now())
    if status is None:
        raise NotFound("Такой загрузки нет, или она была давно: итог ищите в истории.")
    outcome = Outcome(**status.result) if status.result else None
    return {
        "status": status,
        "outcome": outcome,
        "run": run,
        "ticket": background.ticket_of(run),
        "shop": shop,
        "kind": kind,
    }
