"""A queue of letters: its tables worked by hand, a transaction a call, at the moment the clock shows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.clock import MovableClock
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.queues import table
from saudager.queues.table import Lease, Policy

LETTERS = "letters"
POLICY = Policy(LETTERS, lease=60, backoff=2, backoff_max=30, max_attempts=4)


class Letters:
    """``key`` is the address of a letter, its lane; ids are their own bodies."""

    def __init__(self, db: Database, clock: MovableClock) -> None:
        self.db = db
        self.clock = clock
        self.policy = POLICY

    def ruled(self, **rules: Any) -> Policy:
        """Change how the queue is worked from here on."""
        self.policy = replace(self.policy, **rules)
        return self.policy

    def moment(self, seconds: float) -> datetime:
        """The moment so many seconds from now."""
        return self.clock.now() + timedelta(seconds=seconds)

    def passes(self, seconds: float) -> None:
        """Time goes by with nobody at work."""
        self.clock.move_to(self.moment(seconds))

    async def post(
        self, *ids: str, to: str = "almaty", queue: str | None = None, after: float | None = None, **how: Any
    ) -> None:
        """Publish; ``after`` seconds is when it is due."""
        now, due = self.clock.now(), None if after is None else self.moment(after)
        for id in ids:
            body = {"id": id, "to": to}
            await self.db.run(table.publish, queue or self.policy.queue, body, id=id, key=to, now=now, due=due, **how)

    async def claim(self, *, limit: int = 10, lots: Sequence[str] | None = None) -> list[Lease]:
        return await self.db.run(table.claim, self.policy, limit=limit, now=self.clock.now(), open_lots=lots)

    async def take(self, **how: Any) -> Lease:
        """Claim when exactly one lane must be due."""
        (lease,) = await self.claim(**how)
        return lease

    async def finish(self, lease: Lease) -> None:
        await self.db.run(table.finish, lease, now=self.clock.now())

    async def fail(self, lease: Lease, error: str = "rain", *, final: bool = False) -> None:
        await self.db.run(table.fail, self.policy, lease, error, now=self.clock.now(), final=final)

    async def put_back(self, lease: Lease, *, hold: float | None = None) -> None:
        await self.db.run(table.put_back, lease, until=None if hold is None else self.moment(hold))

    async def prolong(self, lease: Lease, seconds: float) -> None:
        await self.db.run(table.renew, [lease], until=self.moment(seconds))

    async def redrive(self, **how: Any) -> int:
        return await self.db.run(table.redrive, self.policy.queue, now=self.clock.now(), **how)

    async def waits(self) -> float | None:
        """Seconds until the next lane can be worked."""
        due = await self.db.read(table.next_due, self.policy.queue)
        return None if due is None else round(due - self.clock.now().timestamp(), 3)

    async def dead(self) -> list[tuple[str, str]]:
        """Id and reason of the dead letters, by id."""
        rows = await self.db.read(table.dead_letters)
        return sorted((row["id"], row["reason"]) for row in rows)

    async def depth(self, queue: str | None = None) -> dict[str, int]:
        depths = await self.db.read(table.depth)
        return depths.get(queue or self.policy.queue, {"waiting": 0, "done": 0, "dead": 0})

    async def lanes(self) -> dict[str, float]:
        """When the lease of each lane ends (0: not leased), in seconds since the epoch."""
        rows = await self.db.read(_rows, _LANES, self.policy.queue)
        return {row[0]: row[1] for row in rows}

    async def lane_rows(self) -> dict[str, tuple[Any, ...]]:
        """key: (lease_until, ready_at, first_at, not_before, attempts, rank, lot)"""
        return {row[0]: tuple(row[1:]) for row in await self.db.read(_rows, _LANES, self.policy.queue)}

    async def states(self) -> dict[str, int]:
        return dict(await self.db.read(_rows, _STATES, self.policy.queue))


def ids(lease: Lease) -> list[str]:
    return [message.id for message in lease.messages]


def _rows(session: Session, statement: Statement, queue: str) -> list[Any]:
    return statement(session, queue=queue).fetchall()


_LANES = Statement("""
    select key, lease_until, ready_at, first_at, not_before, attempts, rank, lot from queue_lanes
    where queue = :queue order by key""")
_STATES = Statement("select msg_id, state from queue_messages where queue = :queue")
