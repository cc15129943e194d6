"""Rows of SQLite: types are what the columns were declared as."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from saudager.backups.rows import BYTES, FILLED_BY_TRIGGERS, MOMENT, PLAIN, YES_NO, Columns, in_lots
from saudager.errors import ConfigurationError

_KINDS = {"BOOLEAN": YES_NO, "DATETIME": MOMENT, "BLOB": BYTES}
_BESIDE_WORDS = ("data", "idx", "content", "docsize", "config")
"""Tables SQLite keeps beside one of words (fts5.html, 9)."""
_AT_ONCE = 1000


def begin_to_look(connection: Connection) -> None:
    connection.exec_driver_sql("begin")


def tables(connection: Connection) -> dict[str, Columns]:
    found: dict[str, str] = dict(
        connection.exec_driver_sql(
            "select name, sql from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
        ).all()
    )
    of_words = {name for name, sql in found.items() if sql.lower().startswith("create virtual table")}
    beside = {f"{name}_{suffix}" for name in of_words for suffix in _BESIDE_WORDS}
    kept = [name for name in found if name not in beside and name not in FILLED_BY_TRIGGERS and not _is_version(name)]
    return {name: _columns(connection, name, of_words=name in of_words) for name in kept}


def read(connection: Connection, table: str, columns: Columns) -> Iterator[Iterable[Any]]:
    driver: Any = connection.connection.driver_connection
    yield from driver.execute(f'select {_listed(columns)} from "{table}"')  # noqa: S608 - a table of ours


def store(connection: Connection, table: str, columns: Columns, rows: Iterator[list[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    places = ", ".join("?" * len(columns))
    for lot in in_lots(rows, _AT_ONCE):
        driver.executemany(f'insert into "{table}" ({_listed(columns)}) values ({places})', lot)  # noqa: S608


def begin_to_store(connection: Connection) -> None:
    connection.exec_driver_sql("pragma foreign_keys = off")
    connection.exec_driver_sql("begin immediate")


def check(connection: Connection) -> None:
    broken = connection.exec_driver_sql("pragma foreign_key_check").first()
    if broken is not None:
        raise ConfigurationError(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")
    (says,) = connection.exec_driver_sql("pragma quick_check(1)").one()
    if says != "ok":
        raise ConfigurationError(f"SQLite finds the database damaged: {says}")


def last_ids(connection: Connection) -> dict[str, int]:
    return dict(connection.exec_driver_sql("select name, seq from sqlite_sequence").all())


def count_on(connection: Connection, last_ids: Mapping[str, int]) -> None:
    for table, last in last_ids.items():
        connection.exec_driver_sql("update sqlite_sequence set seq = max(seq, ?) where name = ?", (last, table))
        connection.exec_driver_sql(
            """insert into sqlite_sequence (name, seq) select ?, ? where not exists (
                select 1 from sqlite_sequence where name = ?)
                and exists (select 1 from sqlite_master where name = ? and sql like '%autoincrement%')""",
            (table, last, table, table),
        )


def _columns(connection: Connection, table: str, *, of_words: bool) -> Columns:
    declared = connection.exec_driver_sql(f'select name, type from pragma_table_info("{table}")').all()  # noqa: S608
    own = {"rowid": PLAIN} if of_words else {}
    return own | {name: _KINDS.get(type.upper(), PLAIN) for name, type in declared}


def _listed(columns: Columns) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _is_version(table: str) -> bool:
    return table.endswith("_version")
