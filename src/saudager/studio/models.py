"""Series of pictures, the pictures themselves, and what was looked up on the web for them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class SeriesState(StrEnum):
    """How far a series is."""

    DRAWING = "drawing"
    DONE = "done"
    """Every angle has its picture; some may wait for a person's eye."""
    INCOMPLETE = "incomplete"
    """Some angle could not be drawn, and says why; it can be gone on with."""
    CANCELLED = "cancelled"


class PictureState(StrEnum):
    """How far a picture is."""

    WAITING = "waiting"
    DRAWN = "drawn"
    DOUBTFUL = "doubtful"
    """Drawn, but too unlike the product however often it was tried: a person looks."""
    FAILED = "failed"


class Verdict(StrEnum):
    """What a person said of a picture."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Keeping(StrEnum):
    """What makes the pictures of a series show one product."""

    PHOTO = "photo"
    """The merchant's own photo."""
    FIRST = "first"
    """The first picture, where the engine keeps to pictures; else seeds."""
    SEEDS = "seeds"
    """A seed an angle and the same words: quicker by one picture, and less alike."""


class PictureSeries(AgentBase):
    """One product from several angles."""

    __tablename__ = "picture_series"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    session_id: Mapped[str] = mapped_column(Text, unique=True)
    """``CAR-3f8a9b2c``, or ``PRD-…``."""
    subject: Mapped[dict[str, Any]] = mapped_column(JSON)
    """A Subject of ``subjects``."""
    title: Mapped[str] = mapped_column(Text)
    product_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("products.id"), index=True)
    """The catalogue's product it shows."""
    keeping: Mapped[str] = mapped_column(Text)
    """A Keeping."""
    photo: Mapped[str | None] = mapped_column(Text)
    """Where the merchant's own photo is kept."""
    looks_up: Mapped[bool]
    """Whether the web is asked for the logo and for photos."""
    logo: Mapped[str | None] = mapped_column(Text)
    """What the web says of the logo; None: not known."""
    state: Mapped[str] = mapped_column(Text, index=True)
    task_id: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment, index=True)


class Picture(AgentBase):
    """One angle of a series."""

    __tablename__ = "pictures"
    __table_args__ = (
        UniqueConstraint("series_id", "angle"),
        UniqueConstraint("seed"),
        Index("ix_pictures_path", "path", unique=True),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    series_id: Mapped[int] = mapped_column(_Id, ForeignKey("picture_series.id"))
    number: Mapped[int]
    """Its place in the series, from 0."""
    angle: Mapped[str] = mapped_column(Text)
    seed: Mapped[int] = mapped_column(BigInteger)
    """By session and angle alone; no two series share one."""
    prompt: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    """Address of a real photo from this angle, found on the web."""
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it failed or is doubtful, in Russian."""
    verdict: Mapped[str | None] = mapped_column(Text)
    judged_by: Mapped[str | None] = mapped_column(Text)
    """Whose verdict it is."""
    path: Mapped[str | None] = mapped_column(Text)
    """Where it is kept, under a name nobody can guess; its thumbnail lies beside it."""
    mime_type: Mapped[str | None] = mapped_column(Text)
    width: Mapped[int | None]
    height: Mapped[int | None]
    size: Mapped[int | None]
    """Bytes."""
    engine: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    fidelity: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """How like the reference it is, as a Likeness tells it; None: there was nothing to compare it with."""
    tries: Mapped[list[Any]] = mapped_column(JSON)
    """Every attempt: ``engine`` and its ``fault`` with what it ``said``; of a picture that came ``engine``, ``model``,
    ``seed``, what it was ``kept_to`` (an angle, or ``photo``) and its ``likeness``."""
    drawn_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def name(self) -> str | None:
        """That of its file, which no other picture ever has."""
        return None if self.path is None else self.path.rpartition("/")[2]


class WebLookup(AgentBase):
    """An answer of the web, kept so that it is not asked again for a while."""

    __tablename__ = "web_lookups"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    """``texts`` or ``photos``."""
    query: Mapped[str] = mapped_column(Text, primary_key=True)
    found: Mapped[list[Any]] = mapped_column(JSON)
    looked_at: Mapped[datetime] = mapped_column(Moment, index=True)
