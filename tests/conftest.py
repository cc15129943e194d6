"""A shop for every test that wants one, in a folder of its own."""

import fcntl
import gc
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager import logs
from saudager.db import migrate
from saudager.db.threads import connect
from saudager.demo.shop import SAMPLE_SHOP
from saudager.knowledge import folder as shelves
from saudager.knowledge import library
from saudager.rehearsal import OPENING, Shop, rehearse
from saudager.settings import Settings
from tests import databases

OpenShop = Callable[..., Any]


class Given(Settings):
    """Settings of which nothing comes from the environment."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, init_settings: Any, **__: Any) -> tuple[Any]:
        return (init_settings,)


@pytest.fixture(autouse=True)
def _no_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own keys are nothing to a test."""
    for name in [name for name in os.environ if name.endswith("_API_KEY")] + ["COMPATIBLE_BASE_URL", "DAILY_BUDGET"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_errors_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test before has logged is no ailment of this one's shop."""
    monkeypatch.setattr(logs, "TALLY", logs.Tally())


def pytest_sessionstart() -> None:
    databases.compile_once("sqlite://")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables of the product and no row."""
    file = tmp_path_factory.mktemp("migrated") / "saudager.db"
    migrate.upgrade(f"sqlite:///{file}", (migrate.GATEWAY, migrate.AGENT))
    return file


@pytest.fixture(scope="session")
def has_read(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A SQLite file of a shop that has read the sample shop's documents: read by one of the workers for all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "has_read"
    folder.mkdir(exist_ok=True)
    file = folder / "saudager.db"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            reading = Path(shutil.copy(migrated_sqlite, folder / "reading.db"))
            _read_sample_shop(reading)
            reading.replace(file)
    return file


def _read_sample_shop(file: Path) -> None:
    engine = connect(f"sqlite:///{file}")
    with Session(engine) as session:
        for document in shelves.plan(session, SAMPLE_SHOP).read:
            library.store(session, library.read(SAMPLE_SHOP, document), now=OPENING)
        session.commit()
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[str]:
    """A PostgreSQL database with all tables of the product and no row."""
    with databases.fresh() as url:
        migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
        databases.compile_once(url)
        yield url


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """``pytest.mark.both_kinds``: what touches storage runs on SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("both_kinds") and "storage" in metafunc.fixturenames:
        metafunc.parametrize("storage", databases.KINDS, indirect=True)


@pytest.fixture
def storage(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[str | None]:
    """The address of the test's own database, migrated and empty; None is the SQLite file in its folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        shutil.copy(migrated_sqlite, tmp_path)
        yield None
        return
    databases.need_postgresql()
    with databases.fresh(databases.name_of(request.getfixturevalue("migrated_postgresql"))) as url:
        yield url


@pytest.fixture
def settings(tmp_path: Path, storage: str | None) -> Callable[..., Settings]:
    """Settings on the test's own folder and database, untouched by the environment."""

    def make(**values: Any) -> Settings:
        usual = {
            "data_dir": tmp_path,
            "database_url": storage,
            "sends_per_minute": 0,
            "mail_per_minute": 0,
            "shop_name": "Тёплый Дом",
        }
        return Given(**usual | values)

    return make


@pytest.fixture
async def open_shop(settings: Callable[..., Settings]) -> AsyncIterator[OpenShop]:
    """Open shops (``await open_shop(model=…, patience=0)``) that close with the test."""
    async with AsyncExitStack() as stack:

        async def open_one(
            *,
            model: Any = None,
            transcriber: Any = None,
            painters: Any = (),
            web_search: Any = None,
            clock: Any = None,
            hosted: bool = False,
            **values: Any,
        ) -> Shop:
            opened: AbstractAsyncContextManager[Shop] = rehearse(
                settings(**values),
                model=model,
                transcriber=transcriber,
                painters=painters,
                web_search=web_search,
                clock=clock,
                hosted=hosted,
            )
            return await stack.enter_async_context(opened)

        yield open_one


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first, so that none of them is left alone at the end."""
    items.sort(key=lambda item: item.path.name != "test_kill.py")


def pytest_collection_finish() -> None:
    """What is imported and collected by now stays to the end: no collection of garbage need go through it again."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in one line what was left out, and why."""
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.getreports("skipped"))
    if reasons:
        left_out = "; ".join(f"{count} because {reason}" for reason, count in reasons.items())
        terminalreporter.write_line(f"Left out: {left_out}.")
