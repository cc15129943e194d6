"""SQL written once by hand for the hottest paths, handed straight to the database's driver."""

from datetime import UTC, datetime
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
    datetimes, stored as the ORM's Moment stores them); ``moment`` reads one back.
    """

    __slots__ = ("_sql",)

    def __init__(self, sql: str) -> None:
        self._sql = sql.replace("least(", "min(").replace("greatest(", "max(")

    def __call__(self, session: Session, **values: Any) -> Rows:
        bound = {name: _stored(value) if type(value) is datetime else value for name, value in values.items()}
        driver: Any = session.info.get("driver") or session.connection().connection.driver_connection
        rows: Rows = driver.execute(self._sql, bound)
        return rows


def insert_into(table: str, columns: tuple[str, ...], tail: str = "") -> Statement:
    """``insert into table (a, b) values (:a, :b)``, with a ``tail`` such as ``returning id``."""
    listed, bound = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    return Statement(f"insert into {table} ({listed}) values ({bound}) {tail}")  # noqa: S608


def moment(stored: str | None) -> datetime | None:
    """A moment as read back by a Statement."""
    return None if stored is None else datetime.fromisoformat(stored).replace(tzinfo=UTC)


def _stored(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
