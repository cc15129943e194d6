"""A process of its own that works the queue of letters until its standard input is closed."""

import asyncio
import os
import sys
import uuid

from sqlalchemy.orm import Session

from saudager.clock import SystemClock
from saudager.db.threads import Database
from saudager.queues import table
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease
from tests.queues.letters import POLICY


async def carry(url: str) -> None:
    db, clock = Database(url), SystemClock()
    queues = Queues(db, clock, poll=0.005)

    async def deliver(lease: Lease) -> None:
        await asyncio.sleep(0.01)  # long enough for the other process to find work too
        await db.run(note, lease)

    def note(session: Session, lease: Lease) -> None:
        now = clock.now()
        for message in lease.messages:
            table.publish(session, "delivered", message.body, id=uuid.uuid4().hex, key=str(os.getpid()), now=now)
        table.finish(session, lease, now=now)

    queues.consume(POLICY, deliver, concurrency=5)
    queues.start()
    print("ready", flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)
    await queues.stop()
    await db.close()


if __name__ == "__main__":
    asyncio.run(carry(sys.argv[1]))
