"""Bring a database to the newest schema: three trees, each with its own version table, run as a service needs them."""

from pathlib import Path
from typing import TYPE_CHECKING

from saudager.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TREES = Path(__file__).parent / "migrations"

QUEUES, GATEWAY, AGENT = "queues", "gateway", "agent"


def upgrade(url: str, trees: tuple[str, ...]) -> None:
    """Run what is missing of the named trees, the queues first; a database at its newest schema is left alone."""
    from sqlalchemy import inspect, make_url
    from sqlalchemy.exc import DBAPIError

    from saudager.db.threads import kind_of

    kind = kind_of(url)
    engine = kind.connect(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(kind.PROBE)
            tables = set(inspect(connection).get_table_names())
            behind = [tree for tree in (QUEUES, *trees) if not _is_newest(connection, tree, tables)]
    except DBAPIError as error:
        engine.dispose()
        shown = make_url(url).render_as_string(hide_password=True)
        raise ConfigurationError(f"DATABASE_URL holds {shown!r}: expected a database ({error.orig})") from None
    try:
        for tree in behind:
            with engine.connect() as connection:
                _migrate(connection, tree, kind.LOCK_SCHEMA)
    finally:
        engine.dispose()


def folder_of(tree: str) -> str:
    return str(_TREES / tree)


def newest(tree: str) -> str:
    """The revision a tree ends at: its files are numbered in their order, and a revision is its file's number."""
    return max(file.name for file in (_TREES / tree / "versions").glob("*.py")).partition("_")[0]


def _is_newest(connection: "Connection", tree: str, tables: set[str]) -> bool:
    """Told without Alembic, which takes longer to wake than all else at a start."""
    table = f"{tree}_version"
    if table not in tables:
        return False
    found = connection.exec_driver_sql(f"select version_num from {table}")  # noqa: S608 - one of the three trees
    return found.scalars().all() == [newest(tree)]


def _migrate(connection: "Connection", tree: str, lock: tuple[str, ...]) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", folder_of(tree))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = f"{tree}_version"
    for statement in lock:
        connection.exec_driver_sql(statement)
    try:
        command.upgrade(config, "head")
    except BaseException:
        connection.exec_driver_sql("rollback")
        raise
    connection.exec_driver_sql("commit")
