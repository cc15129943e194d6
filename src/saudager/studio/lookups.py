"""What the web says of a product: asked once, one question at a time, and kept; nothing of it is proved."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import OutsideError
from saudager.providers.websearch import FoundPhoto, FoundText, WebSearch
from saudager.studio import hints
from saudager.studio.models import WebLookup
from saudager.studio.subjects import Car, Thing

_log = logging.getLogger(__name__)
KEPT, KEPT_EMPTY = timedelta(hours=24), timedelta(hours=1)
LONGEST = timedelta(seconds=30)
"""How long a series waits for the web at most; what is not known by then, it does without."""
_PHOTOS, _TEXTS = 20, 8
Found = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Known:
    """What was found; what is missing is not known, which never means that there is none."""

    logo: str | None = None
    """What the logo looks like, in the web's words."""
    photos: dict[str, str] = field(default_factory=dict)
    """The address of a real photo, by angle."""


async def look_up(app: App, subject: Car | Thing, views: Sequence[str]) -> Known:
    """The logo and a photo from every angle, all asked for at once; however the web fares, within ``LONGEST``."""
    if app.web_search is None:
        return Known()
    logo = asyncio.create_task(_logo(app, app.web_search, subject.brand))
    photos = {view: asyncio.create_task(_photo(app, app.web_search, subject, view)) for view in views}
    asked = [logo, *photos.values()]
    over = asyncio.create_task(app.clock.sleep_until(app.clock.now() + LONGEST))
    first: list[asyncio.Future[Any]] = [asyncio.gather(*asked, return_exceptions=True), over]
    try:
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    finally:
        unanswered = [one for one in asked if not one.done()]
        for one in (*unanswered, over):
            one.cancel()
        await asyncio.gather(*asked, over, return_exceptions=True)
    if unanswered:
        _log.info("the web was not heard out: %d of %d questions left", len(unanswered), len(asked))
    links = {view: one.result() for view, one in photos.items() if not one.cancelled()}
    return Known(
        None if logo.cancelled() else logo.result(), {view: link for view, link in links.items() if link is not None}
    )


async def _logo(app: App, web: WebSearch, brand: str) -> str | None:
    if not brand:
        return None
    found = await _found(app, web, "texts", hints.logo_query(brand))
    return hints.of_logo([FoundText(**one) for one in found], brand)


async def _photo(app: App, web: WebSearch, subject: Car | Thing, view: str) -> str | None:
    found = await _found(app, web, "photos", hints.query(subject, view))
    return hints.best([FoundPhoto(**one) for one in found])


async def _found(app: App, web: WebSearch, kind: str, query: str) -> Found:
    """The web's answer, or the one that is kept; empty when nothing is known."""
    manners = app.web_manners
    known = await app.db.read(_kept, kind, query, now=app.clock.now())
    if known is not None or manners.rests(app.clock.now()):
        return known or []
    async with manners.turn():
        known = await app.db.read(_kept, kind, query, now=app.clock.now())
        if known is not None or manners.rests(app.clock.now()):
            return known or []
        await manners.pause(app.clock)
        try:
            found = await _ask(web, kind, query)
        except OutsideError as error:
            _log.info("nothing found about %r: %s", query, error)
            manners.note(answered=False, now=app.clock.now())
            return []
        manners.note(answered=bool(found), now=app.clock.now())
        await app.db.run(_keep, kind, query, found, now=app.clock.now())
        return found


async def _ask(web: WebSearch, kind: str, query: str) -> Found:
    if kind == "photos":
        return [asdict(one) for one in await web.photos(query, most=_PHOTOS)]
    return [asdict(one) for one in await web.texts(query, most=_TEXTS)]


def _kept(session: Session, kind: str, query: str, *, now: datetime) -> Found | None:
    row = session.get(WebLookup, (kind, query))
    if row is None or row.looked_at < now - (KEPT if row.found else KEPT_EMPTY):
        return None
    return row.found


def _keep(session: Session, kind: str, query: str, found: Found, *, now: datetime) -> None:
    session.merge(WebLookup(kind=kind, query=query, found=[_storable(one) for one in found], looked_at=now))


def _storable(row: dict[str, Any]) -> dict[str, Any]:
    """Without the characters PostgreSQL does not take, and no longer than is of use."""
    return {name: hints.storable(value) if isinstance(value, str) else value for name, value in row.items()}
