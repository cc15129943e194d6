"""Bring a database to the newest schema: three trees, each with its own version table, run as a service needs them."""

from pathlib import Path

from saudager.errors import ConfigurationError

_TREES = Path(__file__).parent / "migrations"

QUEUES, GATEWAY, AGENT = "queues", "gateway", "agent"


def upgrade(url: str, trees: tuple[str, ...]) -> None:
    """Run what is missing of the named trees, the queues first; a database at its newest schema is left alone."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import make_url
    from sqlalchemy.exc import DBAPIError

    from saudager.db.threads import kind_of

    kind = kind_of(url)
    engine = kind.connect(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(kind.PROBE)
    except DBAPIError as error:
        engine.dispose()
        shown = make_url(url).render_as_string(hide_password=True)
        raise ConfigurationError(f"DATABASE_URL holds {shown!r}: expected a database ({error.orig})") from None
    try:
        for tree in (QUEUES, *trees):
            config = Config()
            config.set_main_option("script_location", str(_TREES / tree))
            config.set_main_option("path_separator", "os")
            with engine.connect() as connection:
                config.attributes["connection"] = connection
                config.attributes["version_table"] = f"{tree}_version"
                for statement in kind.LOCK_SCHEMA:
                    connection.exec_driver_sql(statement)
                try:
                    command.upgrade(config, "head")
                except BaseException:
                    connection.exec_driver_sql("rollback")
                    raise
                connection.exec_driver_sql("commit")
    finally:
        engine.dispose()
