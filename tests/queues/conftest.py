"""An empty database with the queues' tables, for every test that wants one."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from saudager.clock import MovableClock
from saudager.db import migrate
from saudager.db.threads import Database
from tests import databases
from tests.queues.letters import Letters


@pytest.fixture(scope="session")
def empty_tables(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("queues") / "empty.db"
    migrate.upgrade(f"sqlite:///{path}", ())
    return path.read_bytes()


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "queues.db"
        path.write_bytes(request.getfixturevalue("empty_tables"))
        yield f"sqlite:///{path}"
        return
    databases.need_postgresql()
    with databases.fresh(databases.name_of(request.getfixturevalue("migrated_postgresql"))) as address:
        yield address


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 11, 7, 0, tzinfo=UTC))


@pytest.fixture
def letters(db: Database, clock: MovableClock) -> Letters:
    return Letters(db, clock)
