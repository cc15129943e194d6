"""All pictures of a series in one file: packed as they are, or laid out on one sheet."""

import asyncio
import io
import re
import zipfile
from collections.abc import Sequence

from saudager.app import App
from saudager.console.door import Visitor
from saudager.errors import NotFound, Refused
from saudager.studio import angles, sheet
from saudager.studio.listing import Row
from saudager.studio.models import Picture

LARGEST = 100 * 1024 * 1024
"""Bytes of the pictures packed at once: the file is made in memory."""
_NOTHING = "В этой серии картинок ещё нет."


def fits(row: Row) -> bool:
    """Whether there is something to pack, and not too much of it."""
    return 0 < sum(picture.size or 0 for picture in row.there) <= LARGEST


async def packed(app: App, visitor: Visitor, row: Row) -> bytes:
    """A zip of its pictures in their order, each named by its angle. Raises NotFound when there is none, Refused for
    more than fits."""
    if not row.there:
        raise NotFound(_NOTHING)
    if not fits(row):
        raise Refused(visitor.say("Картинки больше %(n)s МБ. Скачайте их по одной.", n=LARGEST // 1024**2))
    files = [(_name(picture), await app.media.get(picture.path or "")) for picture in row.there]
    return await asyncio.to_thread(_zip, files)


async def laid_out(app: App, visitor: Visitor, row: Row) -> bytes:
    """A JPEG with a frame for every angle, small enough to send. Raises NotFound when there is no picture."""
    if not row.there:
        raise NotFound(_NOTHING)
    frames: list[tuple[str, bytes | str]] = []
    for picture in row.pictures:
        title = visitor.say(angles.title(picture.angle))
        if picture.path is None:
            frames.append((title, picture.reason or visitor.say("Ещё не нарисована.")))
        else:
            frames.append((title, await app.media.get(picture.path)))
    return await asyncio.to_thread(sheet.draw, frames, title=row.series.title)


def _name(picture: Picture) -> str:
    plain = re.sub(r"[^\w-]+", "_", picture.angle).strip("_")[:60]
    return f"{picture.number + 1:02}-{plain}.{(picture.path or '').rpartition('.')[2]}"


def _zip(files: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()
