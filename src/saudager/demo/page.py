"""The demo page over HTTP: the page itself, a stream of what changes on it, and what the visitor does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, File, UploadFile
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field

from saudager import web
from saudager.agent import explaining
from saudager.attention import Why
from saudager.demo import fragments, view
from saudager.demo.fragments import Scene, Screen
from saudager.demo.shop import Attachment, Demo
from saudager.knowledge import papers
from saudager.knowledge.papers import Paper

_LARGEST_ID = 2**63 - 1
_LOOK_EVERY = 0.4
_ALIVE_EVERY = 15.0
_TYPING_LASTS = timedelta(seconds=10)
_LONGEST_UPLOAD = papers.MOST * papers.LARGEST + 1_000_000


class Said(BaseModel):
    """What the visitor typed."""

    text: str = Field(min_length=1, max_length=100_000, pattern=r"\S")


class Attached(BaseModel):
    """What the visitor sent besides words."""

    what: Attachment


class Span(BaseModel):
    """How far to move the clock: up to thirty days at once."""

    hours: Annotated[int, Field(ge=0, le=720)] = 0
    days: Annotated[int, Field(ge=0, le=30)] = 0


class Looked(BaseModel):
    """An entry of the desk somebody has looked at."""

    kind: Why
    about: str


class Forgotten(BaseModel):
    """A document to take away, by the name the list shows."""

    file: str


class Settled(BaseModel):
    """A question somebody has dealt with."""

    id: Annotated[int, Field(ge=1, le=_LARGEST_ID)]


def make_page(demo: Demo, open_console: Callable[[FastAPI], None]) -> FastAPI:
    """The site of the demo; ``open_console`` puts the shop's console on it, below ``/console``."""
    site = web.make_web("Saudager: попробуйте", uploads={"/papers": _LONGEST_UPLOAD})
    web.mount_static(site, "/static", Path(__file__).parent / "static")
    site.include_router(_shown(demo, site), dependencies=[Depends(web.loopback_name)])
    site.include_router(_done(demo), dependencies=[Depends(web.loopback_name), Depends(web.same_origin)])
    open_console(site)
    return site


def _shown(demo: Demo, site: FastAPI) -> APIRouter:
    routes = APIRouter()

    @routes.get("/", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        settings = demo.app.settings
        html = fragments.draw_page(
            await _look(demo), shop_name=settings.shop_name, hosted=demo.app.model.hosted, now=demo.clock.now()
        )
        return HTMLResponse(html, headers={"cache-control": "no-store"})

    @routes.get("/why/{turn}")
    async def why(turn: Annotated[int, PathParameter(ge=1, le=_LARGEST_ID)]) -> dict[str, str]:
        explained = await demo.app.db.read(explaining.why, turn)
        fragment = fragments.draw_why(explained, demo.app.settings.zone, pinned=True)
        return {"key": fragment.key, "html": fragment.html, "mark": fragment.mark}

    @routes.get("/events")
    async def events() -> StreamingResponse:
        stream = _changes(demo, site.state.stopping)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return routes


def _done(demo: Demo) -> APIRouter:
    routes = APIRouter()

    @routes.post("/say", status_code=204)
    async def say(said: Said) -> None:
        await demo.say(said.text)

    @routes.post("/attach", status_code=204)
    async def attach(attached: Attached) -> None:
        await demo.attach(attached.what)

    @routes.post("/clock", status_code=204)
    async def clock(span: Span) -> None:
        await demo.let_pass(timedelta(hours=span.hours, days=span.days))

    @routes.post("/again", status_code=204)
    async def again() -> None:
        await demo.begin_again()

    @routes.post("/settle", status_code=204)
    async def settle(looked: Looked) -> None:
        await demo.settle(looked.kind, looked.about)

    @routes.post("/papers", status_code=204)
    async def add_papers(files: Annotated[list[UploadFile], File()]) -> None:
        await demo.add_papers([Paper(file.filename or "", await file.read(papers.LARGEST + 1)) for file in files])

    @routes.post("/papers/forget", status_code=204)
    async def forget_paper(forgotten: Forgotten) -> None:
        await demo.forget_paper(forgotten.file)

    @routes.post("/questions/settle", status_code=204)
    async def settle_question(settled: Settled) -> None:
        await demo.settle_question(settled.id)

    return routes


async def _look(demo: Demo) -> Scene:
    seen = demo.phone.presence(demo.chat)
    now = demo.clock.now()
    picture = await demo.app.db.read(view.picture, demo.account.name, demo.chat, read=frozenset(seen.read), now=now)
    is_typing = seen.typing_at is not None and now - seen.typing_at < _TYPING_LASTS
    is_answering = demo.reading.opened and picture.next.state in ("waiting", "thinking")
    return Scene(picture, replace(demo.reading), is_typing or is_answering, demo.moving, demo.app.settings.zone)


async def _changes(demo: Demo, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Server-sent events: the whole page at first, then what changed on it, as JSON with the shop's time."""
    screen, quiet_for = Screen(), 0.0
    yield "retry: 1000\n\n"
    while not stopping.is_set():
        changed = demo.changed
        news = screen.update(await _look(demo))
        if news is not None or quiet_for >= _ALIVE_EVERY:
            local = demo.clock.now().astimezone(demo.app.settings.zone)
            offset = local.utcoffset() or timedelta(0)
            body = (news or {}) | {"now": local.timestamp() * 1000, "offset": offset.total_seconds()}
            yield f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
            quiet_for = 0.0
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), _LOOK_EVERY)
        quiet_for += _LOOK_EVERY
