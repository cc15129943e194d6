"""Much of a kind dealt with in many short transactions, so that nobody waits long for the database."""

from collections.abc import Callable
from typing import Any

from saudager.db.threads import Database

_AT_ONCE, _MOST = 500, 500_000
_LOOKED_AT = 2000


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


async def in_order(db: Database, step: Callable[..., tuple[int, int | None]], **known: Any) -> int:
    """Run ``step(session, after=…, limit=…, **known)`` from one row number to the next: it looks at rows beyond
    ``after``, changes those it should, and says how many and after which to go on, None at the end. For where most
    rows stay as they are."""
    total = 0
    after: int | None = 0
    while after is not None:
        changed, after = await db.run(step, after=after, limit=_LOOKED_AT, **known)
        total += changed
    return total
