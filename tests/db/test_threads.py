"""A transaction is stored whole or not at all, once, and whoever asked for it learns which."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from saudager.db import sqlite, threads
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.errors import DatabaseFault


class Base(DeclarativeBase):
    """The tables of these tests."""


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelves.id", deferrable=True, initially="DEFERRED"))


_ADD = Statement("insert into shelves (name) values (:name)")
_NAMES = Statement("select name from shelves order by id")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


@pytest.fixture
async def db(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.05)
    engine = threads.connect(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    engine.dispose()
    database = Database(f"sqlite:///{path}")
    yield database
    await database.close()


def add(session: Session, name: str) -> str:
    _ADD(session, name=name)
    return f"added {name}"


def names(session: Session) -> list[str]:
    return [row[0] for row in _NAMES(session).fetchall()]


def stumble(session: Session, name: str) -> None:
    add(session, name)
    raise KeyError(name)


@contextlib.contextmanager
def one_group(db: Database) -> Iterator[None]:
    """What is asked for inside the block is run as one group."""
    started, go = threading.Event(), threading.Event()

    def wait(session: Session) -> None:
        started.set()
        go.wait(10)

    waiting = db.run(wait)
    started.wait(10)
    try:
        yield
    finally:
        go.set()
        waiting.add_done_callback(lambda done: done.exception())


async def answers(asked: list[asyncio.Future[Any]]) -> list[Any]:
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_was_answered_can_be_read_at_once(db: Database):
    assert await db.run(add, "poems") == "added poems"
    assert await db.read(names) == ["poems"]


async def test_reading_cannot_write(db: Database):
    with pytest.raises(DatabaseFault, match="readonly"):
        await db.read(add, "poems")
    assert await db.read(names) == []


async def test_reading_does_not_wait_for_a_writer(db: Database):
    with one_group(db):
        assert await db.read(names) == []


async def test_one_that_fails_in_a_group_leaves_the_others_stored_once_with_their_own_results(db: Database):
    with one_group(db):
        asked = [
            db.run(add, "a"),
            db.run(add, "b"),
            db.run(stumble, "c"),
            db.run(add, "d"),
            db.run(stumble, "e"),
            db.run(add, "f"),
        ]
    got = await answers(asked)
    assert [str(answer) for answer in got] == ["added a", "added b", "'c'", "added d", "'e'", "added f"]
    assert await db.read(names) == ["a", "b", "d", "f"]


async def test_a_function_may_run_twice_but_is_stored_once(db: Database):
    runs: list[str] = []

    def add_and_count(session: Session, name: str) -> None:
        runs.append(name)
        add(session, name)

    with one_group(db):
        asked = [db.run(add_and_count, "a"), db.run(stumble, "b"), db.run(add_and_count, "c")]
    await answers(asked)
    assert runs == ["a", "a", "c"]
    assert await db.read(names) == ["a", "c"]


async def test_one_that_fails_because_of_another_in_its_group_fails_alone(db: Database):
    with one_group(db):
        asked = [db.run(add, "a"), db.run(add, "a"), db.run(add, "b")]
    first, second, third = await answers(asked)
    assert (first, third) == ("added a", "added b")
    assert isinstance(second, sqlite3.IntegrityError)
    assert await db.read(names) == ["a", "b"]


async def test_objects_of_one_transaction_are_not_seen_by_the_next(db: Database):
    def put(session: Session) -> Shelf:
        shelf = Shelf(name="poems")
        session.add(shelf)
        return shelf

    def put_and_stumble(session: Session) -> None:
        session.add(Shelf(name="letters"))
        raise KeyError

    def look(session: Session) -> tuple[int, list[str]]:
        return len(session.identity_map) + len(session.new), [shelf.name for shelf in session.scalars(select(Shelf))]

    with one_group(db):
        asked: list[asyncio.Future[Any]] = [db.run(put), db.run(look), db.run(put_and_stumble), db.run(look)]
    shelf, first, _, second = await answers(asked)
    assert (shelf.id, shelf.name) == (1, "poems")
    assert first == second == (0, ["poems"])


async def test_a_change_to_a_returned_object_does_not_reach_the_database(db: Database):
    def get(session: Session) -> Shelf:
        return session.scalars(select(Shelf)).one()

    await db.run(add, "poems")
    shelf = await db.run(get)
    shelf.name = "letters"
    await db.run(add, "maps")
    assert await db.read(names) == ["poems", "maps"]


async def test_an_orm_change_that_the_database_refuses_fails_its_own_transaction_only(db: Database):
    def put(session: Session, name: str) -> str:
        session.add(Shelf(name=name))
        return name

    with one_group(db):
        asked = [db.run(put, "a"), db.run(put, "a"), db.run(put, "b")]
    first, second, third = await answers(asked)
    assert (first, third) == ("a", "b")
    assert isinstance(second, IntegrityError)
    assert await db.read(names) == ["a", "b"]


async def test_a_commit_that_fails_is_told_to_everybody_in_it_and_stores_nothing(db: Database):
    def put_nowhere(session: Session) -> None:
        session.add(Book(title="lost", shelf_id=99))

    with one_group(db):
        asked: list[asyncio.Future[Any]] = [db.run(add, "a"), db.run(put_nowhere)]
    assert [type(answer) for answer in await answers(asked)] == [sqlite3.IntegrityError] * 2
    assert await db.read(names) == []
    await db.run(add, "b")
    assert await db.read(names) == ["b"]


async def test_a_full_disk_is_told_and_forgotten_once_there_is_room(db: Database):
    limit = "pragma max_page_count={}"
    await db.run(lambda session: session.info["driver"].execute(limit.format(8)).fetchall())
    with pytest.raises(DatabaseFault, match="full"):
        await db.run(add, "a" * 100_000)
    assert await db.read(names) == []
    await db.run(lambda session: session.info["driver"].execute(limit.format(10_000)).fetchall())
    await db.run(add, "b")
    assert await db.read(names) == ["b"]


async def test_a_database_another_process_holds_is_told_and_works_again_when_it_is_free(db: Database, path: Path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    assert [type(answer) for answer in await answers([db.run(add, "a"), db.run(add, "b")])] == [DatabaseFault] * 2
    other.execute("rollback")
    other.close()
    await db.run(add, "c")
    assert await db.read(names) == ["c"]


async def test_a_lost_connection_fails_who_lost_it_and_is_replaced(db: Database):
    with one_group(db):
        asked: list[asyncio.Future[Any]] = [
            db.run(add, "a"),
            db.run(lambda session: session.info["driver"].close()),
            db.run(add, "b"),
        ]
    await answers(asked)
    await db.run(add, "c")
    assert (await db.read(names))[-1] == "c"
    with pytest.raises(sqlite3.ProgrammingError):
        await db.read(lambda session: (session.info["driver"].close(), names(session)))
    assert (await db.read(names))[-1] == "c"


async def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path):
    folder = tmp_path / "books.db"
    folder.mkdir()
    db = Database(f"sqlite:///{folder}")
    for ask in (db.run, db.read):
        with pytest.raises(DatabaseFault, match="unable to open"):
            await ask(names)
    folder.rmdir()
    assert await db.run(lambda session: 1) == 1
    await db.close()


async def test_whoever_waits_is_answered_even_when_a_function_stops_an_iteration(db: Database):
    def first_of_nothing(session: Session) -> str:
        return next(iter(names(session)))

    with one_group(db):
        asked: list[asyncio.Future[Any]] = [db.run(first_of_nothing), db.run(add, "a")]
    async with asyncio.timeout(5):
        first, second = await answers(asked)
    assert isinstance(first, RuntimeError)
    assert second == "added a"
    assert db.pending == 0


async def test_news_is_told_of_what_is_stored_and_of_nothing_else(db: Database):
    def tell(session: Session, what: str, then: Callable[[], object] = bool) -> None:
        session.info["woken"].add(what)
        then()

    def fail() -> None:
        raise KeyError

    news: list[set[str]] = []
    db.on_commit(news.append)
    with one_group(db):
        asked = [db.run(tell, "a"), db.run(tell, "b", fail), db.run(add, "c")]
    await answers(asked)
    assert news == [{"a"}]


async def test_one_nobody_waits_for_any_more_is_stored_and_told_all_the_same(db: Database):
    def tell(session: Session) -> None:
        add(session, "a")
        session.info["woken"].add("a")

    news: list[set[str]] = []
    db.on_commit(news.append)
    with one_group(db):
        db.run(tell).cancel()
        asked = db.run(add, "b")
    await asked
    assert (await db.read(names), news) == (["a", "b"], [{"a"}])


async def test_what_was_asked_for_is_done_before_closing_and_no_more_is_taken(db: Database):
    with one_group(db):
        asked = [db.run(add, str(number)) for number in range(450)]
        closing = asyncio.create_task(db.close())
        await asyncio.sleep(0)
    await closing
    assert [await one for one in asked] == [f"added {number}" for number in range(450)]
    for ask in (db.run, db.read):
        with pytest.raises(RuntimeError, match="closed"):
            ask(names)
    assert db.pending == 0


async def test_transactions_asked_for_in_order_are_stored_in_order(db: Database):
    await asyncio.gather(*(db.run(add, str(number)) for number in range(500)))
    assert await db.read(names) == [str(number) for number in range(500)]


async def test_pending_counts_what_is_not_answered_yet(db: Database):
    with one_group(db):
        asked = [db.run(add, "a"), db.run(stumble, "b")]
        assert db.pending == 3
    await answers(asked)
    assert db.pending == 0


async def test_closing_twice_is_harmless(db: Database):
    await db.run(add, "a")
    await db.close()
    await db.close()
