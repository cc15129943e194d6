"""A series: begun once, its seeds made from its session id alone, its pictures kept as they come."""

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.orders.models import Product
from saudager.queues import tasks
from saudager.studio import angles
from saudager.studio.models import Keeping, Picture, PictureSeries, PictureState, SeriesState, Verdict
from saudager.studio.subjects import Car, Thing

TASK = "draw_pictures"
LARGEST_SEED = 2**31 - 1
_MARKS = {"car": "CAR", "product": "PRD"}
_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,39}")
_TRIES = 20
_ALONE = timedelta(minutes=10)
"""After so long without a picture a command that draws by itself is taken for dead."""


def seed_of(session_id: str, angle: str, attempt: int = 0) -> int:
    """The seed of an angle, 0 to 2**31 - 1: the same on every machine. ``attempt`` counts how often it was drawn again
    because it was unlike the product."""
    digest = sha256(f"{session_id}:{angle}:{attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & LARGEST_SEED


def begin(
    session: Session,
    subject: Car | Thing,
    *,
    views: Sequence[str],
    keeping: Keeping,
    looks_up: bool,
    by: str,
    now: datetime,
    photo: str | None = None,
    product_id: int | None = None,
    session_id: str | None = None,
    by_queue: bool = True,
    task_id: str | None = None,
) -> PictureSeries:
    """Begin a series and ask for its pictures. ``photo``: where the merchant's own is kept. Not ``by_queue``: the
    caller draws them himself. ``task_id``: the id of the task that draws them first, if not a new one.

    Raises Refused for angles that are none, for keeping to a photo there is not, and for a ``session_id`` that is none
    or taken; without one a new one is made, of which no seed is another series'. Raises NotFound for a product the
    catalogue does not have.
    """
    if product_id is not None and session.get(Product, product_id) is None:
        raise NotFound("Такого товара в каталоге нет.")
    if keeping == Keeping.PHOTO and photo is None:
        raise Refused("Чтобы рисовать по фото, приложите фото товара.")
    if session_id is not None and not _SESSION.fullmatch(session_id):
        raise Refused(f"«{session_id[:40]}» — не номер серии: он как CAR-3f8a9b2c, до 40 букв, цифр и дефисов.")
    chosen = angles.chosen(list(views))
    series = PictureSeries(
        subject=subject.model_dump(),
        title=subject.title,
        product_id=product_id,
        keeping=keeping,
        photo=photo,
        looks_up=looks_up,
        state=SeriesState.DRAWING,
        task_id="",
        created_by=by,
        created_at=now,
        updated_at=now,
    )
    for _ in range(_TRIES if session_id is None else 1):
        if _is_added(session, series, session_id or f"{_MARKS[subject.kind]}-{secrets.token_hex(4)}", chosen):
            break
    else:
        raise Refused(f"Серия {series.session_id} уже есть, или её числа заняты другой: возьмите другой номер.")
    _ask(session, series, task_id=task_id, now=now, by_queue=by_queue)
    return series


def go_on(session: Session, series_id: int, *, now: datetime, by_queue: bool = True) -> PictureSeries:
    """Draw what is missing of a series, and nothing else; nothing happens while it is being drawn."""
    series = held(session, series_id, hold=True)
    if is_under_way(session, series, now=now):
        return series
    for picture in of(session, series_id):
        if picture.state == PictureState.FAILED:
            picture.state, picture.reason = PictureState.WAITING, None
    _ask(session, series, now=now, by_queue=by_queue)
    return series


def cancel(session: Session, series_id: int, *, now: datetime) -> PictureSeries:
    """Want no more pictures of a series; those that came stay."""
    series = held(session, series_id, hold=True)
    if series.state == SeriesState.DRAWING:
        with suppress(NotFound):  # forgotten, or drawn by no queue
            tasks.cancel(session, series.task_id, now=now)
        series.state, series.updated_at = SeriesState.CANCELLED, now
    return series


def judge(
    session: Session, picture_id: int, verdict: Verdict, *, by: str, now: datetime, seen: str | None = None
) -> Picture:
    """Take a person's word on a picture, which stands whatever was measured. ``seen``: the name of the file he saw, if
    that is known. Raises NotFound, and Refused for one that is not drawn, or was drawn anew since he saw it."""
    picture = _picture(session, picture_id)
    if picture.path is None:
        raise Refused("Этой картинки ещё нет: судить не о чем.")
    if seen is not None and seen != picture.name:
        raise Refused("Картинку тем временем нарисовали заново: посмотрите на новую.")
    picture.verdict, picture.judged_by = verdict, by
    if verdict == Verdict.ACCEPTED:
        picture.state, picture.reason = PictureState.DRAWN, None
    elif picture.state == PictureState.DRAWN:
        picture.state, picture.reason = PictureState.DOUBTFUL, "Картинку не приняли."
    held(session, picture.series_id).updated_at = now
    return picture


def redraw(session: Session, picture_id: int, *, by: str, now: datetime) -> Picture:
    """Draw a picture anew, by the seed of the next attempt; the old one stays until the new one is there. Raises
    NotFound, and Refused for one a person accepted."""
    picture = _picture(session, picture_id)
    if picture.verdict == Verdict.ACCEPTED:
        raise Refused("Эту картинку приняли: сначала откажитесь от неё.")
    if picture.path is not None and picture.verdict is None:
        picture.verdict, picture.judged_by = Verdict.REFUSED, by
    picture.state, picture.reason, picture.fidelity = PictureState.WAITING, None, None
    _ask(session, held(session, picture.series_id), now=now)
    return picture


def remove(session: Session, series_id: int, *, now: datetime) -> list[str]:
    """Forget a series; where its pictures lay, for who deletes the files. Raises NotFound."""
    series = cancel(session, series_id, now=now)
    paths = [picture.path for picture in of(session, series_id)]
    session.execute(delete(Picture).where(Picture.series_id == series_id))
    session.delete(series)
    return [path for path in (series.photo, *paths) if path is not None]


@dataclass(frozen=True, slots=True)
class Listed:
    """A series in a list: how many of its pictures are in each state, and where one to show lies."""

    series: PictureSeries
    counts: dict[PictureState, int]
    cover: str | None

    @property
    def pictures(self) -> int:
        return sum(self.counts.values())


def listed(
    session: Session, *, page: int = 1, size: int = 20, product_id: int | None = None
) -> tuple[Sequence[Listed], int]:
    """One page of the series, newest first, and how many there are; ``product_id``: those of one product."""
    wanted = [] if product_id is None else [PictureSeries.product_id == product_id]
    total = session.scalar(select(func.count()).select_from(PictureSeries).where(*wanted)) or 0
    query = select(PictureSeries).where(*wanted).order_by(PictureSeries.id.desc())
    found = session.scalars(query.limit(size).offset((page - 1) * size)).all()
    counts: dict[int, dict[PictureState, int]] = {one.id: dict.fromkeys(PictureState, 0) for one in found}
    covers: dict[int, str] = {}
    columns = (Picture.series_id, Picture.state, Picture.path, Picture.verdict)
    for series_id, state, path, verdict in session.execute(
        select(*columns).where(Picture.series_id.in_(counts)).order_by(Picture.series_id, Picture.number)
    ):
        counts[series_id][PictureState(state)] += 1
        if path is not None and verdict != Verdict.REFUSED:
            covers.setdefault(series_id, path)
    return [Listed(one, counts[one.id], covers.get(one.id)) for one in found], total


def is_under_way(session: Session, series: PictureSeries, *, now: datetime) -> bool:
    """Whether somebody draws it: a task that is not over, or a command that kept a picture a while ago."""
    if series.state != SeriesState.DRAWING:
        return False
    task = tasks.status(session, series.task_id, now=now)
    return series.updated_at > now - _ALONE if task is None else task.state in ("queued", "running", "retrying")


def held(session: Session, series_id: int, *, hold: bool = False) -> PictureSeries:
    """With ``hold`` nobody else changes it until the transaction is over. Raises NotFound."""
    series = session.get(PictureSeries, series_id, with_for_update=hold)
    if series is None:
        raise NotFound("Такой серии картинок нет.")
    return series


def known_as(session: Session, session_id: str) -> PictureSeries:
    """Raises NotFound."""
    series = session.scalar(select(PictureSeries).where(PictureSeries.session_id == session_id))
    if series is None:
        raise NotFound(f"Серии {session_id} нет.")
    return series


def of(session: Session, series_id: int) -> Sequence[Picture]:
    """Its pictures in their order."""
    return session.scalars(select(Picture).where(Picture.series_id == series_id).order_by(Picture.number)).all()


def prompts(series: PictureSeries, pictures: Sequence[Picture]) -> list[dict[str, Any]]:
    """What is asked for: ``[{angle, prompt, seed, session_id, reference}]``."""
    return [
        {
            "angle": picture.angle,
            "prompt": picture.prompt,
            "seed": picture.seed,
            "session_id": series.session_id,
            "reference": picture.reference,
        }
        for picture in pictures
    ]


def told(series: PictureSeries, pictures: Sequence[Picture], *, address: str) -> dict[str, Any]:
    """What came of it: ``{"session_id", "images": [{url, angle, seed, session_id, prompt, …}]}``; ``address`` is where
    files are served, with a slash at its end. A picture that is not there has no ``url``, and says why."""
    images = [
        asked
        | {
            "url": f"{address}{picture.path}" if picture.path else None,
            "id": picture.id,
            "state": picture.state,
            "verdict": picture.verdict,
            "reason": picture.reason,
            "engine": picture.engine,
            "model": picture.model,
            "fidelity": picture.fidelity,
            "width": picture.width,
            "height": picture.height,
        }
        for asked, picture in zip(prompts(series, pictures), pictures, strict=True)
    ]
    return {"session_id": series.session_id, "state": series.state, "images": images}


def picture_held(session: Session, picture_id: int) -> Picture | None:
    """A picture, held with its series: the series first, as whoever removes or goes on with it does."""
    series_id = session.scalar(select(Picture.series_id).where(Picture.id == picture_id))
    if series_id is None or session.get(PictureSeries, series_id, with_for_update=True) is None:
        return None
    return session.get(Picture, picture_id, with_for_update=True)


def _picture(session: Session, picture_id: int) -> Picture:
    picture = picture_held(session, picture_id)
    if picture is None:
        raise NotFound("Такой картинки нет.")
    return picture


def _is_added(session: Session, series: PictureSeries, session_id: str, chosen: Sequence[str]) -> bool:
    """Add a series under this name; False when the name or one of its seeds is another's, or two of its own are one."""
    seeds = [seed_of(session_id, angle) for angle in chosen]
    series.session_id = session_id
    try:
        with session.begin_nested():
            session.add(series)
            session.flush()
            session.add_all(
                Picture(
                    series_id=series.id, number=number, angle=angle, seed=seed, state=PictureState.WAITING, tries=[]
                )
                for number, (angle, seed) in enumerate(zip(chosen, seeds, strict=True))
            )
            session.flush()
    except IntegrityError:
        return False
    return True


def _ask(
    session: Session, series: PictureSeries, *, task_id: str | None = None, now: datetime, by_queue: bool = True
) -> None:
    """Have the series drawn, after what is still done for it; an older task of it begins nothing more."""
    series.state, series.updated_at = SeriesState.DRAWING, now
    series.task_id = task_id or f"pictures:{series.session_id}:{secrets.token_hex(4)}"
    if by_queue:
        lane = f"pictures:{series.session_id}"
        tasks.enqueue(session, TASK, task_id=series.task_id, lane=lane, series_id=series.id, now=now)
