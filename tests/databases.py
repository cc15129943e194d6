"""Databases for tests: a SQLite file of their own, or a fresh database of a PostgreSQL server that is running."""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache

from saudager.db.threads import Database, kind_of

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


async def meanwhile(
    db: Database,
    first: Callable[[Session], Any],
    second: Callable[[], Awaitable[Any]],
    *,
    last: Callable[[Session], Any] = lambda session: None,
) -> tuple[bool, Any]:
    """Whether ``second``, begun when ``first`` had done its work and not committed it yet, waited for it, and what came
    of it. ``last`` is what the first one does in its transaction once the second one is there."""
    is_done, may_commit = threading.Event(), threading.Event()

    def work_and_hold(session: Session) -> None:
        first(session)
        is_done.set()
        may_commit.wait(30)
        last(session)

    held = db.run(work_and_hold)
    await asyncio.to_thread(is_done.wait, 30)
    follows = asyncio.ensure_future(second())
    while not follows.done() and not await db.read(_somebody_waits):
        await asyncio.sleep(0)
    has_waited = not follows.done()
    may_commit.set()
    await held
    return has_waited, await follows


def _somebody_waits(session: Session) -> bool:
    """With one writer there is nobody else."""
    if not session.info["kind"].IS_SERVER:
        return True
    waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return session.execute(text(waits)).first() is not None


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
