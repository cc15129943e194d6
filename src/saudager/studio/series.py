"""A series: begun once, its seeds made from its session id alone, its pictures kept as they come."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import select
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
    task_id: str | None = None,
) -> PictureSeries:
    """Begin a series and ask for its pictures. ``photo``: where the merchant's own is kept; ``task_id``: whose pictures
    it is asked to draw, if not a new one.

    Raises Refused for angles that are none and for a ``session_id`` that is taken; without one a new one is made, of
    which no seed is another series'. Raises NotFound for a product the catalogue does not have.
    """
    if product_id is not None and session.get(Product, product_id) is None:
        raise NotFound("Такого товара в каталоге нет.")
    chosen = angles.chosen(list(views))
    while True:
        name = session_id or f"{_MARKS[subject.kind]}-{secrets.token_hex(4)}"
        seeds = [seed_of(name, angle) for angle in chosen]
        if len(set(seeds)) == len(seeds) and not _is_taken(session, name, seeds):
            break
        if session_id is not None:
            raise Refused(f"Серия {session_id} уже есть.")
    series = PictureSeries(
        session_id=name,
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
    session.add(series)
    session.flush()
    for number, (angle, seed) in enumerate(zip(chosen, seeds, strict=True)):
        session.add(
            Picture(series_id=series.id, number=number, angle=angle, seed=seed, state=PictureState.WAITING, tries=[])
        )
    session.flush()
    _ask(session, series, task_id=task_id, now=now)
    return series


def go_on(session: Session, series_id: int, *, now: datetime) -> PictureSeries:
    """Draw what is missing of a series, and nothing else; it goes on by itself while it is being drawn."""
    series = held(session, series_id)
    if series.state == SeriesState.DRAWING:
        return series
    for picture in of(session, series_id):
        if picture.state == PictureState.FAILED:
            picture.state, picture.reason = PictureState.WAITING, None
    series.state, series.updated_at = SeriesState.DRAWING, now
    _ask(session, series, now=now)
    return series


def cancel(session: Session, series_id: int, *, now: datetime) -> PictureSeries:
    """Want no more pictures of a series; those that came stay."""
    series = held(session, series_id)
    if series.state == SeriesState.DRAWING:
        tasks.cancel(session, series.task_id, now=now)
        series.state, series.updated_at = SeriesState.CANCELLED, now
    return series


def judge(session: Session, picture_id: int, verdict: Verdict, by: str) -> Picture:
    """Keep what a person said of a picture. Raises NotFound, and Refused for one that is not there yet."""
    picture = _picture(session, picture_id)
    if picture.path is None:
        raise Refused("Этой картинки ещё нет: судить не о чем.")
    picture.verdict = verdict
    return picture


def redraw(session: Session, picture_id: int, *, now: datetime) -> Picture:
    """Have a picture drawn again with another seed; the old one stays until the new one is there.

    Raises NotFound, and Refused while its series is being drawn.
    """
    picture = _picture(session, picture_id)
    series = held(session, picture.series_id)
    if series.state == SeriesState.DRAWING:
        raise Refused("Серия ещё рисуется. Дождитесь конца или остановите её.")
    picture.state, picture.reason = PictureState.WAITING, None
    picture.verdict = picture.fidelity = None
    series.state, series.updated_at = SeriesState.DRAWING, now
    _ask(session, series, now=now)
    return picture


def remove(session: Session, series_id: int) -> list[str]:
    """Forget a series; the paths of its files, which the caller deletes. Raises NotFound, and Refused while it is being
    drawn."""
    series = held(session, series_id)
    if series.state == SeriesState.DRAWING:
        raise Refused("Серия ещё рисуется. Остановите её, потом удалите.")
    pictures = of(session, series_id)
    paths = [path for path in (series.photo, *(one.path for one in pictures)) if path]
    for picture in pictures:
        session.delete(picture)
    session.flush()
    session.delete(series)
    return paths


def held(session: Session, series_id: int) -> PictureSeries:
    """Raises NotFound."""
    series = session.get(PictureSeries, series_id)
    if series is None:
        raise NotFound("Такой серии картинок нет.")
    return series


def of(session: Session, series_id: int) -> Sequence[Picture]:
    """Its pictures in their order."""
    return session.scalars(select(Picture).where(Picture.series_id == series_id).order_by(Picture.number)).all()


def listed(
    session: Session, *, state: str | None = None, product_id: int | None = None, after: int | None = None, limit: int
) -> Sequence[PictureSeries]:
    """Series, the newest first; ``after`` is the id of the last one that is known already."""
    wanted = select(PictureSeries).order_by(PictureSeries.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(PictureSeries.state == state)
    if product_id is not None:
        wanted = wanted.where(PictureSeries.product_id == product_id)
    if after is not None:
        wanted = wanted.where(PictureSeries.id < after)
    return session.scalars(wanted).all()


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
            "state": picture.state,
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


def _picture(session: Session, picture_id: int) -> Picture:
    picture = session.get(Picture, picture_id)
    if picture is None:
        raise NotFound("Такой картинки нет.")
    return picture


def _is_taken(session: Session, session_id: str, seeds: Sequence[int]) -> bool:
    by_name = select(PictureSeries.id).where(PictureSeries.session_id == session_id)
    by_seed = select(Picture.id).where(Picture.seed.in_(seeds)).limit(1)
    return session.scalar(by_name) is not None or session.scalar(by_seed) is not None


def _ask(session: Session, series: PictureSeries, *, task_id: str | None = None, now: datetime) -> None:
    series.task_id = task_id or f"pictures:{series.session_id}:{secrets.token_hex(4)}"
    tasks.enqueue(session, TASK, task_id=series.task_id, series_id=series.id, now=now)
