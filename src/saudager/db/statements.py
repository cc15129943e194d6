"""SQL written once by hand for the hottest paths, handed straight to the database's driver."""

import json
import re
import sqlite3
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy.orm import Session


class Rows(Protocol):
    """What every driver's cursor can do."""

    rowcount: int

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Statement:
    """A statement with values bound by name (``:now``), run inside the session's transaction.

    It costs a tenth of the same thing through the ORM. Values are text, numbers, booleans, None and moments (aware
    datetimes, stored as the ORM's Moment stores them); ``moment`` and ``document`` read back what the kinds of database
    give differently. It is written once for both, with PostgreSQL's ``least``, ``greatest`` and ``for update``, unless
    ``postgresql`` holds the same thing in its own words.
    """

    __slots__ = ("_postgresql", "_sqlite")

    def __init__(self, sql: str, *, postgresql: str | None = None) -> None:
        plain = sql.replace("least(", "min(").replace("greatest(", "max(")
        self._sqlite = re.sub(r"\s+for update(?: of \w+)?(?: skip locked)?", "", plain)
        self._postgresql = re.sub(r"(?<!:):([a-z_][a-z0-9_]*)", r"%(\1)s", (postgresql or sql).replace("%", "%%"))

    def __call__(self, session: Session, **values: Any) -> Rows:
        driver: Any = session.info.get("driver") or session.connection().connection.driver_connection
        if type(driver) is sqlite3.Connection:
            values = {name: _stored(value) if type(value) is datetime else value for name, value in values.items()}
            return driver.execute(self._sqlite, values)  # type: ignore[return-value]
        return driver.execute(self._postgresql, values)  # type: ignore[no-any-return]


def insert_into(table: str, columns: tuple[str, ...], tail: str = "") -> Statement:
    """``insert into table (a, b) values (:a, :b)``, with a ``tail`` such as ``returning id``."""
    listed, bound = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return Statement(f"insert into {table} ({listed}) values ({bound}) {tail}")  # noqa: S608


def moment(stored: Any) -> datetime | None:
    """A moment as read back by a Statement."""
    if isinstance(stored, str):
        return datetime.fromisoformat(stored).replace(tzinfo=UTC)
    read: datetime | None = stored
    return read


def document(stored: Any) -> Any:
    """What a JSON column holds, as read back by a Statement."""
    return json.loads(stored) if isinstance(stored, str) else stored


@lru_cache(maxsize=1024)
def _stored(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
