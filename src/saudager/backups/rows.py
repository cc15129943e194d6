"""The rows of a database as lines of JSON, and back: the same lines from SQLite and from PostgreSQL.

The first line of a table names its columns and what they hold, each of the others is a row:

    {"id": "plain", "name": "plain", "since": "moment"}
    [1, "Айгуль", "2026-03-11 07:00:00.000000"]

``plain`` are numbers and text (a day and a document of JSON are text too), ``yes_no`` is true or false, a ``moment`` is
in UTC, ``bytes`` are in base64.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import Connection

from saudager.errors import ConfigurationError

PLAIN, YES_NO, MOMENT, BYTES = "plain", "yes_no", "moment", "bytes"
Columns = Mapping[str, str]
"""What each column holds, by its name."""
FILLED_BY_TRIGGERS = ("messages_words", "messages_terms", "contacts_words", "passages_vocab")
"""Tables of words the database itself makes from others, when a row of those is stored."""
_ROWID = "rowid"
"""Of SQLite's tables of words: PostgreSQL has a column of that name only where it is needed."""


class Kind(Protocol):
    """What differs between SQLite and PostgreSQL: ``on_sqlite.py`` and ``on_postgresql.py`` are the two."""

    def begin_to_look(self, connection: Connection) -> None:
        """Begin a transaction that sees one moment of the database, however long it lasts."""
        ...

    def tables(self, connection: Connection) -> dict[str, Columns]:
        """Every table whose rows are to be kept, in an order in which they can be stored again."""
        ...

    def read(self, connection: Connection, table: str, columns: Columns) -> Iterator[Iterable[Any]]:
        """The rows as the database has them, a moment as text."""
        ...

    def store(self, connection: Connection, table: str, columns: Columns, rows: Iterator[list[Any]]) -> None: ...

    def begin_to_store(self, connection: Connection) -> None:
        """Begin a transaction in which rows may be stored before those they refer to."""
        ...

    def check(self, connection: Connection) -> None:
        """Raises ConfigurationError when what was stored does not hold together."""
        ...

    def last_ids(self, connection: Connection) -> dict[str, int]:
        """The last number each table has given out, where the database keeps count of it."""
        ...

    def count_on(self, connection: Connection, last_ids: Mapping[str, int]) -> None:
        """Give out no number again."""
        ...


def kind_of(connection: Connection) -> Kind:
    kind: Kind = import_module(f"saudager.backups.on_{connection.dialect.name}")
    return kind


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """See one moment of the database until the block ends."""
    kind_of(connection).begin_to_look(connection)
    connection.exec_driver_sql("select count(*) from queues_version")  # the moment is that of the first look
    try:
        yield
    finally:
        connection.exec_driver_sql("rollback")


def lines(connection: Connection, table: str, columns: Columns) -> Iterator[bytes]:
    """A table as lines, its columns first."""
    yield _line(dict(columns))
    makes = [_TO_JSON.get(kind) for kind in columns.values()]
    if not any(makes):
        for row in kind_of(connection).read(connection, table, columns):
            yield _line(list(row))
        return
    for row in kind_of(connection).read(connection, table, columns):
        yield _line(
            [value if make is None or value is None else make(value) for make, value in zip(makes, row, strict=True)]
        )


def store(connection: Connection, table: str, known: Columns, told: Iterator[bytes]) -> int:
    """Put the lines of a table where there is none of its rows yet; how many rows they were. Raises ConfigurationError
    for a column the table has not."""
    kind = kind_of(connection)
    columns: dict[str, str] = json.loads(next(told))
    unknown = columns.keys() - known.keys() - {_ROWID}
    if unknown:
        raise ConfigurationError(f"the table {table} has no column {min(unknown)!r}")
    kept = [number for number, name in enumerate(columns) if name in known]
    makes = [_FROM_JSON.get(columns[name]) for name in columns]
    count = 0

    def rows() -> Iterator[list[Any]]:
        nonlocal count
        for line in told:
            row = json.loads(line)
            count += 1
            yield [row[at] if (make := makes[at]) is None or row[at] is None else make(row[at]) for at in kept]

    connection.exec_driver_sql(f'delete from "{table}"')  # noqa: S608 - a table of ours
    kind.store(connection, table, {name: kind_of_it for name, kind_of_it in columns.items() if name in known}, rows())
    return count


def count(connection: Connection, table: str) -> int:
    rows: int = connection.exec_driver_sql(f'select count(*) from "{table}"').scalar_one()  # noqa: S608 - ours
    return rows


def in_lots(rows: Iterator[list[Any]], size: int) -> Iterator[list[list[Any]]]:
    while lot := list(islice(rows, size)):
        yield lot


def _line(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _text_of_bytes(value: bytes) -> str:
    return b64encode(value).decode("ascii")


_TO_JSON: dict[str, Callable[[Any], Any]] = {YES_NO: bool, BYTES: _text_of_bytes}
_FROM_JSON = {BYTES: b64decode}
