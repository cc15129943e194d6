"""A process that dies in the middle of a series has lost nothing that was kept, and the next one goes on."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saudager.clock import MovableClock
from saudager.rehearsal import rehearse
from saudager.settings import load
from saudager.studio import tidying
from tests.studio.easel import stray_files

_AGENT = """
import asyncio, sys
from pathlib import Path
from saudager import services
from saudager.bootstrap import bootstrap
from saudager.providers.images import Painter
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.settings import load
from saudager.studio import series
from saudager.studio.models import Keeping, SeriesState
from tests.studio.easel import CAMRY, flat

folder, begins = Path(sys.argv[1]), sys.argv[2] == "begin"

async def draw(asked):
    with (folder / "asked.log").open("a") as log:
        print(asked.angle, file=log, flush=True)
    await asyncio.sleep(0.2)
    return flat()

async def main():
    settings = load(data_dir=folder, images_at_once=2, images_per_minute=0)
    app = bootstrap(settings, painters=[Painter(ScriptedImageModel(draw))])
    async with services.running(app, gateway=False, agent=True):
        if begins:
            await app.db.run(series.begin, CAMRY, views=[f"view {number}" for number in range(12)],
                             keeping=Keeping.FIRST, looks_up=False, by="test", now=app.clock.now())
        while await app.db.read(lambda session: series.held(session, 1).state) == SeriesState.DRAWING:
            await asyncio.sleep(0.05)
    await app.close()

asyncio.run(main())
"""


def started(folder: Path, deed: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _AGENT, str(folder), deed], cwd=Path(__file__).parents[2])


def kept(folder: Path) -> dict[str, str]:
    if not (folder / "saudager.db").exists():
        return {}
    with closing(sqlite3.connect(folder / "saudager.db")) as database:
        try:
            return dict(database.execute("select angle, path from pictures where path is not null").fetchall())
        except sqlite3.OperationalError:  # not migrated yet
            return {}


def until(is_so: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
async def test_a_killed_process_has_drawn_nothing_twice_that_was_kept_and_leaves_files_for_a_day_at_most(
    tmp_path: Path,
) -> None:
    before: dict[str, str] = {}
    killed = 0
    process = started(tmp_path, "begin")
    for wanted in (3, 7):
        until(lambda wanted=wanted: len(kept(tmp_path)) >= wanted, process)
        process.kill()
        process.wait()
        killed += 1
        known = kept(tmp_path)
        assert before.items() <= known.items()
        before, asked = known, len((tmp_path / "asked.log").read_text().splitlines())
        process = started(tmp_path, "go on")
        until(lambda asked=asked: len((tmp_path / "asked.log").read_text().splitlines()) > asked, process)
        again = (tmp_path / "asked.log").read_text().splitlines()[asked:]
        assert not set(again) & set(before)
    assert process.wait(timeout=120) == 0
    assert before.items() <= kept(tmp_path).items()
    asked = (tmp_path / "asked.log").read_text().splitlines()
    assert set(asked) == {f"view {number}" for number in range(12)}
    assert len(asked) <= 12 + 2 * killed
    tomorrow = MovableClock(datetime.now(UTC) + tidying.UNNAMED_KEPT + timedelta(hours=1))
    async with rehearse(load(data_dir=tmp_path), clock=tomorrow) as shop:
        strays = len(await stray_files(shop))
        assert strays <= 2 * 2 * killed
        await tidying.forget_pictures(shop.app, "tidying")
        assert await stray_files(shop) == []
        assert [path async for path in shop.app.media.below("pictures/")] != []
    print(f"\n{killed} kills: {len(asked)} drawings of 12, {strays} stray files")  # noqa: T201
