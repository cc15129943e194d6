"""Much of a kind dealt with in many short transactions, so that nobody waits long for the database."""

from collections.abc import Callable
from typing import Any

from saudager.db.threads import Database

_AT_ONCE, _MOST = 500, 500_000


async def in_batches(db: Database, step: Callable[..., int], **known: Any) -> int:
    """Run ``step(session, limit=…, **known)``, which says how many rows it dealt with, until they are fewer than it
    may; how many in all. Beyond half a million the rest is left to the next time."""
    total = 0
    while total < _MOST:
        count = await db.run(step, limit=_AT_ONCE, **known)
        total += count
        if count < _AT_ONCE:
            break
    return total
