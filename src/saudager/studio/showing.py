"""Pictures that may be shown to a customer: those a person accepted, found by what they show."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import Media
from saudager.errors import Refused
from saudager.orders.models import Product
from saudager.providers.channels import LARGEST_PICTURE, PICTURE_KINDS
from saudager.studio import meant
from saudager.studio.drawing import chat_form_of
from saudager.studio.models import Picture, PictureSeries, Verdict

MOST = 3
"""Pictures sent at once."""
_MOST_TO_CHOOSE = 12
_LONGEST_SIDE, _QUALITY = 1600, 88


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture a person accepted; ``name`` is that of its file, with no ending."""

    id: int
    title: str
    angle: str
    path: str
    mime_type: str
    size: int
    name: str


def fitting(session: Session, texts: Sequence[str], *, called: Mapping[str, tuple[str, ...]]) -> list[Shown]:
    """Accepted pictures of what is asked for, at most ``MOST`` and of what fits best; none when none surely is it.

    The first of ``texts`` that names a thing tells which. ``called`` are the merchant's synonyms.
    """
    scored = _scored(session, texts, called)
    best = max((score for score, _ in scored), default=0)
    in_turn = zip_longest(*(shown for score, shown in scored if score == best))
    return [one for one in chain.from_iterable(in_turn) if one is not None][:MOST]


def to_choose(session: Session, words: str, *, called: Mapping[str, tuple[str, ...]]) -> list[Shown]:
    """Accepted pictures for a person to choose from, at most twelve: of what the words mean, or the newest ones."""
    if words.strip():
        ranked = sorted(_scored(session, [words], called), key=lambda one: one[0], reverse=True)
        found = [shown for _, shown in ranked]
    else:
        found = [shown for _, _, shown in _accepted(session)]
    return list(chain.from_iterable(found))[:_MOST_TO_CHOOSE]


def may_be_shown(session: Session, picture_id: int, media: Media) -> bool:
    """Whether what ``ready_for_chat`` made of a picture may be shown still: it is accepted, and not drawn anew."""
    path = session.scalar(select(Picture.path).where(Picture.id == picture_id, Picture.verdict == Verdict.ACCEPTED))
    return path is not None and media.path in (path, chat_form_of(path))


def one(session: Session, picture_id: int) -> Shown:
    """Raises Refused for a picture nobody has accepted."""
    row = session.execute(
        select(PictureSeries, Picture)
        .join(Picture, Picture.series_id == PictureSeries.id)
        .where(Picture.id == picture_id, Picture.verdict == Verdict.ACCEPTED, Picture.path.is_not(None))
    ).first()
    if row is None:
        raise Refused("Клиенту можно отправить только принятую картинку.")
    return _shown(*row)


async def ready_for_chat(app: App, shown: Shown) -> Media:
    """The picture as messengers take it: JPEG or PNG of at most 5 MB, made anew beside its file where it is not.

    Raises NotFound when its file is gone.
    """
    path, mime_type = shown.path, shown.mime_type
    if mime_type not in PICTURE_KINDS or shown.size > LARGEST_PICTURE:
        path, mime_type = chat_form_of(shown.path), "image/jpeg"
    if not await app.media.has(path):
        content = await app.media.get(shown.path)
        made = await asyncio.to_thread(_as_jpeg, content)
        await app.media.put(path, made, mime_type=mime_type, now=app.clock.now())
    address = app.settings.console_address
    return Media(
        path=path,
        mime_type=mime_type,
        file_name=f"{shown.name}.{'png' if mime_type == 'image/png' else 'jpg'}",
        link=f"{address}{shown.path}" if address.startswith("https://") else None,
    )


def _scored(
    session: Session, texts: Sequence[str], called: Mapping[str, tuple[str, ...]]
) -> list[tuple[int, list[Shown]]]:
    """The series that may be what is asked for: how much they are, and their pictures from the angles asked for."""
    of_series = _accepted(session)
    wanted = meant.wanted_in(texts, called) if of_series else meant.Wanted()
    if not wanted.names:
        return []
    told = [meant.told_by(series, product) for series, product, _ in of_series]
    words = {word for one in told for word in one.known}
    scored = []
    for known, (_, _, shown) in zip(told, of_series, strict=True):
        angles = [one.angle for one in shown]
        score = meant.score(wanted, known, angles, words)
        right = meant.from_the_angle(wanted, angles)
        if score and right:
            scored.append((score, [one for one in shown if one.angle in right]))
    return scored


def _accepted(session: Session) -> list[tuple[PictureSeries, str, list[Shown]]]:
    """Every series that has accepted pictures, the newest first, with what the catalogue calls its product."""
    rows = session.execute(
        select(PictureSeries, Picture, Product.name)
        .join(Picture, Picture.series_id == PictureSeries.id)
        .outerjoin(Product, Product.id == PictureSeries.product_id)
        .where(Picture.verdict == Verdict.ACCEPTED, Picture.path.is_not(None))
        .order_by(PictureSeries.id.desc(), Picture.number)
    ).all()
    of_series: dict[int, tuple[PictureSeries, str, list[Shown]]] = {}
    for series, picture, product in rows:
        of_series.setdefault(series.id, (series, product or "", []))[2].append(_shown(series, picture))
    return list(of_series.values())


def _shown(series: PictureSeries, picture: Picture) -> Shown:
    return Shown(
        picture.id,
        series.title,
        picture.angle,
        picture.path or "",
        picture.mime_type or "",
        picture.size or 0,
        f"{series.session_id}-{picture.number + 1}",
    )


def _as_jpeg(content: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as image:
        opened = image.convert("RGBA")
    plain = Image.new("RGB", opened.size, "white")
    plain.paste(opened, mask=opened.getchannel("A"))
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
