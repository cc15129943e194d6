"""Databases for tests: a SQLite file of their own, or a fresh database of a PostgreSQL server that is running."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from saudager.db.threads import kind_of

SERVER = os.environ.get("SAUDAGER_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
REQUIRED = os.environ.get("SAUDAGER_REQUIRE_SERVICES") == "1"
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]

_numbers = count()


@cache
def why_not() -> str:
    """Why there is no PostgreSQL to test on, '' when there is one."""
    try:
        psycopg.connect(SERVER, connect_timeout=3).close()
    except psycopg.OperationalError:
        return "PostgreSQL is not running"
    return ""


def need_postgresql() -> None:
    """Leave the test out, or fail it where the servers must be there."""
    if why := why_not():
        if REQUIRED:
            pytest.fail(f"{why}, and SAUDAGER_REQUIRE_SERVICES=1 wants it: {SERVER}")
        pytest.skip(why)


@contextmanager
def fresh(template: str = "template1") -> Iterator[str]:
    """The address of a new database, a copy of the template, gone at the end."""
    name = f"saudager_test_{os.getpid()}_{next(_numbers)}"
    _tell(f'create database "{name}" template "{template}"')
    try:
        yield f"{SERVER.rpartition('/')[0]}/{name}"
    finally:
        _tell(f'drop database "{name}" with (force)')


def compile_once(url: str) -> None:
    """Let all databases of the kind share the statements that were compiled for one: a process that runs for long has
    compiled each of them, and a shop of every test's own would compile all it says anew."""
    kind: Any = kind_of(url)
    connect, compiled = kind.connect, LRUCache(5000)
    first = connect(url)
    first.connect().close()
    first.dispose()

    def connect_alike(url: str, *, read_only: bool = False) -> Engine:
        engine: Engine = connect(url, read_only=read_only)
        engine.dialect = first.dialect
        engine.update_execution_options(compiled_cache=compiled)
        return engine

    kind.connect = connect_alike


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def _tell(statement: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement.encode())
