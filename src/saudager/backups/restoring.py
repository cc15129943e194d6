"""Put a backup in the place of what is there: everything is made ready beside it first, then changed at once."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection

from saudager import presence
from saudager.backups import archive, holding, loading, parts, rows, unfinished
from saudager.backups.archive import Backup, Manifest
from saudager.backups.parts import Part
from saudager.backups.unfinished import Unfinished
from saudager.db import migrate
from saudager.db.threads import kind_of
from saudager.errors import ConfigurationError, Refused, SaudagerError
from saudager.settings import Settings

_READY = ".restoring"
_FILES_OF_SQLITE = ("", "-wal", "-shm")
_RESTORED_SETTINGS = "restored.env"


@dataclass
class Restored:
    """What was put back, where what was there is now, and what is left to a person."""

    manifest: Manifest
    put_aside: str | None
    to_do: list[str] = field(default_factory=list)


def restore(settings: Settings, file: Path, *, replace: bool, now: datetime) -> Restored:
    """Put a backup back, bring it to the newest schema, and hold back what waits in it to be sent or answered.

    Raises Refused when a service runs or, unless ``replace``, something is there; ConfigurationError for a backup that
    cannot be restored here. Then everything is as it was.
    """
    with presence.nobody(settings.data_dir):
        try:
            return _restore(settings, file, replace=replace, as_it_was=False, now=now)
        except OSError as error:
            raise ConfigurationError(
                f"{file} cannot be restored: {error.filename or settings.data_dir}: {error.strerror}"
            ) from error


def put_back(settings: Settings, file: Path, *, now: datetime) -> Restored:
    """The same of a backup made this very moment, while nothing runs: nothing has left since, and everything is as it
    was."""
    return _restore(settings, file, replace=True, as_it_was=True, now=now)


def _restore(settings: Settings, file: Path, *, replace: bool, as_it_was: bool, now: datetime) -> Restored:
    databases = parts.databases(settings)
    with archive.reading(file) as backup, ExitStack() as stack:
        _require_of_this_kind(backup, databases)
        backup.require_whole()
        before = unfinished.found(settings.data_dir)
        there = _what_is_there(settings, databases)
        if there and not replace and before is None:
            raise Refused(
                f"something is there already: {', '.join(there)}. With --replace it is put aside and the backup takes "
                "its place"
            )
        begun = before or Unfinished(f"before-restore-{now:%Y%m%d-%H%M%S}")
        ready = _Ready(settings, begun)
        loaded = [stack.enter_context(_loaded(backup, part, begun, as_it_was, now)) for part in databases]
        ready.unpack(backup)
        begun.keep(settings.data_dir)
        for commit in loaded:
            commit()
        ready.change_places(databases)
        unfinished.forget(settings.data_dir)
        return Restored(backup.manifest, begun.put_aside if there else None, ready.to_do)


def _require_of_this_kind(backup: Backup, databases: list[Part]) -> None:
    named, expected = set(backup.manifest.databases), {part.name for part in databases}
    if named != expected:
        shapes = {True: "one database for both services", False: "a database for each service"}
        raise ConfigurationError(
            f"{backup.path} is of {shapes['shop' in named]}, and the settings here want {shapes['shop' in expected]}: "
            "set RABBITMQ_URL or REDIS_URL, or unset them, as it was where the backup was made"
        )
    for kept in backup.manifest.databases.values():
        migrate.require_known(kept.revisions, what=str(backup.path))


def _what_is_there(settings: Settings, databases: list[Part]) -> list[str]:
    there = []
    for part in databases:
        if part.file is None or part.file.exists():
            with migrate.opened(part.url, setting=part.setting) as connection:
                require_alone(connection, part)
                if migrate.revisions(connection):
                    there.append(f"the database {migrate.shown(part.url)}")
    folders = (folder for folder in parts.folders(settings).values() if _holds_files(folder))
    keys = (path for path in [parts.key(settings)] if path.exists())
    return there + [str(path) for path in (*folders, *keys)]


def require_alone(connection: Connection, part: Part) -> None:
    """Raises Refused when anybody else is connected to a server's database."""
    if part.file is not None:
        return
    others = connection.exec_driver_sql(
        """select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and backend_type = 'client backend'"""
    ).scalar_one()
    if others:
        raise Refused(
            f"{others} other programs are connected to {migrate.shown(part.url)}: stop the services on every machine"
        )


def _holds_files(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


@contextmanager
def _loaded(
    backup: Backup, part: Part, begun: Unfinished, as_it_was: bool, now: datetime
) -> Iterator[Callable[[], None]]:
    """The database ready to be changed for the one in its place; what is yielded makes it stay."""
    url = part.url
    if part.file is not None:
        part.file.parent.mkdir(parents=True, exist_ok=True)
        ready = _beside(part.file)
        _delete_sqlite(ready)
        url = f"sqlite:///{ready}"
    try:
        with migrate.opened(url, setting=part.setting) as connection:
            kind = rows.kind_of(connection)
            kind.begin_to_store(connection)
            try:
                if kind_of(url).IS_SERVER:
                    _make_room(connection, begun.put_aside)
                loading.load(connection, backup, part.name)
                if not as_it_was:
                    holding.hold_back(connection, part, backup.manifest, now=now)
            except BaseException as error:
                if kind_of(url).is_in_transaction(connection.connection.driver_connection):
                    connection.exec_driver_sql("rollback")
                if isinstance(error, SaudagerError) or not isinstance(error, Exception):
                    raise
                raise ConfigurationError(
                    f"{backup.path} cannot be restored into {migrate.shown(url)}: {error}"
                ) from error
            if part.file is None:
                yield lambda: _commit(connection)
                return
            connection.exec_driver_sql("commit")
            connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
        yield lambda: None
    finally:
        if part.file is not None:
            _delete_sqlite(_beside(part.file))


def _commit(connection: Connection) -> None:
    connection.exec_driver_sql("commit")


def _beside(file: Path) -> Path:
    return file.with_name(f".{file.name}.restoring")


def _delete_sqlite(file: Path) -> None:
    for suffix in _FILES_OF_SQLITE:
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _make_room(connection: Connection, put_aside: str) -> None:
    """Move every table and function of ours into a schema of that name; what a restore that was broken off has put
    there before stays, and its own tables go."""
    known = connection.exec_driver_sql("select 1 from pg_namespace where nspname = %s", (put_aside,)).scalar()
    if not known:
        connection.exec_driver_sql(f'create schema "{put_aside}"')
    found = connection.exec_driver_sql(_OURS).all()
    for kind, name in found:
        connection.exec_driver_sql(
            f"drop {kind} if exists {name} cascade" if known else f'alter {kind} {name} set schema "{put_aside}"'
        )
    if not found and not known:
        connection.exec_driver_sql(f'drop schema "{put_aside}"')


_OURS = """
    select 'table', c.oid::regclass::text from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
        and not exists (select 1 from pg_depend where objid = c.oid and deptype = 'e')
    union all
    select 'function', p.oid::regprocedure::text from pg_proc p
    where p.pronamespace = current_schema()::regnamespace
        and not exists (select 1 from pg_depend where objid = p.oid and deptype = 'e')
    order by 1 desc"""


class _Ready:
    """The files of a backup, unpacked beside those in their places."""

    def __init__(self, settings: Settings, begun: Unfinished) -> None:
        self._settings, self._begun = settings, begun
        self._folder = settings.data_dir / _READY
        self._aside = settings.data_dir / begun.put_aside
        self._kept: set[str] = set()
        self.to_do: list[str] = []

    def unpack(self, backup: Backup) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        try:
            self._unpack(backup)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _unpack(self, backup: Backup) -> None:
        for name in backup.manifest.files:
            told = PurePosixPath(name).relative_to("files")
            if not told.parts or told.is_absolute() or ".." in told.parts:
                raise ConfigurationError(f"{backup.path} names a file outside its folders: {name}")
            self._kept.add(told.parts[0])
            path = self._folder / told
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = 0o600 if told.parts[0] in (parts.KEY, parts.ENVIRONMENT) else 0o666
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
                for piece in backup.pieces(name):
                    file.write(piece)
            changed = backup.manifest.members[name]["changed"]
            os.utime(path, (changed, changed))

    def change_places(self, databases: list[Part]) -> None:
        """Put what is there aside, unless that is done, then the new into its place."""
        places = self._places()
        files = [part.file for part in databases if part.file is not None]
        for file in files:
            for suffix in _FILES_OF_SQLITE:
                self._clear(file.with_name(file.name + suffix), "")
        for name, place in places.items():
            if place.is_dir():
                for path in sorted(place.iterdir()):
                    self._clear(path, name)
            elif place.exists():
                self._clear(place, "")
        self._begun.is_aside = True
        self._begun.keep(self._settings.data_dir)
        for file in files:
            _beside(file).replace(file)
        for name, place in places.items():
            ready = self._folder / name
            if ready.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                for path in sorted(ready.iterdir()):
                    _move(path, place / path.name)
            elif ready.exists():
                _move(ready, place)
        shutil.rmtree(self._folder)

    def _places(self) -> dict[str, Path]:
        """Where each thing goes; what the backup has not and is one's own (the key) stays."""
        settings = self._settings
        places = parts.folders(settings)
        if "media" in self._kept and "media" not in places:
            places["media"] = settings.media_folder
            self.to_do.append(f"S3_BUCKET is set: copy the files of {settings.media_folder} into it")
        if "prompts" in self._kept and "prompts" not in places:
            places["prompts"] = settings.data_dir / "prompts"
            self.to_do.append(f"set PROMPTS_DIR={places['prompts']}: the backup has prompts of its own")
        if parts.KEY in self._kept:
            places[parts.KEY] = parts.key(settings)
        elif not parts.key(settings).exists():
            self.to_do.append(f"put vault.key into {settings.data_dir}: without it credentials are entered anew")
        if parts.ENVIRONMENT in self._kept:
            places[parts.ENVIRONMENT] = settings.data_dir / _RESTORED_SETTINGS
            self.to_do.append(f"compare .env with {places[parts.ENVIRONMENT]}, the settings of the backup")
        return places

    def _clear(self, path: Path, below: str) -> None:
        if not path.exists():
            return
        if not self._begun.is_aside:
            _move(path, self._aside / below / path.name)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _move(path: Path, to: Path) -> None:
    """Also onto another disk, where it is there whole or not at all."""
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        path.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = to.with_name(f".{to.name}.moving")
        if path.is_dir():
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(path, draft)
        else:
            shutil.copy2(path, draft)
        draft.rename(to)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
