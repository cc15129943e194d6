"""Series asked for by a person or another program: the same key is the same series, and its photo is taken in first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import NotFound, QueueFull, Refused
from saudager.orders.models import Product
from saudager.queues import tasks
from saudager.studio import angles, drawing, reading, series
from saudager.studio.models import Keeping, PictureSeries, SeriesState
from saudager.studio.subjects import Car, Thing

MOST_AT_ONCE = 100
"""Series that are being drawn."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Commission:
    """What is wanted: a ``subject``, or the ``words`` for it, else what the catalogue says of the product. ``keeping``
    None: the merchant's photo if there is one, else the first picture."""

    subject: Car | Thing | None
    views: Sequence[str]
    words: str | None = None
    product_id: int | None = None
    keeping: Keeping | None = None
    photo: bytes | None = None
    looks_up: bool = True
    session_id: str | None = None

    @property
    def keeps(self) -> Keeping:
        """Raises Refused when it does not go with the photo."""
        usual = Keeping.FIRST if self.photo is None else Keeping.PHOTO
        if self.keeping is not None and (self.keeping == Keeping.PHOTO) != (self.photo is not None):
            raise Refused("keeping: «photo» бывает только вместе с фотографией, а с ней — только «photo».")
        return self.keeping or usual


async def ask(
    app: App,
    wanted: Commission,
    *,
    key: str | None = None,
    by: str,
    noted: Callable[[Session, PictureSeries], None] = lambda session, begun: None,
) -> PictureSeries:
    """Begin a series, or give the one that was begun under this ``key``, as long as its first task is remembered.
    ``noted`` is told of one that is begun, in its transaction.

    Raises Rejected for a photo that is none, Refused for no angle or a key that stands for something else; NotFound for
    a product the catalogue does not have, and for the series of a key that was deleted since; QueueFull.
    """
    task_id = None if key is None else _task_of(key)
    path = None
    if wanted.photo is not None and (task_id is None or await app.db.read(tasks.asked, task_id) is None):
        path = await drawing.keep_photo(app, wanted.photo)
    begun = None
    try:
        begun = await app.db.run(_begin, wanted, path, noted, task_id=task_id, by=by, now=app.clock.now())
    finally:
        if path is not None and (begun is None or begun.photo != path):
            await drawing.drop_files(app, path)
    return begun


def _task_of(key: str) -> str:
    """The id of the task that a key stands for."""
    return f"pictures:{sha256(f'idempotency:{key}'.encode()).hexdigest()[:32]}"


def _begin(
    session: Session,
    wanted: Commission,
    photo: str | None,
    noted: Callable[[Session, PictureSeries], None],
    *,
    task_id: str | None,
    by: str,
    now: datetime,
) -> PictureSeries:
    if task_id is not None:
        tasks.hold(session, task_id)
        if (known := tasks.asked(session, task_id)) is not None:
            return _same(session, series.held(session, known[1]["series_id"]), wanted)
    drawn = select(func.count()).select_from(PictureSeries).where(PictureSeries.state == SeriesState.DRAWING)
    if session.scalars(drawn).one() >= MOST_AT_ONCE:
        raise QueueFull(f"Сейчас рисуется {MOST_AT_ONCE} серий, больше не поместится. Попробуйте ещё раз через минуту.")
    begun = series.begin(
        session,
        _subject(session, wanted),
        views=wanted.views,
        keeping=wanted.keeps,
        looks_up=wanted.looks_up,
        by=by,
        photo=photo,
        product_id=wanted.product_id,
        session_id=wanted.session_id,
        task_id=task_id,
        now=now,
    )
    noted(session, begun)
    return begun


def _same(session: Session, begun: PictureSeries, wanted: Commission) -> PictureSeries:
    """The photos are not compared."""
    views = [picture.angle for picture in series.of(session, begun.id)]
    ours = (begun.subject, views, begun.product_id, begun.keeping, begun.looks_up)
    subject = _subject(session, wanted).model_dump()
    theirs = (subject, angles.chosen(list(wanted.views)), wanted.product_id, wanted.keeps, wanted.looks_up)
    if ours != theirs or wanted.session_id not in (None, begun.session_id):
        raise Refused("Этим ключом уже просили о другом.")
    return begun


def _subject(session: Session, wanted: Commission) -> Car | Thing:
    if wanted.subject is not None:
        return wanted.subject
    if wanted.words is not None:
        return reading.read(wanted.words)
    product = None if wanted.product_id is None else session.get(Product, wanted.product_id)
    if product is None:
        raise NotFound("Такого товара в каталоге нет.")
    return Thing(name=" ".join(product.name.split())[:_LONGEST_NAME])
