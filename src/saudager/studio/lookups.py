"""What the web says of a product: asked once, one question at a time, and kept; nothing of it is proved."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import OutsideError
from saudager.providers.websearch import FoundPhoto
from saudager.studio.models import WebLookup

_log = logging.getLogger(__name__)
KEPT = timedelta(hours=24)
_PHOTOS, _TEXTS = 5, 5
_one_at_a_time = asyncio.Lock()


async def photos(app: App, query: str) -> Sequence[FoundPhoto]:
    """Photos of it; none when nothing is known or the web cannot be asked."""
    return [FoundPhoto(**one) for one in await _found(app, "photos", query)]


async def logo(app: App, brand: str) -> str | None:
    """What its logo looks like, in the web's words; None: not known."""
    found = await _found(app, "texts", f"{brand} logo")
    return " ".join(one["text"] for one in found)[:500] or None


async def _found(app: App, kind: str, query: str) -> list[Any]:
    if app.web_search is None:
        return []
    async with _one_at_a_time:
        known = await app.db.read(_kept, kind, query, now=app.clock.now())
        if known is not None:
            return known
        try:
            if kind == "photos":
                found = [asdict(one) for one in await app.web_search.photos(query, most=_PHOTOS)]
            else:
                found = [asdict(one) for one in await app.web_search.texts(query, most=_TEXTS)]
        except OutsideError as error:
            _log.info("nothing found about %r: %s", query, error)
            return []
        await app.db.run(_keep, kind, query, found, now=app.clock.now())
        return found


def _kept(session: Session, kind: str, query: str, *, now: datetime) -> list[Any] | None:
    row = session.get(WebLookup, (kind, query))
    return None if row is None or row.looked_at < now - KEPT else row.found


def _keep(session: Session, kind: str, query: str, found: list[Any], *, now: datetime) -> None:
    session.merge(WebLookup(kind=kind, query=query, found=found, looked_at=now))
