"""What is not well with a process and with what it stands on: database, disk, queues, broker, its own errors."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

from sqlalchemy.orm import Session

from saudager import logs
from saudager.ailments import Ailment, Ill
from saudager.app import App
from saudager.errors import SaudagerError
from saudager.providers.wires import Wire
from saudager.queues import table

Ailments = Callable[[], Awaitable[list[Ailment]]]

_WAITS_TOO_LONG = timedelta(minutes=5)
_ANSWERS_WITHIN = 3.0
_LEAST_FREE = 500 * 1024**2
_LATELY = timedelta(minutes=15)
_MANY_ERRORS, _MANY_DEAD = 10, 5


async def ailments(app: App) -> list[Ailment]:
    """What somebody should look at, as this process sees it. Raises DatabaseFault when its database cannot be read."""
    now = app.clock.now()
    waiting = await app.db.read(table.overdue, before=now - _WAITS_TOO_LONG, now=now)
    dead = await app.db.read(table.died_since, now - _LATELY)
    return [
        *(
            Ailment(
                Ill.QUEUE,
                f"nobody works the queue {queue}: its oldest message waits since {since:%H:%M} UTC",
                queue,
            )
            for queue, since in waiting
        ),
        *(
            Ailment(Ill.DEAD_LETTERS, f"{count} messages of the queue {queue} could not be handled lately", queue)
            for queue, count in dead.items()
            if count >= _MANY_DEAD
        ),
        *await _database(app),
        *_disk(app),
        *_errors(app),
        *await _broker(app),
    ]


async def broker(wire: Wire) -> tuple[dict[str, int] | None, str]:
    """What waits in each of the broker's queues; None, and why, when it does not tell in time."""
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN):
            return await wire.depth(), ""
    except TimeoutError:
        return None, f"{wire.name} does not answer"
    except SaudagerError as error:
        return None, str(error)


def disk_free(app: App) -> int:
    """Bytes left where DATA_DIR is."""
    return shutil.disk_usage(app.settings.data_dir).free


async def _database(app: App) -> list[Ailment]:
    """An empty transaction waits for the lock as a full one does."""
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN):
            await app.db.run(_nothing)
    except TimeoutError:
        says = f"nothing could be written into the database within {_ANSWERS_WITHIN:.0f} seconds"
        return [Ailment(Ill.DATABASE, says)]
    except SaudagerError as error:
        return [Ailment(Ill.DATABASE, str(error), reason=str(error))]
    return []


def _nothing(session: Session) -> None: ...


def _disk(app: App) -> Iterator[Ailment]:
    if (free := disk_free(app)) < _LEAST_FREE:
        left = f"{free // 1024**2} MB"
        yield Ailment(Ill.DISK, f"{left} are left on the disk of {app.settings.data_dir}", reason=left)


def _errors(app: App) -> Iterator[Ailment]:
    if (count := logs.TALLY.errors_since(app.clock.now() - _LATELY)) >= _MANY_ERRORS:
        yield Ailment(Ill.ERRORS, f"{count} errors in the log within {_LATELY.seconds // 60} minutes")


async def _broker(app: App) -> list[Ailment]:
    if app.wire is None:
        return []
    depths, trouble = await broker(app.wire)
    return [Ailment(Ill.BROKER, trouble, reason=trouble)] if depths is None else []
