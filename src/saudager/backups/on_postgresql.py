"""Rows of PostgreSQL, by COPY."""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

from sqlalchemy import Connection

from saudager.backups.rows import BYTES, FILLED_BY_TRIGGERS, MOMENT, PLAIN, YES_NO, Columns

_KINDS = {"boolean": YES_NO, "timestamp with time zone": MOMENT, "bytea": BYTES}
_NUMBERS = {"bigint": "int8", "integer": "int8", "smallint": "int8", "double precision": "float8", "real": "float8"}
_COLUMNS = """
    select c.table_name, c.column_name, c.data_type from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
    order by c.table_name, c.ordinal_position"""
_REFERENCES = """
    select r.conrelid::regclass::text, r.confrelid::regclass::text from pg_constraint r
    where r.contype = 'f' and r.connamespace = current_schema()::regnamespace and r.conrelid <> r.confrelid"""
_COUNTERS = """
    select t.relname, a.attname, s.relname from pg_class s
    join pg_depend d on d.objid = s.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_class t on t.oid = d.refobjid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    where s.relkind = 'S' and s.relnamespace = current_schema()::regnamespace order by t.relname"""


def begin_to_look(connection: Connection) -> None:
    connection.exec_driver_sql("begin isolation level repeatable read, read only")
    connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")


def tables(connection: Connection) -> dict[str, Columns]:
    found: dict[str, dict[str, str]] = {}
    for table, column, type in connection.exec_driver_sql(_COLUMNS):
        if table not in FILLED_BY_TRIGGERS and not table.endswith("_version"):
            found.setdefault(table, {})[column] = _KINDS.get(type, PLAIN)
    refers: dict[str, set[str]] = {table: set() for table in found}
    for table, to in connection.exec_driver_sql(_REFERENCES):
        refers[table].add(to)
    return {table: found[table] for table in TopologicalSorter(refers).static_order()}


def read(connection: Connection, table: str, columns: Columns) -> Iterator[Iterable[Any]]:
    driver: Any = connection.connection.driver_connection
    types = {name: type for of, name, type in connection.exec_driver_sql(_COLUMNS) if of == table}
    wire = {YES_NO: "bool", BYTES: "bytea"}
    with driver.cursor() as cursor, cursor.copy(f'copy (select {_asked(columns)} from "{table}") to stdout') as copy:  # noqa: S608
        copy.set_types([wire.get(kind) or _NUMBERS.get(types[name], "text") for name, kind in columns.items()])
        yield from copy.rows()


def store(connection: Connection, table: str, columns: Columns, rows: Iterator[list[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    listed = ", ".join(f'"{name}"' for name in columns)
    with driver.cursor() as cursor, cursor.copy(f'copy "{table}" ({listed}) from stdin') as copy:
        for row in rows:
            copy.write_row(row)


def begin_to_store(connection: Connection) -> None:
    connection.exec_driver_sql("begin")
    connection.exec_driver_sql("set local idle_in_transaction_session_timeout = 0")


def check(connection: Connection) -> None:
    """Every reference was looked at when its row was stored."""


def last_ids(connection: Connection) -> dict[str, int]:
    found = {}
    for table, _, counter in connection.exec_driver_sql(_COUNTERS).all():
        last, is_called = connection.exec_driver_sql(f'select last_value, is_called from "{counter}"').one()  # noqa: S608
        if is_called:
            found[table] = last
    return found


def count_on(connection: Connection, last_ids: Mapping[str, int]) -> None:
    for table, column, counter in connection.exec_driver_sql(_COUNTERS).all():
        highest = connection.exec_driver_sql(f'select max("{column}") from "{table}"').scalar() or 0  # noqa: S608
        if last := max(highest, last_ids.get(table, 0)):
            connection.exec_driver_sql("select setval(%s::regclass, %s)", (f'"{counter}"', last))


def _asked(columns: Columns) -> str:
    return ", ".join(
        f"to_char(\"{name}\" at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')" if kind == MOMENT else f'"{name}"'
        for name, kind in columns.items()
    )
