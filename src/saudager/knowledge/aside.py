"""What was taken out of the knowledge folder or written over is kept beside it for a while, and can be brought back."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copyfile, rmtree

from saudager.errors import NotFound, Refused
from saudager.knowledge import folder as folders

KEPT_FOR = timedelta(days=30)
_PLACE = ".removed"
_STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file kept aside: the ticket that brings it back, its name in the folder, and since when."""

    ticket: str
    file: str
    since: datetime


def take_out(folder: Path, file: str, *, now: datetime) -> Kept:
    """Move a document aside. Raises NotFound when there is none of that name."""
    path = folders.path_of(folder, file)
    kept, place = _new_place(folder, file, now)
    path.replace(place)
    return kept


def keep_copy(folder: Path, file: str, *, now: datetime) -> Kept | None:
    """Keep what a file holds before it is written over; None when there is no such file."""
    if not (folder / file).is_file():
        return None
    kept, place = _new_place(folder, file, now)
    copyfile(folder / file, place)
    return kept


def bring_back(folder: Path, ticket: str, *, now: datetime, over: bool = False) -> Kept:
    """Put a file back where it stood, ``over`` what stands there now, which is then kept aside itself.

    Raises NotFound when the ticket is unknown, and Refused when another file has the name now.
    """
    kept = next((one for one in listed(folder) if one.ticket == ticket), None)
    if kept is None:
        raise NotFound("Этого файла среди убранных уже нет.")
    target = folder / kept.file
    if target.exists():
        if not over:
            raise Refused(f"Документ «{kept.file}» есть снова. Уберите его, чтобы вернуть прежний.")
        keep_copy(folder, kept.file, now=now)
    target.parent.mkdir(parents=True, exist_ok=True)
    (folder / _PLACE / ticket / kept.file).replace(target)
    rmtree(folder / _PLACE / ticket, ignore_errors=True)
    return kept


def text_of(folder: Path, ticket: str, file: str) -> str:
    """What a text file kept aside holds. Raises NotFound."""
    if not any((kept.ticket, kept.file) == (ticket, file) for kept in _kept(folder)):
        raise NotFound("Прежнего текста среди убранного уже нет.")
    return folders.list_of(folder / _PLACE / ticket, file)


def listed(folder: Path) -> list[Kept]:
    """What is kept aside, newest first."""
    return sorted(_kept(folder), key=lambda kept: kept.ticket, reverse=True)


def _kept(folder: Path) -> Iterator[Kept]:
    with suppress(FileNotFoundError):
        for place in (folder / _PLACE).iterdir():
            with suppress(ValueError):
                since = datetime.strptime(place.name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
                for path in place.rglob("*"):
                    if path.is_file():
                        yield Kept(place.name, path.relative_to(place).as_posix(), since)


def _new_place(folder: Path, file: str, now: datetime) -> tuple[Kept, Path]:
    """Where to put the file; what was kept long enough goes."""
    for old in _kept(folder):
        if now - old.since > KEPT_FOR:
            rmtree(folder / _PLACE / old.ticket, ignore_errors=True)
    stamp, number = now.astimezone(UTC).strftime(_STAMP), 0
    while True:
        ticket = f"{stamp}-{number}"
        place = folder / _PLACE / ticket / file
        try:
            (folder / _PLACE / ticket).mkdir(parents=True)
            place.parent.mkdir(parents=True, exist_ok=True)
            return Kept(ticket, file, now), place
        except FileExistsError:
            number += 1
