"""An exam as a process of its own: it examines the prompts in force, and the shop serves its customers meanwhile."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.orm import Session

from saudager import prompts, shop_settings
from saudager.app import App
from saudager.errors import SaudagerError
from saudager.exam import runs
from saudager.exam.models import RUNNING, ExamRun
from saudager.settings import Settings

PROGRESS = "progress"
"""The first word of a line on standard error that says how many cases are done, and of how many."""

_COMMAND = "import os; os.nice(10); from saudager.cli import main; main()"
_AT_MOST = 1800.0
_LOOK_EVERY = 1.0


class _Stopped(Exception):
    """Nobody waits for this exam any more."""


async def sit(app: App, task_id: str, run: int) -> None:
    """Take the exam of this run and keep its report; a process that is ended meanwhile leaves it to the next one."""
    asked = await app.db.read(runs.get, run)
    if asked.state != RUNNING:
        return
    result: dict[str, Any] | None = None
    fault: str | None = None
    try:
        async with asyncio.timeout(_AT_MOST), _examinee(app, asked) as examinee:
            result = await _report(app, run, examinee)
    except _Stopped:
        return
    except TimeoutError:
        fault = "Экзамен шёл дольше получаса и остановлен."
    except (SaudagerError, OSError, ValueError) as error:
        fault = str(error)
    await app.db.run(runs.close, run, result, fault, now=app.clock.now())


def _engines(settings: Settings) -> dict[str, str]:
    """The hosted engines in force as the environment would hold them, for the console may have changed them."""
    return {name.upper(): shop_settings.written(getattr(settings, name)) for name in shop_settings.ENGINES}


@asynccontextmanager
async def _examinee(app: App, asked: ExamRun) -> AsyncIterator[asyncio.subprocess.Process]:
    with TemporaryDirectory() as folder:
        for name, text in (await app.db.read(_prompts_in_force, app.settings.prompts_dir)).items():
            (Path(folder) / f"{name}.txt").write_text(text, encoding="utf-8")
        examinee = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _COMMAND, "exam", asked.suite, "--json", "--progress", "--engine", asked.engine),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | _engines(app.settings) | {"PROMPTS_DIR": folder},
        )
        try:
            yield examinee
        finally:
            if examinee.returncode is None:
                examinee.kill()
            await examinee.wait()


async def _report(app: App, run: int, examinee: asyncio.subprocess.Process) -> dict[str, Any]:
    """What it printed; raises _Stopped, and ValueError with its own words when it could not be taken."""
    assert examinee.stdout is not None
    printed = asyncio.create_task(examinee.stdout.read())
    try:
        said = await _follow(app, run, examinee)
        text = await printed
    finally:
        printed.cancel()
    if await examinee.wait() != 0:
        raise ValueError("\n".join(said[-5:]).removeprefix("Error: ") or "Экзамен прервался.")
    report: dict[str, Any] = json.loads(text)
    return report


async def _follow(app: App, run: int, examinee: asyncio.subprocess.Process) -> list[str]:
    """Pass its progress on until it ends; gives back what else it said."""
    assert examinee.stderr is not None
    said: list[str] = []
    done = total = 0
    look_at = 0.0
    reading: asyncio.Task[bytes] = asyncio.create_task(examinee.stderr.readline())
    try:
        while True:
            await asyncio.wait([reading], timeout=_LOOK_EVERY)
            if reading.done():
                line = reading.result().decode(errors="replace").strip()
                if not reading.result():
                    return said
                if line.startswith(f"{PROGRESS} "):
                    done, total = map(int, line.split()[1:])
                else:
                    said.append(line)
                reading = asyncio.create_task(examinee.stderr.readline())
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + _LOOK_EVERY
                if not await app.db.run(runs.note_progress, run, done, total):
                    raise _Stopped
    finally:
        reading.cancel()


def _prompts_in_force(session: Session, folder: Path | None) -> dict[str, str]:
    return {name: prompts.in_force(session, name, folder).text for name in prompts.PLACEHOLDERS}
