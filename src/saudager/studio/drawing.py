"""The second stage: the pictures of all angles at once, each kept as it comes, compared with what it should show, and
drawn again when it is unlike."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from saudager.app import App
from saudager.errors import DatabaseFault, NotFound, OutsideError
from saudager.providers.images import Drawing, ImageModel, Photo
from saudager.studio import angles, files, kept, painting, preparing, series, wording
from saudager.studio.files import Accepted
from saudager.studio.kept import DRAWN_AGAIN
from saudager.studio.models import Keeping, Picture, PictureSeries, PictureState, Verdict
from saudager.studio.painting import CannotDraw, Painted

if TYPE_CHECKING:
    from saudager.studio.fidelity import Likeness, Look

_log = logging.getLogger(__name__)
PATIENCE = timedelta(minutes=10)
"""How long one task waits for engines that ask for time."""
_MOST_IN_A_ROW = 3
_PHOTO = "photo"
_PARTIAL = "с этого ракурса видны другие цвета"


class _NotWanted(Exception):
    """Another task has the series now, or nobody wants it."""


@dataclass(frozen=True, slots=True)
class _Reference:
    """What the pictures are to look like. ``given``: the engine gets it too; ``angle``: whose picture it is, ``photo``
    for the merchant's own."""

    photo: Photo
    look: "Look"
    given: bool
    angle: str

    @classmethod
    async def of(cls, photo: Photo, *, given: bool, angle: str) -> Self:
        from saudager.studio import fidelity

        return cls(photo, await asyncio.to_thread(fidelity.look, photo.content), given, angle)


async def draw_pictures(app: App, task_id: str, *, series_id: int) -> dict[str, Any]:
    """The task: draw what a series lacks; asked again, it goes on where it was left."""
    for painter in app.painters:
        painter.stopped = ""  # somebody may have mended its key
    try:
        one, _ = await app.db.read(kept.plan, series_id)
        if one is not None:
            await preparing.prepare(app, series_id)
            work = _Work(app, task_id, one)
            await work.do()
            await work.tell_same()
    except DatabaseFault:
        raise
    except (OutsideError, NotFound) as error:
        await app.db.run(kept.fail_rest, series_id, task_id, str(error))
    except Exception:  # another run of the task would come to the same: a person sees it and goes on
        _log.exception("series %d", series_id)
        await app.db.run(kept.fail_rest, series_id, task_id, "Сбой программы: подробности в журнале.")
    return await app.db.run(kept.conclude, series_id, task_id, now=app.clock.now())


class _Work:
    """One run of the task over one series."""

    def __init__(self, app: App, task_id: str, one: PictureSeries) -> None:
        self._app = app
        self._task_id = task_id
        self._series = one
        self._places = asyncio.Semaphore(app.settings.images_at_once)
        self._hands = asyncio.Semaphore(2 * app.settings.images_at_once)
        """As many are taken in and kept while the next ones are drawn: each is held in memory."""
        self._most_references = max((painter.engine.most_references for painter in app.painters), default=0)
        self._waits_until = app.clock.now() + PATIENCE
        self._in_a_row = 0
        self._gave_up: CannotDraw | None = None

    async def do(self) -> None:
        pictures = await self._pictures()
        reference = await self._reference(pictures)
        if reference is None and self._series.keeping == Keeping.FIRST and self._most_references:
            wanted = [one for one in pictures if kept.is_to_be_drawn(one)]
            reference = await self._draw_the_first(sorted(wanted, key=lambda one: one.angle in angles.PARTIAL))
        for _ in range(DRAWN_AGAIN + 1):
            if self._gave_up is not None:
                await self._app.db.run(kept.fail_rest, self._series.id, self._task_id, str(self._gave_up))
                return
            wanted = [one for one in await self._pictures() if kept.is_to_be_drawn(one)]
            await self._draw_all(wanted, reference)
            if reference is None:
                pictures = await self._pictures()
                reference = await self._reference(pictures)
                await self._compare_all(pictures, reference)

    async def _pictures(self) -> Sequence[Picture]:
        _, pictures = await self._app.db.read(kept.plan, self._series.id)
        return pictures

    async def _reference(self, pictures: Sequence[Picture]) -> _Reference | None:
        """The merchant's photo, else the picture the others were kept to, else one a person accepted, else the first
        there is: never one that was drawn from another while that one is there."""
        if self._series.photo is not None:
            return await _Reference.of(await self._stored(self._series.photo), given=True, angle=_PHOTO)
        kept_to = {one["kept_to"] for picture in pictures for one in picture.tries if "kept_to" in one}
        there = [
            picture
            for picture in pictures
            if picture.path and picture.state == PictureState.DRAWN and picture.verdict != Verdict.REFUSED
        ]
        there.sort(
            key=lambda picture: (
                picture.angle not in kept_to,
                picture.verdict is None,
                picture.angle in angles.PARTIAL,
                picture.number,
            )
        )
        for picture in there:
            try:
                photo = await self._stored(picture.path or "")
            except NotFound:
                continue
            return await _Reference.of(photo, given=self._series.keeping == Keeping.FIRST, angle=picture.angle)
        return None

    async def _draw_the_first(self, wanted: Sequence[Picture]) -> _Reference | None:
        """The first angle that can be drawn at all."""
        for picture in wanted:
            if (photo := await self._draw_patiently(picture, None)) is not None:
                return await _Reference.of(photo, given=True, angle=picture.angle)
            if self._gave_up is not None:
                break
        return None

    async def _draw_all(self, wanted: Sequence[Picture], reference: _Reference | None) -> None:
        """All at once; those that did not come and still may, one by one."""
        try:
            async with asyncio.TaskGroup() as group:
                drawing = [group.create_task(self._draw(picture, reference)) for picture in wanted]
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        self._in_a_row = 0
        for picture, drawn in zip(wanted, drawing, strict=True):
            if isinstance(error := drawn.result(), CannotDraw) and self._gave_up is None:
                await self._draw_patiently(picture, reference, error)

    async def _draw_patiently(
        self, picture: Picture, reference: _Reference | None, error: CannotDraw | None = None
    ) -> Photo | None:
        """Draw one picture, waiting for what the engines ask for; after too many failures in a row, or when they ask
        for too much, it is given up with all that are left."""
        drawn = error or await self._draw(picture, reference)
        while isinstance(drawn, CannotDraw):
            if drawn.again_at is None:
                return None
            self._in_a_row += 1
            if self._in_a_row >= _MOST_IN_A_ROW or drawn.again_at > self._waits_until:
                self._gave_up = drawn
                return None
            await self._app.clock.sleep_until(drawn.again_at)
            drawn = await self._draw(picture, reference)
        self._in_a_row = 0
        return drawn

    async def _draw(self, picture: Picture, reference: _Reference | None) -> Photo | CannotDraw | None:
        """What came; None when nobody wants it any more."""
        app, attempt = self._app, kept.attempts(picture)
        seed = series.seed_of(self._series.session_id, picture.angle, attempt)
        async with self._hands:
            given = await self._given(picture, reference)

            async def asked_of(engine: ImageModel) -> Drawing:
                if not await app.db.read(kept.is_wanted, self._series.id, self._task_id):
                    raise _NotWanted
                references = given[: engine.most_references]
                return Drawing(
                    prompt=wording.with_references(picture.prompt or "", len(references)),
                    seed=seed,
                    angle=picture.angle,
                    subject={name: str(value) for name, value in self._series.subject.items() if value},
                    references=references,
                )

            try:
                painted = await painting.paint(app, asked_of, _take, self._places)
                likeness = (
                    None
                    if reference is None
                    else await self._likeness(picture.angle, painted.taken.thumbnail, reference)
                )
                path = await keep_file(app, painted.taken)
            except _NotWanted:
                return None
            except CannotDraw as error:
                await app.db.run(kept.fail, picture.id, attempt, str(error), error.tries)
                return error
            except DatabaseFault:
                raise
            except OutsideError as error:
                reason = f"Нарисовано, но файл не удалось сохранить: {error}"
                await app.db.run(kept.fail, picture.id, attempt, reason, [])
                return None
        await self._keep(picture, attempt, path, painted, seed, reference, likeness)
        return painted.taken.photo

    async def _keep(
        self,
        picture: Picture,
        attempt: int,
        path: str,
        painted: Painted[Accepted],
        seed: int,
        reference: _Reference | None,
        likeness: "Likeness | None",
    ) -> None:
        app, kept_to = self._app, reference.angle if reference is not None and reference.given else None
        dropped = await app.db.run(
            kept.keep, picture.id, attempt, path, painted, seed, kept_to, likeness, now=app.clock.now()
        )
        if dropped is not None:
            await drop_files(app, dropped)
        await app.db.run(kept.report, self._task_id, self._series.id)

    async def _given(self, picture: Picture, reference: _Reference | None) -> tuple[Photo, ...]:
        """What the engine is to keep to: the product, and a photo found on the web for the view alone."""
        if reference is None or not reference.given:
            return ()
        app = self._app
        if picture.reference is None or app.web_search is None or self._most_references < 2:
            return (reference.photo,)
        try:
            found = await app.web_search.fetch(picture.reference)
            return reference.photo, (await _take(found.content)).photo
        except OutsideError as error:
            _log.info("the photo of %r was not had: %s", picture.angle, error)
            return (reference.photo,)

    async def _compare_all(self, pictures: Sequence[Picture], reference: _Reference | None) -> None:
        for picture in pictures:
            if reference is not None and picture.path and picture.angle != reference.angle:
                likeness = await self._likeness(picture.angle, await self._stored(picture.path), reference)
                await self._app.db.run(kept.compare, picture.id, likeness)

    async def _likeness(self, angle: str, photo: Photo, reference: _Reference) -> "Likeness":
        from saudager.studio import fidelity

        look = await asyncio.to_thread(fidelity.look, photo.content)
        return fidelity.compare(reference.look, look, _PARTIAL if {angle, reference.angle} & angles.PARTIAL else "")

    async def tell_same(self) -> None:
        """Mark what came back twice, from different angles."""
        from saudager.studio import duplicates

        there = [one for one in await self._pictures() if one.path and one.verdict != Verdict.REFUSED]
        try:
            small = [(await self._stored(thumbnail_of(one.path or ""))).content for one in there]
        except NotFound:  # removed meanwhile
            return
        same = await asyncio.to_thread(duplicates.find, small)
        marked = {there[later].id: there[earlier].angle for later, earlier in same.items()}
        await self._app.db.run(kept.tell_same, self._series.id, marked)

    async def _stored(self, path: str) -> Photo:
        return Photo(await self._app.media.get(path))


async def _take(content: bytes) -> Accepted:
    return await asyncio.to_thread(files.accept, content)


async def keep_photo(app: App, content: bytes) -> str:
    """Take the merchant's own photo of a product in and keep it; the path it lies at. Raises Rejected, in Russian."""
    return await keep_file(app, await asyncio.to_thread(files.accept, content))


async def keep_file(app: App, accepted: Accepted) -> str:
    """Keep a picture and its thumbnail under a name nobody can guess; where it lies."""
    path = f"{files.FOLDER}{secrets.token_urlsafe(24)}.{accepted.ending}"
    for name, photo in ((path, accepted.photo), (thumbnail_of(path), accepted.thumbnail)):
        await app.media.put(name, photo.content, mime_type=photo.mime_type, now=app.clock.now())
    return path


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


async def remove(app: App, series_id: int) -> None:
    """Remove a series with all its files; raises NotFound."""
    for path in await app.db.run(series.remove, series_id, now=app.clock.now()):
        await drop_files(app, path)
