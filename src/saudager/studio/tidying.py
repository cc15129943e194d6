"""Series nobody wanted, pictures nobody names and old answers of the web go by themselves."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Exists, delete, exists, select, tuple_, union
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.batches import in_batches
from saudager.studio import drawing, files, lookups, series
from saudager.studio.models import Picture, PictureSeries, Verdict, WebLookup

_log = logging.getLogger(__name__)
UNNAMED_KEPT = timedelta(days=1)
"""A file is put before the row that names it, and a process may be killed between the two."""
_AT_ONCE = 200


async def forget_pictures(app: App, task_id: str) -> int:
    """The task: delete series of which a person accepted no picture, that nobody has touched for PICTURES_KEPT_DAYS (0
    keeps them for ever) and nobody is drawing, with their files; files of no series; and answers of the web that count
    no more. How many, all in all."""
    now, days = app.clock.now(), app.settings.pictures_kept_days
    forgotten = 0
    if days:
        before = now - timedelta(days=days)
        for series_id in await app.db.read(_untouched, before=before):
            paths = await app.db.run(_forget, series_id, before=before, now=now)
            for path in paths or ():
                await drawing.drop_files(app, path)
            forgotten += paths is not None
    forgotten += await _drop_unnamed(app, before=now - UNNAMED_KEPT)
    return forgotten + await in_batches(app.db, _forget_answers, before=now - lookups.KEPT)


def _untouched(session: Session, *, before: datetime) -> Sequence[int]:
    rows = select(PictureSeries.id).where(PictureSeries.updated_at < before, ~_accepted()).order_by(PictureSeries.id)
    return session.scalars(rows).all()


def _accepted() -> Exists:
    return exists().where(Picture.series_id == PictureSeries.id, Picture.verdict == Verdict.ACCEPTED)


def _forget(session: Session, series_id: int, *, before: datetime, now: datetime) -> list[str] | None:
    """Where the files of the series lay; None when somebody has touched it meanwhile or is drawing it."""
    still = select(PictureSeries).where(PictureSeries.id == series_id, PictureSeries.updated_at < before, ~_accepted())
    one = session.scalar(still.with_for_update())
    if one is None or series.is_under_way(session, one, now=now):
        return None
    return series.remove(session, series_id, now=now)


async def _drop_unnamed(app: App, *, before: datetime) -> int:
    """Delete old files below ``pictures/`` that no series names, and halves of such; how many. Where not one of them is
    named, it is likelier that the database is not theirs, and they stay."""
    found = [path async for path in app.media.below(files.FOLDER, before=before)]
    dropped = [path async for path in app.media.halves(files.FOLDER, before=before)]
    named: set[str] = set()
    for start in range(0, len(found), _AT_ONCE):
        named |= await app.db.read(_named, {_stem(path) for path in found[start : start + _AT_ONCE]})
    unnamed = [path for path in found if _stem(path) not in named]
    if len(unnamed) < len(found):
        dropped += unnamed
    elif found:
        _log.warning("%d files below %s are no series': is this the database they belong to?", len(found), files.FOLDER)
    for path in dropped:
        await app.media.delete(path)
    return len(dropped)


def _named(session: Session, stems: Collection[str]) -> set[str]:
    """Those that are of a picture or of a series' own photo; what else is made of one lies beside it (its thumbnail,
    its form for messengers) and begins like it."""
    pictures = [f"{stem}.{ending}" for stem in stems for ending in files.ENDINGS]
    rows = union(
        select(Picture.path).where(Picture.path.in_(pictures)),
        select(PictureSeries.photo).where(PictureSeries.photo.in_(pictures)),
    )
    return {_stem(path) for path in session.scalars(rows) if path is not None}


def _stem(path: str) -> str:
    return path.partition(".")[0]


def _forget_answers(session: Session, *, before: datetime, limit: int) -> int:
    old = select(WebLookup.kind, WebLookup.query).where(WebLookup.looked_at < before).limit(limit)
    keys = session.execute(old).all()
    if keys:
        session.execute(delete(WebLookup).where(tuple_(WebLookup.kind, WebLookup.query).in_(keys)))
    return len(keys)
