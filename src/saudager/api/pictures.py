"""Series of pictures for other programs: asked for, watched as the pictures come, judged, gone on with, deleted."""

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from saudager.api import examples
from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.api.openapi import PREFIX
from saudager.app import App
from saudager.errors import NotFound, Refused, Rejected
from saudager.keys import Scope
from saudager.letters.asking import LARGEST_ID, Id, one_line, whole
from saudager.queues import tasks
from saudager.studio import asking, drawing, series
from saudager.studio.asking import Commission
from saudager.studio.models import Keeping, Picture, PictureSeries, Verdict
from saudager.studio.series import Listed
from saudager.studio.subjects import Car, Thing

_BY = "API"
_PATH = f"{PREFIX}/pictures/series"
LARGEST_PHOTO = 10 * 1024 * 1024
_LONGEST_PHOTO = (LARGEST_PHOTO + 2) // 3 * 4
LONGEST_POST = _LONGEST_PHOTO + 100_000
_Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_Number = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
_Seen = Annotated[
    str | None,
    Query(
        max_length=100,
        description="The end of its `url`, after the last slash. Left out: whichever picture is there by now.",
    ),
]
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key again is the same series; remembered until three days after it was first drawn.",
    ),
]
State = Literal["drawing", "done", "incomplete", "cancelled"]
PictureState = Literal["waiting", "drawn", "doubtful", "failed"]


def _left_out() -> Any:
    return None


_LEFT_OUT = Field(default_factory=_left_out)
"""A field that may be missing, but not null."""


def _decoded(told: str) -> str:
    try:
        b64decode(told, validate=True)
    except binascii.Error:
        raise ValueError("no base64 (RFC 4648, section 4)") from None
    return told


def _lined(told: object) -> object:
    return one_line(told) if isinstance(told, str) else told


_Line = BeforeValidator(_lined)
_Words = Annotated[str, Field(max_length=120), _Line]
_Angle = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\w"), AfterValidator(one_line)]


class CarAsked(Car):
    """A car; what is left out is not known."""

    model_config = ConfigDict(strict=True, extra="ignore")

    kind: Literal["car"]
    brand: Annotated[str, Field(min_length=1, max_length=60, pattern=r"\w"), _Line]
    model: _Words = ""
    year: Annotated[int | None, Field(ge=1885, le=2100), BeforeValidator(whole)] = None
    color: _Words = ""
    body_type: _Words = ""


class ProductAsked(Thing):
    """Any other product."""

    model_config = ConfigDict(strict=True, extra="ignore")

    kind: Literal["product"]
    name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\w"), _Line]
    brand: _Words = ""
    color: _Words = ""
    details: Annotated[str, Field(max_length=500), _Line] = ""


class SeriesAsked(BaseModel):
    """What is to be drawn: a `subject` or `words` for it, and the `product_id` of the catalogue's product it shows; one
    of the three is enough, and a `subject` says more than `words`."""

    model_config = ConfigDict(
        strict=True,
        extra="ignore",
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in ("subject", "words", "product_id")],
            "examples": [examples.SERIES_ASKED],
        },
    )

    subject: Annotated[CarAsked | ProductAsked, Field(discriminator="kind")] = _LEFT_OUT
    words: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"\w",
            description="Such as `Toyota Camry 2021 white sedan`, in English or Russian.",
        ),
        AfterValidator(one_line),
    ] = _LEFT_OUT
    product_id: Id = _LEFT_OUT
    angles: Annotated[
        list[_Angle],
        Field(
            min_length=1,
            max_length=24,
            description="front, side, rear, three_quarter, interior, detail, or words of your own.",
        ),
    ] = ["front", "side", "rear"]
    keeping: Annotated[
        Literal["photo", "first", "seeds"],
        Field(
            description="What keeps the pictures to one product. Left out: your `photo` if there is one, else the "
            "`first` picture."
        ),
    ] = _LEFT_OUT
    photo: Annotated[
        str,
        Field(
            min_length=4,
            max_length=_LONGEST_PHOTO,
            json_schema_extra={"format": "byte"},
            description="Your own photo of the product: JPEG, PNG or WebP in base64, up to 10 MB.",
        ),
        AfterValidator(_decoded),
    ] = _LEFT_OUT
    look_up: Annotated[bool, Field(description="Whether the web is asked for the logo and for photos.")] = True
    session_id: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{2,39}$",
            description="Its seeds come of it; left out: a new one, such as `CAR-3f8a9b2c`.",
        ),
    ] = _LEFT_OUT

    @model_validator(mode="after")
    def _names_something(self) -> "SeriesAsked":
        if self.subject is None and self.words is None and self.product_id is None:
            raise ValueError("expected a subject, words or a product_id")
        return self

    @property
    def commission(self) -> Commission:
        """The same as the studio wants it."""
        kind = Car if isinstance(self.subject, Car) else Thing
        return Commission(
            None if self.subject is None else kind(**self.subject.model_dump()),
            self.angles,
            words=self.words,
            product_id=self.product_id,
            keeping=None if self.keeping is None else Keeping(self.keeping),
            photo=None if self.photo is None else b64decode(self.photo),
            looks_up=self.look_up,
            session_id=self.session_id,
        )


class Asked(BaseModel):
    """It is being drawn; the series tells how it fares."""

    model_config = shown(examples.SERIES_BEGUN)

    message: str
    task_id: str
    series_id: int
    session_id: str


class Prompt(BaseModel):
    """What is asked for of one angle; `prompt` is null until the web has been asked."""

    angle: str
    prompt: str | None
    seed: int
    session_id: str
    reference: str | None = Field(description="Address of a real photo from this angle that was found; unproved.")


class Image(Prompt):
    """The picture of one angle, as far as it is."""

    id: int
    url: str | None = Field(description="Null until it is there.")
    thumbnail: str | None
    state: PictureState = Field(description="`doubtful`: unlike the product however often drawn; a person looks.")
    reason: str | None = Field(description="Why it failed or is doubtful, in Russian.")
    verdict: Literal["accepted", "refused"] | None = Field(description="What a person said.")
    engine: str | None
    model: str | None
    fidelity: dict[str, Any] | None = Field(description="How like the reference it was measured.")
    width: int | None
    height: int | None


class SeriesRow(BaseModel):
    """What a series is."""

    id: int
    session_id: str
    title: str
    state: State = Field(description="`incomplete`: some angle could not be drawn; resume goes on with it.")
    product_id: int | None
    keeping: Literal["photo", "first", "seeds"]
    created_at: datetime
    updated_at: datetime


class ListedSeries(SeriesRow):
    """A series in the list."""

    model_config = shown(examples.SERIES_LISTED)

    counts: dict[PictureState, int] = Field(description="How many of its pictures are in each state.")
    cover: str | None = Field(description="Thumbnail of the first picture that is there and not refused.")


class Series(SeriesRow):
    """A series with its pictures, which appear as they come."""

    model_config = shown(examples.SERIES)

    subject: dict[str, Any]
    look_up: bool
    logo: str | None = Field(description="What the web says of the logo; null: not known.")
    task_id: str
    progress: str | None = Field(description="While it is drawn, such as «2 из 3».")
    prompts: list[Prompt]
    images: list[Image]


class ManySeries(BaseModel):
    """One page of the series, newest first, and how many there are."""

    results: list[ListedSeries]
    total: int


def longest_bodies() -> dict[str, int]:
    """The paths that take more than a usual call, and how many bytes."""
    return {f"{_PATH}/": LONGEST_POST}


def router(app: App) -> APIRouter:
    """All behind a key with the scope ``pictures``; docs/pictures.md shows every call and its answer.

    Fields of a body that nobody knows are passed over. 404 for what is not there, 409 for what a rule forbids and for a
    photo that is none; 422 names the field that is wrong; 503 while as many series are drawn as may be.
    """
    routes = APIRouter(prefix=_PATH, **behind(app, Scope.PICTURES, besides=faults(422)), tags=["Pictures"])
    _add_series(routes, app)
    _add_judging(routes, app)
    return routes


def _add_series(routes: APIRouter, app: App) -> None:
    @routes.post("/", status_code=202, responses=faults(400, 404, 409, 413, 503))
    async def begin(asked: SeriesAsked, idempotency_key: _Key = None) -> Asked:
        """Draw a product from several angles, the same product in each."""
        try:
            begun = await asking.ask(app, asked.commission, key=idempotency_key, by=_BY)
        except Rejected as error:
            raise Refused(f"photo: {error}") from error
        return Asked(
            message="Серия картинок рисуется",
            task_id=begun.task_id,
            series_id=begun.id,
            session_id=begun.session_id,
        )

    @routes.get("/")
    async def everyone(
        product_id: _Number = None,
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
    ) -> ManySeries:
        """The series, newest first; those of one product if it is named."""

        def read(session: Session) -> ManySeries:
            found, total = series.listed(session, page=page, size=limit, product_id=product_id)
            return ManySeries(results=[_listed(one, app.settings.console_address) for one in found], total=total)

        return await app.db.read(read)

    @routes.get("/{id}/", responses=faults(404))
    async def one(id: _Id) -> Series:
        """One series: what is asked for, and the pictures that are there."""
        return await app.db.read(_told, id, app)

    @routes.post("/{id}/resume/", responses=faults(404))
    async def resume(id: _Id) -> Series:
        """Draw what is missing of it, and nothing else."""

        def change(session: Session) -> Series:
            series.go_on(session, id, now=app.clock.now())
            return _told(session, id, app)

        return await app.db.run(change)

    @routes.post("/{id}/cancel/", responses=faults(404))
    async def cancel(id: _Id) -> Series:
        """Want no more pictures of it; those that came stay."""

        def change(session: Session) -> Series:
            series.cancel(session, id, now=app.clock.now())
            return _told(session, id, app)

        return await app.db.run(change)

    @routes.delete("/{id}/", status_code=204, responses=faults(404))
    async def delete(id: _Id) -> None:
        """Forget it and its files; nothing more of it is drawn."""
        await drawing.remove(app, id)


def _add_judging(routes: APIRouter, app: App) -> None:
    @routes.post("/{id}/pictures/{picture}/accept/", responses=faults(404, 409))
    async def accept(id: _Id, picture: _Id, seen: _Seen = None) -> Series:
        """It may be shown to customers. 409 if it is another one than was `seen`."""
        return await app.db.run(_judge, id, picture, Verdict.ACCEPTED, app, seen)

    @routes.post("/{id}/pictures/{picture}/refuse/", responses=faults(404, 409))
    async def refuse(id: _Id, picture: _Id) -> Series:
        """It may not."""
        return await app.db.run(_judge, id, picture, Verdict.REFUSED, app)

    @routes.post("/{id}/pictures/{picture}/redraw/", responses=faults(404, 409))
    async def redraw(id: _Id, picture: _Id) -> Series:
        """Draw it again with another seed; the old one stays until then. 409 for one that is accepted."""

        def change(session: Session) -> Series:
            _require(session, id, picture)
            series.redraw(session, picture, by=_BY, now=app.clock.now())
            return _told(session, id, app)

        return await app.db.run(change)


def _judge(
    session: Session, series_id: int, picture_id: int, verdict: Verdict, app: App, seen: str | None = None
) -> Series:
    _require(session, series_id, picture_id)
    series.judge(session, picture_id, verdict, by=_BY, seen=seen, now=app.clock.now())
    return _told(session, series_id, app)


def _require(session: Session, series_id: int, picture_id: int) -> None:
    series.held(session, series_id)
    picture = session.get(Picture, picture_id)
    if picture is None or picture.series_id != series_id:
        raise NotFound("Такой картинки в серии нет.")


def _row(one: PictureSeries) -> dict[str, Any]:
    return {name: getattr(one, name) for name in SeriesRow.model_fields}


def _listed(one: Listed, address: str) -> ListedSeries:
    cover = None if one.cover is None else f"{address}{drawing.thumbnail_of(one.cover)}"
    return ListedSeries(**_row(one.series), counts=dict(one.counts), cover=cover)


def _told(session: Session, series_id: int, app: App) -> Series:
    session.flush()
    one, pictures = series.held(session, series_id), series.of(session, series_id)
    address = app.settings.console_address
    status = tasks.status(session, one.task_id, now=app.clock.now())
    images = series.told(one, pictures, address=address)["images"]
    return Series(
        **_row(one),
        subject=one.subject,
        look_up=one.looks_up,
        logo=one.logo,
        task_id=one.task_id,
        progress=status.progress if status is not None and status.state == "running" else None,
        prompts=[Prompt(**asked) for asked in series.prompts(one, pictures)],
        images=[_image(told, picture, address) for told, picture in zip(images, pictures, strict=True)],
    )


def _image(told: dict[str, Any], picture: Picture, address: str) -> Image:
    small = f"{address}{drawing.thumbnail_of(picture.path)}" if picture.path else None
    return Image(**told | {"thumbnail": small})
