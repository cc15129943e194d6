"""Bring the databases to the newest schema: a backup first, then every migration in one transaction for a database,
and a look at what came of it before it is kept."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, MetaData

from saudager import presence
from saudager.backups import parts, restoring, rows, taking, unfinished
from saudager.backups.archive import Kept
from saudager.backups.parts import Part
from saudager.backups.taking import Taken
from saudager.db import migrate
from saudager.db.base import AgentBase, GatewayBase
from saudager.db.threads import kind_of
from saudager.errors import ConfigurationError
from saudager.settings import Settings

_NAME = "before-upgrade-{:%Y-%m-%d-%H%M%S}.zip"
_MODELS: dict[str, MetaData] = {migrate.GATEWAY: GatewayBase.metadata, migrate.AGENT: AgentBase.metadata}


@dataclass
class Step:
    """A tree of migrations of a database, the revision it is at ("" for none) and the one it is brought to."""

    part: str
    tree: str
    at: str
    to: str


@dataclass
class Upgraded:
    """What was done: nothing without steps."""

    steps: list[Step]
    taken: Taken | None = None
    tables: int = 0
    """How many were looked at."""


class UpgradeFailed(ConfigurationError):
    """What went wrong, and that everything is as it was."""


class _NotDone(Exception):
    """What went wrong, and whether something of the upgrade is kept in a database all the same."""

    def __init__(self, problem: str, *, is_kept: bool) -> None:
        super().__init__(problem)
        self.is_kept = is_kept


def steps(settings: Settings) -> list[Step]:
    """What is to be migrated. Raises ConfigurationError for a database that is not there or is newer than this
    program."""
    found = []
    for part in parts.databases(settings):
        taking.require_there(part)
        with migrate.opened(part.url, setting=part.setting) as connection:
            at = migrate.revisions(connection)
        migrate.require_known(at, what=f"{part.setting} holds {migrate.shown(part.url)!r}")
        for tree in (migrate.QUEUES, *part.trees):
            if at.get(tree) != (to := migrate.newest(tree)):
                found.append(Step(part.name, tree, at.get(tree, ""), to))
    return found


def upgrade(settings: Settings, *, now: datetime) -> Upgraded:
    """Back up, migrate, look, keep. Raises Refused when a service runs, and UpgradeFailed when a migration failed or
    rows or columns are missing after it: then everything is as it was."""
    with presence.nobody(settings.data_dir):
        unfinished.require_none(settings.data_dir)
        planned = steps(settings)
        if not planned:
            return Upgraded([])
        folder = settings.data_dir / "backups"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = taking.take(settings, folder / _NAME.format(now.astimezone(settings.zone)), now=now)
        try:
            return Upgraded(planned, taken, _migrate(settings, taken))
        except _NotDone as failed:
            came = f"nothing was changed; the backup made before is {taken.file}"
            if failed.is_kept:
                aside = restoring.put_back(settings, taken.file, now=now).put_aside
                came = f"the backup made before was put back: {taken.file}; what the upgrade left is in {aside}"
            raise UpgradeFailed(f"the upgrade failed, {came}. What went wrong: {failed}") from failed


def _migrate(settings: Settings, taken: Taken) -> int:
    """Bring all databases to the newest schema, each in a transaction, which are kept when all of them are well; how
    many tables were looked at."""
    with ExitStack() as stack:
        opened = []
        for part in parts.databases(settings):
            connection = stack.enter_context(migrate.opened(part.url, setting=part.setting))
            restoring.require_alone(connection, part)
            opened.append((part, connection))
        for _, connection in opened:
            rows.kind_of(connection).begin_to_store(connection)
        try:
            for part, connection in opened:
                for tree in (migrate.QUEUES, *part.trees):
                    migrate.move(connection, tree)
            tables = sum(_look(connection, part, taken.manifest.databases[part.name]) for part, connection in opened)
            for _, connection in opened:
                connection.exec_driver_sql("commit")
        except Exception as error:
            taken_back = [_is_taken_back(part, connection) for part, connection in opened]
            raise _NotDone(str(error).partition("\n")[0], is_kept=not all(taken_back)) from error
    return tables


def _is_taken_back(part: Part, connection: Connection) -> bool:
    """Whether the transaction could be taken back as a whole; not when a migration has ended it, or it is kept."""
    if not kind_of(part.url).is_in_transaction(connection.connection.driver_connection):
        return False
    connection.exec_driver_sql("rollback")
    return True


def _look(connection: Connection, part: Part, before: Kept) -> int:
    """Raises ConfigurationError when a column the program reads is not there, or rows are gone."""
    known = rows.kind_of(connection).tables(connection)
    for tree in part.trees:
        for table in _MODELS[tree].sorted_tables:
            missing = {column.name for column in table.columns} - known.get(table.name, {}).keys()
            if missing:
                raise ConfigurationError(f"the table {table.name} has no column {min(missing)!r}")
    for name, count in before.rows.items():
        if name in known and (now := rows.count(connection, name)) < count:
            raise ConfigurationError(f"of {count} rows of {name} {now} are left")
    rows.kind_of(connection).check(connection)
    return len(known)
