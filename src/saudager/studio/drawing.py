"""The second stage: the pictures of all angles at once, each kept as it comes, compared with what it should show, and
drawn again when it is unlike."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.providers.images import Drawing, Photo
from saudager.queues import tasks
from saudager.studio import fidelity, files, painting, preparing, series
from saudager.studio.fidelity import Likeness
from saudager.studio.files import Accepted
from saudager.studio.models import Keeping, Picture, PictureSeries, PictureState, SeriesState
from saudager.studio.painting import CannotDraw, Painted

_log = logging.getLogger(__name__)
DRAWN_AGAIN = 2
"""How often a picture that is unlike the product is drawn again."""
_UNLIKE = "Не похоже на товар: нарисовано {} раза, посмотрите сами."


@dataclass(frozen=True, slots=True)
class _Reference:
    """What the pictures are to look like. ``given``: the engine gets it too; ``angle``: whose picture it is."""

    photo: Photo
    given: bool
    angle: str | None = None


async def draw_pictures(app: App, task_id: str, *, series_id: int) -> dict[str, Any]:
    """The task: draw what a series lacks; asked again, it goes on where it was left."""
    await preparing.prepare(app, series_id)
    one, pictures = await app.db.read(_plan, series_id)
    work = _Work(app, task_id, one)
    reference = await work.reference(pictures)
    if reference is None and one.keeping == Keeping.FIRST and work.keeps_to_pictures:
        reference = await work.draw_the_first(pictures)
    for _ in range(DRAWN_AGAIN + 1):
        _, pictures = await app.db.read(_plan, series_id)
        wanted = [picture for picture in pictures if _is_wanted(picture)]
        await work.draw_all(wanted, reference)
        if reference is None:
            _, pictures = await app.db.read(_plan, series_id)
            reference = await work.reference(pictures)
            await work.compare_all(pictures, reference)
    return await app.db.run(_conclude, series_id, now=app.clock.now())


class _Work:
    """One run of the task over one series."""

    def __init__(self, app: App, task_id: str, one: PictureSeries) -> None:
        self._app = app
        self._task_id = task_id
        self._series = one
        self._places = asyncio.Semaphore(app.settings.images_at_once)
        self.keeps_to_pictures = any(painter.engine.most_references for painter in app.painters)

    async def reference(self, pictures: Sequence[Picture]) -> _Reference | None:
        """The merchant's photo, else the first picture there is."""
        if self._series.photo is not None:
            return _Reference(await self._stored(self._series.photo), given=True)
        for picture in pictures:
            if picture.path and picture.state == PictureState.DRAWN:
                return _Reference(
                    await self._stored(picture.path), given=self._series.keeping == Keeping.FIRST, angle=picture.angle
                )
        return None

    async def draw_the_first(self, pictures: Sequence[Picture]) -> _Reference | None:
        """The first angle that can be drawn at all."""
        for picture in pictures:
            if picture.state == PictureState.WAITING and (photo := await self._draw(picture, None)) is not None:
                return _Reference(photo, given=True, angle=picture.angle)
        return None

    async def draw_all(self, wanted: Sequence[Picture], reference: _Reference | None) -> None:
        """All at once; when not a single one came of it, those that may still come one by one."""
        drawn = await asyncio.gather(*(self._draw(picture, reference) for picture in wanted))
        if len(wanted) > 1 and not any(drawn):
            for picture in wanted:
                await self._draw(picture, reference)

    async def compare_all(self, pictures: Sequence[Picture], reference: _Reference | None) -> None:
        for picture in pictures:
            if reference is not None and picture.path and picture.angle != reference.angle:
                likeness = await self._likeness(await self._stored(picture.path), reference)
                await self._app.db.run(_judge, picture.id, likeness)

    async def _draw(self, picture: Picture, reference: _Reference | None) -> Photo | None:
        app = self._app
        async with self._places:
            if await app.db.read(tasks.is_cancelled, self._task_id):
                return None
            attempt = len([one for one in picture.tries if "likeness" in one])
            asked = Drawing(
                prompt=picture.prompt or "",
                seed=series.seed_of(self._series.session_id, picture.angle, attempt),
                angle=picture.angle,
                subject={name: str(value) for name, value in self._series.subject.items() if value},
                references=(reference.photo,) if reference is not None and reference.given else (),
            )
            try:
                painted = await painting.paint(app, asked, _take)
            except CannotDraw as error:
                await app.db.run(_failed, picture.id, str(error), error.tries)
                return None
        accepted, path = painted.taken, _new_path(self._series, painted.taken)
        likeness = None if reference is None else await self._likeness(accepted.photo, reference)
        for name, photo in ((path, accepted.photo), (thumbnail_of(path), accepted.thumbnail)):
            await app.media.put(name, photo.content, mime_type=photo.mime_type, now=app.clock.now())
        old = await app.db.run(_keep, picture.id, path, painted, asked.seed, likeness, now=app.clock.now())
        if old is not None:
            await drop_files(app, old)
        await app.db.run(_report, self._task_id, self._series.id)
        return accepted.photo

    async def _likeness(self, photo: Photo, reference: _Reference) -> Likeness:
        return await asyncio.to_thread(fidelity.compare, reference.photo.content, photo.content)

    async def _stored(self, path: str) -> Photo:
        return Photo(await self._app.media.get(path))


async def _take(content: bytes) -> Accepted:
    return await asyncio.to_thread(files.accept, content)


def thumbnail_of(path: str) -> str:
    """Where the thumbnail of a picture lies."""
    return f"{path.rpartition('.')[0]}.small.webp"


def chat_form_of(path: str) -> str:
    """Where a picture lies as messengers take it, when its own file is none they take."""
    return f"{path.rpartition('.')[0]}.chat.jpg"


async def drop_files(app: App, path: str) -> None:
    """Delete a picture's files."""
    for one in (path, thumbnail_of(path), chat_form_of(path)):
        await app.media.delete(one)


def _new_path(one: PictureSeries, accepted: Accepted) -> str:
    return f"pictures/{secrets.token_urlsafe(24)}.{accepted.ending}"


def _is_wanted(picture: Picture) -> bool:
    """Whether a picture is to be drawn: it is not there, or too unlike still."""
    if picture.state == PictureState.WAITING:
        return True
    compared = len([one for one in picture.tries if "likeness" in one])
    return picture.state == PictureState.DOUBTFUL and picture.verdict is None and compared <= DRAWN_AGAIN


def _plan(session: Session, series_id: int) -> tuple[PictureSeries, Sequence[Picture]]:
    return series.held(session, series_id), series.of(session, series_id)


def _failed(session: Session, picture_id: int, reason: str, tries: list[dict[str, Any]]) -> None:
    picture = session.get_one(Picture, picture_id)
    picture.tries = [*picture.tries, *tries]
    if picture.path is None:
        picture.state, picture.reason = PictureState.FAILED, reason


def _keep(
    session: Session,
    picture_id: int,
    path: str,
    painted: Painted[Accepted],
    seed: int,
    likeness: Likeness | None,
    *,
    now: datetime,
) -> str | None:
    """Keep what was drawn, unless the one that is there is more alike; the path of the one that is dropped."""
    picture = session.get_one(Picture, picture_id)
    this: dict[str, Any] = {"engine": painted.engine, "model": painted.drawn.model, "seed": seed}
    if likeness is not None:
        this["likeness"] = likeness.score
    picture.tries = [*picture.tries, *painted.tries, this]
    if picture.path and likeness and picture.fidelity and picture.fidelity["score"] >= likeness.score:
        return path
    old, picture.path = picture.path, path
    accepted = painted.taken
    picture.mime_type, picture.size = accepted.photo.mime_type, len(accepted.photo.content)
    picture.width, picture.height = accepted.width, accepted.height
    picture.engine, picture.model, picture.drawn_at = painted.engine, painted.drawn.model, now
    picture.state, picture.reason = PictureState.DRAWN, None
    if likeness is not None:
        _judge(session, picture_id, likeness)
    return old


def _judge(session: Session, picture_id: int, likeness: Likeness) -> None:
    picture = session.get_one(Picture, picture_id)
    picture.fidelity = likeness.told()
    if picture.tries and "likeness" not in picture.tries[-1]:
        picture.tries = [*picture.tries[:-1], picture.tries[-1] | {"likeness": likeness.score}]
    if likeness.is_alike:
        picture.state, picture.reason = PictureState.DRAWN, None
    else:
        compared = len([one for one in picture.tries if "likeness" in one])
        picture.state, picture.reason = PictureState.DOUBTFUL, _UNLIKE.format(compared)


def _report(session: Session, task_id: str, series_id: int) -> None:
    pictures = series.of(session, series_id)
    there = sum(picture.path is not None for picture in pictures)
    tasks.report_progress(session, task_id, f"{there} из {len(pictures)}")


def _conclude(session: Session, series_id: int, *, now: datetime) -> dict[str, Any]:
    one, pictures = series.held(session, series_id), series.of(session, series_id)
    if one.state == SeriesState.DRAWING:
        missing = any(picture.path is None for picture in pictures)
        one.state, one.updated_at = SeriesState.INCOMPLETE if missing else SeriesState.DONE, now
    return series.told(one, pictures, address="")
