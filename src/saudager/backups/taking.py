"""Take a backup while services run."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from saudager.backups import archive, loading, parts, rows
from saudager.backups.archive import Kept, Manifest, Writer
from saudager.backups.parts import Part
from saudager.db import migrate
from saudager.errors import ConfigurationError, SaudagerError
from saudager.settings import Settings

_NAME = "saudager-{:%Y-%m-%d-%H%M%S}.zip"
_NAMED = "saudager-????-??-??-??????.zip"
_LONGEST = 24 * 3600
"""Seconds after which a backup nobody has written to is not being made any more."""


@dataclass
class Taken:
    """A backup that was written, restored and counted."""

    file: Path
    manifest: Manifest
    size: int
    tried: dict[str, str] = field(default_factory=dict)
    """Where each database was restored to see that it can be."""
    pruned: list[Path] = field(default_factory=list)
    """Older backups that were deleted."""


def take(settings: Settings, file: Path | None = None, *, with_key: bool = True, now: datetime) -> Taken:
    """Write a backup and look whether it can be restored; without a name it goes to ``DATA_DIR/backups``, where only
    the newest BACKUPS_KEPT stay. Raises ConfigurationError, and leaves no file, when anything is wrong."""
    if file is None:
        folder = settings.data_dir / "backups"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{folder} cannot be made: {error.strerror}") from None
        path = folder / _NAME.format(now.astimezone(settings.zone))
    else:
        path = file
        if path.exists():
            _require_no_other(path)
    manifest = Manifest(made_at=now.isoformat(), left_out=_left_out(settings, with_key=with_key))
    with archive.drafted(path) as draft:
        with archive.writing(draft, manifest) as backup:
            _write(backup, settings, with_key=with_key)
        taken = Taken(path, manifest, draft.stat().st_size, _tried(settings, draft))
    if file is None:
        taken.pruned = _prune(path, settings.backups_kept)
    return taken


def _require_no_other(file: Path) -> None:
    """Raises ConfigurationError for a file that would be lost: an older backup alone gives way."""
    try:
        with archive.reading(file):
            return
    except ConfigurationError:
        raise ConfigurationError(f"{file} is there already and is no backup: name another file") from None


def _tried(settings: Settings, file: Path) -> dict[str, str]:
    try:
        with archive.reading(file) as written:
            written.require_whole()
            return {part.name: loading.tried(written, part.name, part.url) for part in parts.databases(settings)}
    except SaudagerError:
        raise
    except Exception as error:
        raise ConfigurationError(f"the backup could not be restored to try it, and is deleted: {error}") from error


def _write(backup: Writer, settings: Settings, *, with_key: bool) -> None:
    """The databases first, all as of one moment as near as two databases can be, and the files after them: so no row
    names a file that is missing."""
    with ExitStack() as stack:
        opened = []
        for part in parts.databases(settings):
            require_there(part)
            connection = stack.enter_context(migrate.opened(part.url, setting=part.setting))
            if not migrate.revisions(connection):
                raise ConfigurationError(
                    f"{part.setting} holds {migrate.shown(part.url)!r}: there is nothing in it yet"
                )
            opened.append((part, connection))
        for _, connection in opened:
            stack.enter_context(rows.snapshot(connection))
        for part, connection in opened:
            kind = rows.kind_of(connection)
            kept = Kept(part.kind, migrate.revisions(connection), last_ids=kind.last_ids(connection))
            for table, columns in kind.tables(connection).items():
                name = loading.member(part.name, table)
                kept.rows[table] = backup.add(name, rows.lines(connection, table, columns)) - 1
            backup.manifest.databases[part.name] = kept
    for name, folder in parts.folders(settings).items():
        for path in _files_in(folder):
            if path.is_file():
                backup.add_file(f"files/{name}/{path.relative_to(folder).as_posix()}", path)
    if with_key:
        backup.add_file(f"files/{parts.KEY}", parts.key(settings))
    backup.add_file(f"files/{parts.ENVIRONMENT}", Path(parts.ENVIRONMENT))


def require_there(part: Part) -> None:
    """Raises ConfigurationError when there is no such file: SQLite would make a new one."""
    if part.file is not None and not part.file.exists():
        raise ConfigurationError(f"{part.setting} holds {part.url!r}: there is no such database")


def _left_out(settings: Settings, *, with_key: bool) -> list[str]:
    left_out = []
    if settings.s3_bucket is not None:
        left_out.append(f"the files in the bucket {settings.s3_bucket}: copy it by the storage's own means")
    if not with_key:
        left_out.append("vault.key: keep a copy of it, nothing else opens the stored credentials")
    return left_out


def _files_in(folder: Path) -> Iterator[Path]:
    """Also of folders that are linked to, each once."""
    seen = {str(above) for above in folder.resolve().parents}
    for place, below, names in os.walk(folder, onerror=_require_gone, followlinks=True):
        if (really := os.path.realpath(place)) in seen:
            below.clear()
            continue
        seen.add(really)
        below.sort()
        yield from (Path(place, name) for name in sorted(names))


def _require_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise ConfigurationError(f"{error.filename} cannot be read: {error.strerror}") from None


def _prune(newest: Path, kept: int) -> list[Path]:
    """Whatever the clock says, the one just made stays; what a killed one left goes."""
    others = (path for path in newest.parent.glob(_NAMED) if path != newest)
    old = sorted(others, reverse=True)[kept - 1 :]
    written = newest.stat().st_mtime
    old += [path for path in newest.parent.glob(f".{_NAMED}.part") if path.stat().st_mtime < written - _LONGEST]
    for path in old:
        path.unlink()
    return old
