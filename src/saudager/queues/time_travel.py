"""Move a clock without skipping anything: from due moment to due moment, letting each be worked to its end."""

import asyncio
from datetime import datetime

from saudager.clock import MovableClock
from saudager.queues.lanes import Queues

_BREATH = 0.001
_PATIENCE = 240.0


async def settle(queues: Queues, *, patience: float = _PATIENCE) -> None:
    """Wait until nothing is due and nothing runs; TimeoutError after ``patience`` real seconds."""
    async with asyncio.timeout(patience):
        calm = 0
        while calm < 3:
            await asyncio.sleep(_BREATH)
            calm = calm + 1 if queues.settled() else 0


async def travel(clock: MovableClock, queues: Queues, until: datetime) -> None:
    """Bring the clock to ``until``, stopping at every moment something waits for, and let that be done."""
    await settle(queues)
    while (stop := clock.next_wake()) is not None and stop <= until:
        clock.move_to(stop)
        await settle(queues)
    clock.move_to(until)
    await settle(queues)
