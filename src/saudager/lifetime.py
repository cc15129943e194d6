"""How long a process lives: its parts run side by side until one ends, or until somebody says stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def until_told_to_stop(*parts: Coroutine[Any, Any, None]) -> None:
    """Run the parts until SIGINT, SIGTERM, cancellation or the end of one; its failure is raised, the others stop."""
    tasks = [asyncio.create_task(part) for part in (*parts, _told_to_stop())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


async def _told_to_stop() -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, told.set)
    try:
        await told.wait()
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
