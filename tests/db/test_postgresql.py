"""On PostgreSQL: the same tables, many writers at once, and conflicts nobody hears of."""

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from saudager.db import migrate
from saudager.db.base import AgentBase, GatewayBase
from saudager.db.statements import Statement
from saudager.db.threads import Database, connect
from saudager.errors import ConfigurationError, DatabaseFault
from tests import databases

pytestmark = pytest.mark.servers
SERVICES = (migrate.GATEWAY, migrate.AGENT)

_ADD = Statement("insert into whitelist (phone_number, note, added_at) values (:number, :note, now())")
_NOTES = Statement("select note from whitelist where phone_number = :number")
_SET = Statement("update whitelist set note = :note where phone_number = :number")
_MY_CONNECTION = Statement("select pg_backend_pid()")


@pytest.fixture(autouse=True)
def _server() -> None:
    databases.need_postgresql()


@pytest.fixture
def url(migrated_postgresql: str) -> Any:
    with databases.fresh(databases.name_of(migrated_postgresql)) as address:
        yield address


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


def test_a_migrated_database_has_exactly_the_tables_of_the_models(url: str):
    engine = connect(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _has_a_model})
        assert compare_metadata(context, [GatewayBase.metadata, AgentBase.metadata]) == []
    engine.dispose()


def _has_a_model(name: str | None, kind: str, parents: Any) -> bool:
    return kind != "table" or not (name or "").startswith(("queue_", "passages_", "queues_v", "gateway_v", "agent_v"))


def test_two_processes_that_migrate_at_once_make_the_tables_once():
    with databases.fresh() as url:
        failed: list[BaseException] = []

        def start() -> None:
            try:
                migrate.upgrade(url, SERVICES)
            except BaseException as error:
                failed.append(error)

        both = [threading.Thread(target=start) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert failed == []


def test_a_server_that_lets_nobody_in_is_named_without_its_password():
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as refused:
        migrate.upgrade("postgresql://nobody:hush-hush@127.0.0.1:1/none", SERVICES)
    assert "hush-hush" not in str(refused.value)


async def test_who_finds_nothing_and_adds_it_at_the_same_moment_as_another_runs_again_and_finds_it(db: Database):
    both_have_looked = threading.Barrier(2, timeout=10)
    looked: list[str] = []

    def add_once(session: Session, who: str) -> str:
        found = _NOTES(session, number="77010000001").fetchone()
        looked.append(who)
        if found is not None:
            return str(found[0])
        if len(looked) <= 2:
            both_have_looked.wait()
        _ADD(session, number="77010000001", note=who)
        return who

    first, second = await asyncio.gather(db.run(add_once, "one"), db.run(add_once, "two"))
    assert first == second
    assert len(looked) == 3


async def test_two_that_wait_for_each_other_are_both_done(db: Database):
    for number in ("77010000001", "77010000002"):
        await db.run(_ADD, number=number, note="")
    both_hold_one = threading.Barrier(2, timeout=10)
    tries: list[str] = []

    def note_both(session: Session, who: str, *numbers: str) -> None:
        tries.append(who)
        _SET(session, number=numbers[0], note=who)
        if len(tries) <= 2:
            both_hold_one.wait()
        _SET(session, number=numbers[1], note=who)

    await asyncio.gather(
        db.run(note_both, "one", "77010000001", "77010000002"), db.run(note_both, "two", "77010000002", "77010000001")
    )
    assert len(tries) == 3


async def test_a_transaction_whose_connection_is_ended_is_told_and_the_next_one_works(db: Database):
    def add_and_lose_the_connection(session: Session) -> None:
        _ADD(session, number="77010000003", note="")
        pid = _MY_CONNECTION(session).fetchone()[0]
        with databases.psycopg.connect(db.url, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", (pid,))

    with pytest.raises(DatabaseFault):
        await db.run(add_and_lose_the_connection)
    assert await db.read(_noted, "77010000003") is None
    await db.run(_ADD, number="77010000003", note="again")
    assert await db.read(_noted, "77010000003") == "again"


async def test_reading_cannot_write(db: Database):
    with pytest.raises(Exception, match="read-only"):
        await db.read(_ADD, number="77010000004", note="")


def _noted(session: Session, number: str) -> str | None:
    row = _NOTES(session, number=number).fetchone()
    return None if row is None else str(row[0])
