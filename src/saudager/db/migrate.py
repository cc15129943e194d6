"""Bring a database to the newest schema: three trees, each with its own version table, run as a service needs them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from saudager import __version__
from saudager.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TREES = Path(__file__).parent / "migrations"

QUEUES, GATEWAY, AGENT = TREES = "queues", "gateway", "agent"


def upgrade(url: str, trees: tuple[str, ...], *, setting: str = "DATABASE_URL") -> None:
    """Run what is missing of the named trees, the queues first; a database at its newest schema is left alone.

    ``setting`` is what holds the address. Raises ConfigurationError for what is no database or cannot be reached, and
    for one that a newer program has made.
    """
    from saudager.db.threads import kind_of

    kind = kind_of(url)
    with opened(url, setting=setting) as connection:
        found = revisions(connection)
        require_known(found, what=f"{setting} holds {shown(url)!r}")
        for tree in (QUEUES, *trees):
            if found.get(tree) != newest(tree):
                with _in_transaction(connection, kind.LOCK_SCHEMA):
                    move(connection, tree)


@contextmanager
def opened(url: str, *, setting: str = "DATABASE_URL") -> "Iterator[Connection]":
    """A connection to a database that answers, without transactions of its own; raises ConfigurationError."""
    from sqlalchemy.exc import DBAPIError

    from saudager.db.threads import kind_of

    kind = kind_of(url)
    engine = kind.connect(url)
    try:
        try:
            connection = engine.connect()
            connection.exec_driver_sql(kind.PROBE)
        except DBAPIError as error:
            raise ConfigurationError(f"{setting} holds {shown(url)!r}: expected a database ({error.orig})") from None
        with connection:
            yield connection
    finally:
        engine.dispose()


def shown(url: str) -> str:
    """An address as a person may see it."""
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)


def revisions(connection: "Connection") -> dict[str, str]:
    """The trees a database has, each with the revision it is at. Told without Alembic, which takes longer to wake than
    all else at a start."""
    from sqlalchemy import inspect

    tables = set(inspect(connection).get_table_names())
    found = {}
    for tree in TREES:
        if f"{tree}_version" in tables:
            rows = connection.exec_driver_sql(f"select version_num from {tree}_version")  # noqa: S608 - our own trees
            if (revision := rows.scalar()) is not None:
                found[tree] = revision
    return found


def require_known(found: Mapping[str, str], *, what: str) -> None:
    """Raises ConfigurationError when a newer program has made these revisions."""
    for tree, revision in found.items():
        if tree not in TREES:
            raise ConfigurationError(f"{what}: {tree!r} is none of the program's tables")
        if revision not in _files(tree):
            raise ConfigurationError(
                f"{what}: its tables are of a newer program ({tree} {revision}; Saudager {__version__} knows up to "
                f"{newest(tree)}). Start the newer program again, or put back the backup from before the update: "
                "`saudager restore FILE --replace`"
            )


def move(connection: "Connection", tree: str, to: str = "head") -> None:
    """Run a tree's migrations up to a revision, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", folder_of(tree))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = f"{tree}_version"
    command.upgrade(config, to)


def folder_of(tree: str) -> str:
    return str(_TREES / tree)


def newest(tree: str) -> str:
    """The revision a tree ends at: its files are numbered in their order, and a revision is its file's number."""
    return max(_files(tree))


def _files(tree: str) -> set[str]:
    return {file.name.partition("_")[0] for file in (Path(folder_of(tree)) / "versions").glob("*.py")}


@contextmanager
def _in_transaction(connection: "Connection", begin: tuple[str, ...]) -> Iterator[None]:
    for statement in begin:
        connection.exec_driver_sql(statement)
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("rollback")
        raise
    connection.exec_driver_sql("commit")
