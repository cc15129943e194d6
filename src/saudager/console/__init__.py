"""The console: one place where the merchant sees everything and steps in."""

from pathlib import Path
from types import ModuleType

from fastapi import Depends, FastAPI
from fastapi.responses import RedirectResponse

from saudager import web
from saudager.app import App
from saudager.console import (
    audit,
    automation,
    calls,
    campaigns,
    companies,
    connections,
    contacts,
    crm,
    follow_ups,
    forgotten,
    guests,
    inbox,
    keys,
    knowledge,
    letters,
    live,
    menu,
    operators,
    orders,
    own_address,
    pictures,
    preview,
    profile,
    salesperson,
    second_factor,
    shop_settings,
    signing_in,
    simulator,
    today,
    trust,
    why,
)
from saudager.console.live import Changes, Mark
from saudager.console.plain_text import plain_text

PAGES: tuple[ModuleType, ...] = (
    menu,
    today,
    inbox,
    why,
    contacts,
    companies,
    follow_ups,
    calls,
    orders,
    campaigns,
    letters,
    automation,
    preview,
    knowledge,
    pictures,
    salesperson,
    trust,
    simulator,
    connections,
    crm,
    signing_in,
    forgotten,
    second_factor,
    profile,
    own_address,
    operators,
    keys,
    shop_settings,
    audit,
)
"""The modules of the pages; each has a ``router(app)``, and may have ``WATCHES``, and ``UPLOADS``: paths that take
large bodies, and how large in bytes."""


def open_on(site: FastAPI, app: App) -> None:
    """Put the console on a site, below ``/console``."""
    site.state.app = app
    site.state.changes = Changes(app)
    site.state.error_pages["/console"] = guests.not_shown
    watches: dict[str, Mark] = {}
    read_well = [Depends(plain_text)]
    for page in PAGES:
        site.include_router(page.router(app), dependencies=read_well)
        watches |= getattr(page, "WATCHES", {})
        site.state.uploads |= getattr(page, "UPLOADS", {})
    site.include_router(live.router(app, watches), dependencies=read_well)
    web.mount_static(site, "/console/static", Path(__file__).parent / "static")

    @site.get("/")
    @site.get("/console")
    @site.get("/console/")
    async def begin() -> RedirectResponse:
        return RedirectResponse("/console/today")
