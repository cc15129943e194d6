"""A database with the agent's tables, and the sample shop read into one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import saudager
from saudager.db.threads import Database
from saudager.knowledge import library

NOW = datetime(2026, 3, 11, 7, 4, tzinfo=UTC)
SAMPLE_SHOP = Path(saudager.__file__).parent / "demo" / "sample_shop"


@pytest.fixture
async def db(tmp_path: Path, storage: str | None) -> AsyncIterator[Database]:
    database = Database(storage or f"sqlite:///{tmp_path / 'saudager.db'}")
    yield database
    await database.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "knowledge_base"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def sample_shop() -> list[library.Read]:
    return [library.read(SAMPLE_SHOP, path.name) for path in sorted(SAMPLE_SHOP.glob("*.pdf"))]


@pytest.fixture
async def shop(db: Database, sample_shop: list[library.Read]) -> Database:
    for document in sample_shop:
        await db.run(library.store, document, now=NOW)
    return db
