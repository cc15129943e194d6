"""A kept file is taken in by a task, which tells how far it is; it is done once, however often the task begins."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from saudager.app import App
from saudager.importing import uploads
from saudager.queues import tasks

Tell = Callable[[str], None]
"""Is told in Russian how far it is, from any thread."""


class Outcome(Protocol):
    """What became of a file."""

    @property
    def is_taken(self) -> bool: ...


T = TypeVar("T", bound=Outcome)


def run_of(ticket: str, wish: Mapping[str, Any]) -> str:
    """What a wish to take a file in goes by: the same wish is one run, with other columns it is another."""
    return f"{ticket}-{hashlib.sha256(repr(sorted(wish.items())).encode()).hexdigest()[:12]}"


def ticket_of(run: str) -> str:
    return run.rpartition("-")[0]


async def take(app: App, task_id: str, ticket: str, take_in: Callable[[str, bytes, Tell], Awaitable[T]]) -> T:
    """Take the kept file in; when it was taken it is kept no longer. Raises NotFound when it is not there."""
    told: list[Awaitable[None]] = []
    loop = asyncio.get_running_loop()

    def tell(words: str) -> None:
        loop.call_soon_threadsafe(lambda: told.append(app.db.run(tasks.report_progress, task_id, words)))

    kept = await asyncio.to_thread(uploads.find, app.settings, ticket)
    data = await asyncio.to_thread(kept.path.read_bytes)
    outcome = await take_in(kept.name, data, tell)
    await asyncio.gather(*told)
    if outcome.is_taken:
        await asyncio.to_thread(uploads.drop, app.settings, ticket)
    return outcome
