"""The first stage: what the web knows, and the words for every angle."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager import prompts
from saudager.app import App
from saudager.prompts import Prompt
from saudager.studio import lookups, series, wording
from saudager.studio.lookups import Known
from saudager.studio.models import Picture, PictureSeries
from saudager.studio.subjects import SUBJECT, Car, Thing


async def prepare(app: App, series_id: int) -> None:
    """Find the logo and a photo from every angle, all at once, and write the prompts; done once a series. The web is
    not asked when nobody who draws reads prompts."""
    one, pictures = await app.db.read(_plan, series_id)
    if all(picture.prompt for picture in pictures):
        return
    subject = SUBJECT.validate_python(one.subject)
    known = Known()
    if one.looks_up and any(painter.engine.reads_prompts for painter in app.painters):
        known = await lookups.look_up(app, subject, [picture.angle for picture in pictures])
    template = await app.db.read(prompts.in_force, "picture", app.settings.prompts_dir)
    await app.db.run(_write, series_id, template, subject, known, now=app.clock.now())


def _plan(session: Session, series_id: int) -> tuple[PictureSeries, list[Picture]]:
    return series.held(session, series_id), list(series.of(session, series_id))


def _write(
    session: Session,
    series_id: int,
    template: Prompt,
    subject: Car | Thing,
    known: Known,
    *,
    now: datetime,
) -> None:
    one = series.held(session, series_id)
    one.logo, one.updated_at = known.logo, now
    for picture in series.of(session, series_id):
        picture.prompt = wording.prompt(
            template, subject, picture.angle, session_id=one.session_id, seed=picture.seed, logo=known.logo
        )
        picture.reference = known.photos.get(picture.angle)
