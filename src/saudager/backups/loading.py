"""Put a database of a backup into an empty one: the tables of its revisions, then its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from saudager.backups import rows
from saudager.backups.archive import Backup, Kept
from saudager.db import migrate
from saudager.db.threads import connect, kind_of
from saudager.errors import ConfigurationError


def member(part: str, table: str) -> str:
    return f"databases/{part}/{table}.jsonl"


def load(connection: Connection, backup: Backup, part: str) -> None:
    """In the caller's transaction, begun by ``rows.Kind.begin_to_store``. Raises ConfigurationError when what comes out
    is not what went in."""
    kept = backup.manifest.databases[part]
    migrate.require_known(kept.revisions, what=str(backup.path))
    for tree, revision in kept.revisions.items():
        migrate.move(connection, tree, revision)
    kind = rows.kind_of(connection)
    known = kind.tables(connection)
    if missing := kept.rows.keys() - known.keys():
        raise ConfigurationError(f"{backup.path} is damaged: it has rows of {min(missing)!r}, which is no table")
    for table in known:
        if table in kept.rows:
            rows.store(connection, table, known[table], backup.lines(member(part, table)))
    kind.count_on(connection, kept.last_ids)
    kind.check(connection)
    require_counted(connection, kept)


def require_counted(connection: Connection, kept: Kept) -> None:
    for table, expected in kept.rows.items():
        if (found := rows.count(connection, table)) != expected:
            raise ConfigurationError(f"of {table} {expected} rows were written and {found} came back")


def tried(backup: Backup, part: str, url: str) -> str:
    """Restore a database of the backup into a temporary one and count its rows; where that was, in words. A role that
    may not create a database at its server is served by a file of SQLite."""
    if not url.startswith("sqlite:"):
        with _temporary_database(url) as temporary:
            if temporary is not None:
                _try(backup, part, temporary)
                return "a temporary PostgreSQL database"
    with TemporaryDirectory(prefix="saudager-") as folder:
        _try(backup, part, f"sqlite:///{folder}/tried.db")
    return "a temporary SQLite file"


def _try(backup: Backup, part: str, url: str) -> None:
    with migrate.opened(url) as connection:
        if kind_of(url).IS_SERVER is False:
            connection.exec_driver_sql("pragma synchronous = off")
        rows.kind_of(connection).begin_to_store(connection)
        load(connection, backup, part)
        connection.exec_driver_sql("commit")


@contextmanager
def _temporary_database(url: str) -> Iterator[str | None]:
    """A database beside the one named, gone at the end; None when the role may not create one."""
    from uuid import uuid4

    from sqlalchemy import make_url
    from sqlalchemy.exc import DBAPIError

    name = f"saudager_tried_{uuid4().hex[:12]}"
    engine = connect(url)
    try:
        with engine.connect() as connection:
            try:
                connection.exec_driver_sql(f'create database "{name}" template template0')
            except DBAPIError:
                yield None
                return
            try:
                yield make_url(url).set(database=name).render_as_string(hide_password=False)
            finally:
                connection.exec_driver_sql(f'drop database "{name}" with (force)')
    finally:
        engine.dispose()
