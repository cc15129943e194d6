"""What the tests of the mind share: hand-written facts, the sample shop's knowledge, and a way to ask."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from saudager.db.threads import connect
from saudager.knowledge import library
from saudager.knowledge.search import search
from saudager.providers.llm import Fact

NOW = datetime(2026, 10, 15, 9, 30, tzinfo=UTC)

Find = Callable[[str], list[Fact]]


@pytest.fixture(scope="session")
def knowledge(has_read: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The sample shop's documents, read."""
    engine = connect(f"sqlite:///{shutil.copy(has_read, tmp_path_factory.mktemp('mind'))}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def whole(knowledge: Engine) -> list[Fact]:
    """Every passage of the sample shop."""
    with Session(knowledge) as session:
        return library.whole(session, most_tokens=1_000_000) or []


@pytest.fixture
def find(knowledge: Engine) -> Find:
    """The eight best passages for a text."""

    def look(text: str) -> list[Fact]:
        with Session(knowledge) as session:
            return search(session, text, limit=8)

    return look


def gather(find: Find, asked_before: Sequence[str], new_lines: Sequence[str]) -> list[Fact]:
    """Passages for the new lines; for short ones also those found together with the line before, without doubles."""
    asked = " ".join(new_lines)
    facts = find(asked)
    if asked_before and len(asked.split()) <= 6:
        facts = facts[:5] + find(f"{asked} {asked_before[-1]}")
    return list({(fact.file, fact.page, fact.text): fact for fact in facts}.values())
