"""Sites with the console on them, lent to one shop after another: to build one takes longer than to ask it a page."""

import asyncio

from fastapi import FastAPI

from saudager import console, web
from saudager.api import picture_files
from saudager.app import App
from saudager.console.live import Changes

_free: list[FastAPI] = []
_lent: list[FastAPI] = []


def lend(app: App) -> FastAPI:
    """A site on which this shop's console is open until ``take_back``."""
    site = _free.pop() if _free else _built(app)
    site.state.app.__dict__ = app.__dict__
    site.state.changes = Changes(app)
    site.state.stopping = asyncio.Event()
    _lent.append(site)
    return site


def take_back() -> None:
    """The test is over: its sites are free for the next one."""
    _free.extend(_lent)
    _lent.clear()


def _built(app: App) -> FastAPI:
    site = web.make_web("Saudager")
    twin = App.__new__(App)  # becomes whichever shop has the site: a page may ask the App nothing before it is asked
    twin.db = app.db
    console.open_on(site, twin)
    site.include_router(picture_files.router(twin))
    return site
