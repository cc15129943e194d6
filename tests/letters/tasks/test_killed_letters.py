"""The product is killed while it writes letters: each is written in the end, and once."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from saudager.bootstrap import bootstrap
from saudager.letters.tasks import generate_personalized_letter
from saudager.settings import Settings
from tests.fakes.models import FakeModels
from tests.fakes.serving import refused_url
from tests.letters.tasks.pen import people

pytestmark = pytest.mark.slow
LETTERS = 20


@asynccontextmanager
async def product(folder: Path, models: FakeModels) -> AsyncIterator[None]:
    """The product in a process of its own, killed at the end of the block."""
    own = {
        "DATA_DIR": str(folder),
        "PORT": str(urlsplit(refused_url()).port),
        "COMPATIBLE_BASE_URL": models.compatible.base_url,
        "COMPATIBLE_MODEL": "own",
        "LOG_LEVEL": "ERROR",
    }
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from saudager.cli import main; main(['up'])"),
        env=kept | own,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        running.send_signal(signal.SIGKILL)
        await running.wait()


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "saudager.db")) as connection:
        return connection.execute(query).fetchall()


async def until_written(folder: Path, count: int) -> None:
    async with asyncio.timeout(60):
        while rows(folder, "select count(*) from letters where version > 0")[0][0] < count:
            await asyncio.sleep(0.02)


async def test_each_letter_is_written_once_however_often_the_product_dies(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    app = bootstrap(settings(), hosted=False, poll=None)
    await app.db.run(people)
    for number in range(LETTERS):
        await app.db.run(
            generate_personalized_letter.enqueue, recipient_id=1, task_id=f"task-{number}", now=app.clock.now()
        )
    await app.close()
    async with FakeModels() as models:
        models.compatible.delay = 0.05
        for count in (2, 7):
            async with product(tmp_path, models):
                await until_written(tmp_path, count)
        written = rows(tmp_path, "select count(*) from letters where version > 0")[0][0]
        assert written < LETTERS
        async with product(tmp_path, models):
            await until_written(tmp_path, LETTERS)
            async with asyncio.timeout(60):
                while rows(
                    tmp_path, "select count(*) from queue_messages where queue = 'email_tasks' and state = 0"
                ) != [(0,)]:
                    await asyncio.sleep(0.02)
        assert models.compatible.calls > 0
    assert rows(tmp_path, "select state, version, count(*) from letters group by state, version") == [
        ("draft", 1, LETTERS)
    ]
    assert rows(tmp_path, "select count(*) from letter_versions") == [(0,)]
    done = "select state, count(*) from queue_messages where queue = 'email_tasks' group by state"
    assert rows(tmp_path, done) == [(1, LETTERS)]
