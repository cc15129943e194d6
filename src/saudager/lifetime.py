"""How long a process lives: its parts run side by side until one ends, or until somebody says stop."""

import asyncio
import signal
from collections.abc import Collection, Coroutine
from typing import Any

_CANCELLED_AGAIN = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_told_to_stop(*parts: Coroutine[Any, Any, None]) -> None:
    """Run the parts until SIGINT, SIGTERM, cancellation or the end of one; its failure is raised, the others stop."""
    tasks = [asyncio.create_task(part) for part in (*parts, _told_to_stop())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = [task for task in tasks if task.done()]
        await end(tasks)
    for task in ended:
        task.result()


async def end(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Cancel tasks until each has ended; what they raise is dropped. A cancellation may be lost in a library that is
    just being answered (redis-py's time limits swallow one now and then), so it is repeated."""
    running = set(tasks)
    while running := {task for task in running if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_CANCELLED_AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)


async def _told_to_stop() -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
