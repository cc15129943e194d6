"""A series' page: the contact sheet its pictures come in on, and what a person says of each."""

from datetime import datetime
from typing import Annotated, Any

from babel.numbers import format_percent
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.deeds import deed
from saudager.console.door import Manager, Viewer, Visitor
from saudager.console.numbers import Number
from saudager.console.pictures import archive, showing
from saudager.console.pictures.everyone import HOME
from saudager.errors import NotFound
from saudager.orders.models import Product
from saudager.studio import drawing, listing, series
from saudager.studio.models import Picture, PictureState, Verdict

_SERIES, _PICTURE = "series:{}", "picture:{}"
_Seen = Annotated[str | None, Query(max_length=2000)]
"""The names of the files a person had before him."""


def router(app: App) -> APIRouter:
    """The page, its live part, all pictures in one file, and the deeds."""
    routes = APIRouter(prefix="/{series_id:int}")
    _pages(routes, app)
    _deeds(routes, app)
    _verdicts(routes, app)
    return routes


def _pages(routes: APIRouter, app: App) -> None:
    @routes.get("")
    async def page(request: Request, visitor: Viewer, series_id: Number) -> HTMLResponse:
        shown = await _shown(app, visitor, series_id)
        return screen.page(request, visitor, "series.html", title=shown["row"].series.title, **shown)

    @routes.get("/part")
    async def part(visitor: Viewer, series_id: Number) -> HTMLResponse:
        return screen.part(visitor, "series_part.html", **await _shown(app, visitor, series_id))

    @routes.get("/archive")
    async def all_in_one(visitor: Viewer, series_id: Number) -> Response:
        row = await app.db.read(listing.one, series_id)
        return _file(await archive.packed(app, visitor, row), f"{row.series.session_id}.zip", "application/zip")

    @routes.get("/sheet")
    async def one_sheet(visitor: Viewer, series_id: Number) -> Response:
        row = await app.db.read(listing.one, series_id)
        return _file(await archive.laid_out(app, visitor, row), f"{row.series.session_id}.jpg", "image/jpeg")


def _file(content: bytes, name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


def _deeds(routes: APIRouter, app: App) -> None:
    @routes.post("/go-on")
    async def go_on(visitor: Manager, series_id: Number) -> Response:
        await _do(app, visitor, "went_on", series.go_on, series_id)
        return screen.told(visitor.say("Рисуем недостающее."))

    @routes.post("/cancel")
    async def cancel(visitor: Manager, series_id: Number) -> Response:
        await _do(app, visitor, "cancelled", series.cancel, series_id)
        return screen.told(visitor.say("Остановлено. Что нарисовано, осталось."))

    @routes.post("/accept")
    async def accept_all(visitor: Manager, series_id: Number, seen: _Seen = None) -> Response:
        names = None if seen is None else seen.split(",")

        def accept(session: Session) -> int:
            alike = [one for one in listing.one(session, series_id).alike if names is None or one.name in names]
            for picture in alike:
                series.judge(session, picture.id, Verdict.ACCEPTED, by=visitor.name, now=app.clock.now())
            return len(alike)

        count = await deed(app, visitor, "pictures.accepted", _SERIES.format(series_id), accept)
        return screen.told(visitor.say("Принято картинок: %(n)s.", n=count))

    @routes.post("/remove")
    async def remove(visitor: Manager, series_id: Number) -> Response:
        about, now = _SERIES.format(series_id), app.clock.now()
        for path in await deed(app, visitor, "pictures.removed", about, series.remove, series_id, now=now):
            await drawing.drop_files(app, path)
        return screen.told(visitor.say("Серия удалена."), then=HOME)


def _verdicts(routes: APIRouter, app: App) -> None:
    @routes.post("/{picture_id:int}/accept")
    async def accept(visitor: Manager, series_id: Number, picture_id: Number, seen: _Seen = None) -> Response:
        await _judge(app, visitor, series_id, picture_id, Verdict.ACCEPTED, seen=seen)
        return screen.told(visitor.say("Принята: продавец может её отправлять."))

    @routes.post("/{picture_id:int}/refuse")
    async def refuse(visitor: Manager, series_id: Number, picture_id: Number) -> Response:
        await _judge(app, visitor, series_id, picture_id, Verdict.REFUSED)
        return screen.told(visitor.say("Отклонена: продавец её не отправит."))

    @routes.post("/{picture_id:int}/redraw")
    async def redraw(visitor: Manager, series_id: Number, picture_id: Number) -> Response:
        def draw(session: Session) -> None:
            _of_series(session, series_id, picture_id)
            series.redraw(session, picture_id, by=visitor.name, now=app.clock.now())

        await deed(app, visitor, "picture.redrawn", _PICTURE.format(picture_id), draw)
        return screen.told(visitor.say("Рисуем заново."))


async def _do(app: App, visitor: Visitor, action: str, function: Any, series_id: int) -> None:
    about = _SERIES.format(series_id)
    await deed(app, visitor, f"pictures.{action}", about, function, series_id, now=app.clock.now())


async def _judge(
    app: App, visitor: Visitor, series_id: int, picture_id: int, verdict: Verdict, *, seen: str | None = None
) -> None:
    def judge(session: Session) -> None:
        _of_series(session, series_id, picture_id)
        series.judge(session, picture_id, verdict, by=visitor.name, seen=seen, now=app.clock.now())

    await deed(app, visitor, f"picture.{verdict}", _PICTURE.format(picture_id), judge)


def _of_series(session: Session, series_id: int, picture_id: int) -> None:
    picture = session.get(Picture, picture_id)
    if picture is None or picture.series_id != series_id:
        raise NotFound("Такой картинки в серии нет.")


async def _shown(app: App, visitor: Visitor, series_id: int) -> dict[str, Any]:
    shown = await app.db.read(_read, series_id, now=app.clock.now())
    return shown | {
        "home": HOME,
        "large": showing.large,
        "small": showing.small,
        "photo": showing.photo(shown["row"].series),
        "percent": lambda share: str(format_percent(share, format="#,##0 %", locale=visitor.language)),
        "fits": archive.fits(shown["row"]),
    }


def _read(session: Session, series_id: int, *, now: datetime) -> dict[str, Any]:
    row = listing.one(session, series_id)
    return {
        "row": row,
        "at_work": series.is_under_way(session, row.series, now=now),
        "product": None if row.series.product_id is None else session.get(Product, row.series.product_id),
        "settled": len([picture for picture in row.pictures if picture.state != PictureState.WAITING]),
    }
