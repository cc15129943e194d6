"""The first stage: what the web knows, and the words for every angle."""

import asyncio
from datetime import datetime

from sqlalchemy.orm import Session

from saudager import prompts
from saudager.app import App
from saudager.prompts import Prompt
from saudager.studio import lookups, series, wording
from saudager.studio.models import Picture, PictureSeries
from saudager.studio.subjects import SUBJECT, Car, Thing


async def prepare(app: App, series_id: int) -> None:
    """Find the logo and a photo from every angle, all at once, and write the prompts; done once a series."""
    one, pictures = await app.db.read(_plan, series_id)
    if all(picture.prompt for picture in pictures):
        return
    subject = SUBJECT.validate_python(one.subject)
    logo, found = None, dict[str, str]()
    if one.looks_up and app.web_search is not None:
        brand = subject.brand
        logo, *links = await asyncio.gather(
            lookups.logo(app, brand) if brand else _nothing(),
            *(_link(app, f"{subject.searched} {picture.angle.replace('_', ' ')}") for picture in pictures),
        )
        found = {picture.angle: link for picture, link in zip(pictures, links, strict=True) if link}
    template = await app.db.read(prompts.in_force, "picture", app.settings.prompts_dir)
    await app.db.run(_write, series_id, template, subject, logo, found, now=app.clock.now())


async def _link(app: App, query: str) -> str | None:
    return next((photo.image for photo in await lookups.photos(app, query)), None)


async def _nothing() -> None:
    return None


def _plan(session: Session, series_id: int) -> tuple[PictureSeries, list[Picture]]:
    return series.held(session, series_id), list(series.of(session, series_id))


def _write(
    session: Session,
    series_id: int,
    template: Prompt,
    subject: Car | Thing,
    logo: str | None,
    found: dict[str, str],
    *,
    now: datetime,
) -> None:
    one = series.held(session, series_id)
    one.logo, one.updated_at = logo, now
    for picture in series.of(session, series_id):
        picture.prompt = wording.prompt(
            template, subject, picture.angle, session_id=one.session_id, seed=picture.seed, logo=logo
        )
        picture.reference = found.get(picture.angle)
