"""The console of a shop with 100 000 contacts and two million messages: how long its pages take, and what they ask for.

``sqlite`` and ``postgresql``: every page a signed-in owner can open, asked again and again in one process while nothing
else runs; ``queries`` of a page are counted on SQLite. ``/bench/empty`` is the floor of the same run: the shell with
nothing in it, behind the same door. ``fill_s`` is what making the shop took, search index included.
"""

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI, Request
from sqlalchemy import event
from sqlalchemy.orm import Session

from saudager import console, web
from saudager.app import App
from saudager.bench import crowd, memory, servers, settings
from saudager.bench.delays import percentiles
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.console import screen
from saudager.console.door import COOKIE, Viewer
from saudager.operators import accounts, sessions
from saudager.operators.roles import Role
from saudager.overview import days
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import OPENING

_CONTACTS, _LINES = 100_000, 2_000_000
_ASKED = 40
_EMPTY = "/bench/empty"
_LEFT_OUT = ("/console/", "/console/events")
"""A way to another page, and a stream that does not end."""
_SOME_ID = "77"
"""What stands in a page's path for the id of a contact, a conversation, …: all of them have one with it."""
_SEARCHED = (
    "/console/inbox?q=%D0%B4%D0%BE%D1%81%D1%82%D0%B0%D0%B2%D0%BA%D0%B0",
    "/console/inbox?q=0012345",
    "/console/today?days=90",
)
"""Pages that have more to do when they are asked for something; those that are not there are left out."""

Row = dict[str, Any]


async def sqlite(scale: float) -> Row:
    """On a file."""
    with tempfile.TemporaryDirectory() as folder:
        return await _measured(folder, f"sqlite:///{Path(folder) / 'saudager.db'}", scale)


async def postgresql(scale: float) -> Row:
    """On a server of this machine."""
    with tempfile.TemporaryDirectory() as folder, servers.fresh_database() as url:
        return await _measured(folder, url, scale)


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """The slowest page beside the empty one."""
    found: dict[str, float] = {}
    for name, row in rows.items():
        if "slowest_p50_ms" in row:
            found[f"slowest_vs_empty_{name}"] = round(row["slowest_p50_ms"] / row["by_page"][_EMPTY]["p50_ms"], 1)
    return found


async def _measured(folder: str, url: str, scale: float) -> Row:
    contacts, lines = int(_CONTACTS * scale**2), int(_LINES * scale**2)  # a quick run makes a hundredth of the shop
    began = time.perf_counter()
    crowd.fill(url, contacts, lines)
    row: Row = {"contacts": contacts, "messages": lines, "fill_s": round(time.perf_counter() - began, 1)}
    own = settings.in_folder(folder, database_url=url, daily_budget="3 USD")
    app = bootstrap(own, clock=MovableClock(OPENING), model=ScriptedModel(), poll=None)
    try:
        asked = _Queries(app) if url.startswith("sqlite:") else None
        began = time.perf_counter()
        counted = await days.count_days(app, "bench")
        row["count_day_ms"] = round((time.perf_counter() - began) / counted * 1000, 1)
        row |= await _pages(app, asked, times=max(2, round(_ASKED * scale**2)))
    finally:
        await app.close()
    return row | {"rss_mb": memory.now_mb()}


async def _pages(app: App, asked: "_Queries | None", *, times: int) -> Row:
    site = web.make_web("Saudager")
    console.open_on(site, app)

    @site.get(_EMPTY)
    async def empty(request: Request, visitor: Viewer) -> Any:
        return screen.page(request, visitor, "shell.html", title="")

    token = await app.db.run(_sign_in)
    transport = httpx.ASGITransport(app=site)
    pages: dict[str, dict[str, float]] = {}
    async with httpx.AsyncClient(transport=transport, base_url="http://bench", cookies={COOKIE: token}) as http:
        for path in [_EMPTY, *_paths(site)]:
            first = await http.get(path)
            if first.status_code not in (200, 204):
                continue
            before = asked.count if asked else 0
            took = []
            for _ in range(times):
                began = time.perf_counter()
                await http.get(path)
                took.append(time.perf_counter() - began)
            pages[path] = found = percentiles(took)
            if asked:
                found["queries"] = round((asked.count - before) / times)
    slowest = max(pages, key=lambda path: pages[path]["p50_ms"])
    return {"slowest": slowest, "slowest_p50_ms": pages[slowest]["p50_ms"], "by_page": pages}


class _Queries:
    """Counts the statements of pages, as SQLite itself sees them."""

    def __init__(self, app: App) -> None:
        self.count = 0
        event.listen(app.db._reader_engine, "connect", self._listen)

    def _listen(self, connection: Any, _record: Any) -> None:
        connection.set_trace_callback(self._note)

    def _note(self, statement: str) -> None:
        self.count += statement.lstrip()[:6].lower() in ("select", "with r", "with s")


def _paths(site: FastAPI) -> Iterator[str]:
    """Every page of the console that can be asked for without knowing more than an id."""
    for path, methods in site.openapi()["paths"].items():
        if "get" in methods and path.startswith("/console/") and path not in _LEFT_OUT:
            yield re.sub(r"\{[^}]*\}", _SOME_ID, path)
    yield from _SEARCHED


def _sign_in(session: Session) -> str:
    operator = accounts.create(session, "bench", "Марат", Role.OWNER, password_digest=None, now=OPENING)
    return sessions.begin(session, operator.id, address="127.0.0.1", browser="bench", now=OPENING)
