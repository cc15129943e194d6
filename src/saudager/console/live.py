"""What changes under an open page: one stream of server-sent events names what the page should ask for again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.door import COOKIE, Viewer
from saudager.operators import sessions

_LOOK_EVERY = 1.0
_ALIVE_EVERY = 15.0
_MOST_WATCHED = 12


class Mark(Protocol):
    """A cheap query whose result changes when the page should; ``argument`` is what stands behind the colon."""

    def __call__(self, session: Session, argument: str | None, *, now: datetime) -> str: ...


def router(app: App, watches: Mapping[str, Mark]) -> APIRouter:
    """``GET /console/events?watch=inbox&watch=conversation:12``: an event with the names that changed, all of them at
    first, so that a page that was away asks for everything once. The stream ends with its session."""
    routes = APIRouter()

    @routes.get("/console/events")
    async def events(
        request: Request, visitor: Viewer, watch: Annotated[list[str], Query(max_length=_MOST_WATCHED)]
    ) -> StreamingResponse:
        if unknown := [name for name in watch if name.split(":")[0] not in watches]:
            raise HTTPException(422, f"{', '.join(unknown)}: за этим следить нельзя.")
        state = request.app.state
        stream = _stream(app, watches, watch, state.changes, request.cookies[COOKIE], state.stopping)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return routes


class Changes:
    """Wakes every open stream when something was committed in this process."""

    def __init__(self, app: App) -> None:
        self._waiting: set[asyncio.Event] = set()
        app.db.on_commit(lambda _: self._tell())

    def _tell(self) -> None:
        for event in self._waiting:
            event.set()

    async def wait(self, at_most: float) -> None:
        event = asyncio.Event()
        self._waiting.add(event)
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), at_most)
        self._waiting.discard(event)


async def _stream(
    app: App, watches: Mapping[str, Mark], names: list[str], changes: Changes, token: str, stopping: asyncio.Event
) -> AsyncIterator[str]:
    known: dict[str, str] = {}
    quiet_for = 0.0
    yield "retry: 1000\n\n"
    while not stopping.is_set():
        now = app.clock.now()
        marks = await app.db.read(_marks, watches, names, token, now=now)
        if marks is None:
            return
        changed = [name for name in names if known.get(name) != marks[name]]
        known = marks
        if changed:
            yield f"event: changed\ndata: {' '.join(changed)}\n\n"
            quiet_for = 0.0
        elif quiet_for >= _ALIVE_EVERY:
            yield ": still here\n\n"
            quiet_for = 0.0
        await changes.wait(_LOOK_EVERY)
        quiet_for += _LOOK_EVERY


def _marks(
    session: Session, watches: Mapping[str, Mark], names: list[str], token: str, *, now: datetime
) -> dict[str, str] | None:
    """The mark of each name; None when the session has ended meanwhile."""
    if sessions.recognise(session, token, now=now) is None:
        return None
    marks: dict[str, str] = {}
    for name in names:
        kind, _, argument = name.partition(":")
        marks[name] = watches[kind](session, argument or None, now=now)
    return marks
