"""What the tests of the mind share: hand-written facts, the sample shop's knowledge, and a way to ask."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import saudager.demo
from saudager.db.migrate import AGENT, upgrade
from saudager.db.threads import connect
from saudager.knowledge import library
from saudager.knowledge.search import search
from saudager.providers.llm import Fact

NOW = datetime(2026, 10, 15, 9, 30, tzinfo=UTC)

Find = Callable[[str], list[Fact]]


@pytest.fixture(scope="session")
def knowledge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The sample shop's documents, read once."""
    url = f"sqlite:///{tmp_path_factory.mktemp('mind') / 'knowledge.db'}"
    upgrade(url, (AGENT,))
    engine = connect(url)
    folder = Path(next(iter(saudager.demo.__path__))) / "sample_shop"
    with Session(engine) as session:
        for file in sorted(folder.iterdir()):
            library.store(session, library.read(folder, file.name), now=NOW)
        session.commit()
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
