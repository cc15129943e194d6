"""Files that were brought and wait to be taken in: kept in the data folder under a ticket until that is done."""

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from uuid import uuid4

from saudager.errors import NotFound
from saudager.settings import Settings

_KEPT_FOR = timedelta(days=1)
_TICKET = re.compile(r"(\d{8}T\d{6})-[0-9a-f]{32}")
_MOMENT = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that waits, with the name it was brought under."""

    ticket: str
    name: str
    path: Path


def new_ticket(now: datetime) -> str:
    return f"{now.astimezone(UTC):{_MOMENT}}-{uuid4().hex}"


def keep(settings: Settings, name: str, data: bytes, *, now: datetime) -> str:
    """Put a file aside; its ticket."""
    ticket = new_ticket(now)
    place = _folder(settings) / ticket
    place.mkdir(parents=True)
    (place / safe(name)).write_bytes(data)
    return ticket


def find(settings: Settings, ticket: str) -> Kept:
    """Raises NotFound when the file was taken in, thrown away, or never brought."""
    place = _folder(settings) / ticket
    path = next(place.iterdir(), None) if _TICKET.fullmatch(ticket) and place.is_dir() else None
    if path is None:
        raise NotFound("Этого файла здесь больше нет: загрузите его ещё раз.")
    return Kept(ticket, path.name, path)


def drop(settings: Settings, ticket: str) -> None:
    if _TICKET.fullmatch(ticket):
        shutil.rmtree(_folder(settings) / ticket, ignore_errors=True)


def tidy(settings: Settings, *, now: datetime) -> int:
    """Throw away what nobody has taken in for a day: it holds names and phone numbers. How many files."""
    thrown = 0
    for place in _folder(settings).glob("*-*"):
        begun = _TICKET.fullmatch(place.name)
        if begun and datetime.strptime(begun[1], _MOMENT).replace(tzinfo=UTC) < now - _KEPT_FOR:
            drop(settings, place.name)
            thrown += 1
    return thrown


def safe(name: str) -> str:
    """The last part of a path a browser sends, short enough for any file system."""
    bare = re.sub(r"[\x00-\x1f\x7f]", "", PurePath(name.replace("\\", "/")).name).strip(". ")
    return bare[-80:] or "файл"


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "imports"
