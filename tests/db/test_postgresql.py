"""On PostgreSQL: the same tables, many writers at once, and conflicts nobody hears of."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.contracts import IncomingMessage
from saudager.conversations import inbox, turns
from saudager.db import migrate
from saudager.db.base import AgentBase, GatewayBase
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.errors import ConfigurationError, DatabaseFault
from tests import databases
from tests.db.test_migrations import differences

pytestmark = pytest.mark.servers
NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
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
    assert differences(url, GatewayBase, AgentBase) == []


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
    assert len(tries) >= 3


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


async def test_a_line_that_comes_while_a_turn_is_closed_waits_until_it_is(db: Database):
    opened = await db.run(inbox.receive, _line("first"), now=NOW)
    holds, may_go = threading.Event(), threading.Event()
    done: list[str] = []

    def close_a_turn(session: Session) -> None:
        turns.unanswered(session, opened.conversation_id)
        holds.set()
        may_go.wait(10)
        done.append("closed")

    def receive(session: Session) -> None:
        inbox.receive(session, _line("second"), now=NOW)
        done.append("received")

    closing = db.run(close_a_turn)
    await asyncio.to_thread(holds.wait, 10)
    receiving = db.run(receive)
    await asyncio.to_thread(_until_somebody_waits, db.url)
    may_go.set()
    await asyncio.gather(closing, receiving)
    assert done == ["closed", "received"]


def _line(message_id: str) -> IncomingMessage:
    return IncomingMessage(
        id=message_id,
        created_at=NOW,
        account="shop",
        chat="77010000001@c.us",
        message_id=message_id,
        message_text="Сколько стоит окно?",
        sent_at=NOW,
    )


def _until_somebody_waits(url: str) -> None:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with databases.psycopg.connect(url, autocommit=True) as connection:
        for _ in range(2000):
            if connection.execute(waiting).fetchone() != (0,):
                return
            threading.Event().wait(0.005)
    raise TimeoutError("nobody waits for the turn")
