"""Tasks that time asks for: at the moments of a cron expression, or when the earliest of some rows falls due.

The task's id is its name and moment, so of many processes exactly one runs it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from sqlalchemy.orm import Session

from saudager.clock import Clock
from saudager.db.threads import Database
from saudager.errors import SaudagerError
from saudager.queues import tasks

_log = logging.getLogger(__name__)
_AFTER_A_FAULT = timedelta(seconds=1)
_GIVEN_TIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Job:
    """A task to run at the moments of a cron expression, in the shop's time zone."""

    task: str
    cron: str


async def keep_schedule(db: Database, clock: Clock, jobs: list[Job], zone: ZoneInfo) -> None:
    """Ask for each job's task at its moments, for ever; a moment missed while nobody ran is not made up for.

    While the database cannot be written the moment waits, and is asked for once it can.
    """
    upcoming = {job: _next_tick(job, clock.now(), zone) for job in jobs}
    while upcoming:
        await clock.sleep_until(min(upcoming.values()))
        now = clock.now()
        try:
            for job, tick in upcoming.items():
                if tick <= now:
                    await db.run(tasks.enqueue, job.task, task_id=f"cron:{job.task}:{tick:%Y-%m-%dT%H:%M:%SZ}", now=now)
                    upcoming[job] = _next_tick(job, now, zone)
        except SaudagerError as error:
            _log.warning("cron: %s", error)
            await clock.sleep_until(now + _AFTER_A_FAULT)


async def keep_due(
    db: Database,
    clock: Clock,
    task: str,
    next_due: Callable[[Session], datetime | None],
    *,
    look_every: Callable[[], timedelta],
) -> None:
    """Ask for the task whenever the earliest row is due, for ever. Rows must be made ``look_every`` before they are due
    or by the task itself, which is given a minute before it is asked for again."""
    while True:
        try:
            due = await db.read(next_due)
            latest = clock.now() + look_every()
            if due is None or due > latest:
                await clock.sleep_until(latest if due is None else min(due, latest))
                continue
            await clock.sleep_until(due)
            now = clock.now()
            await db.run(tasks.enqueue, task, task_id=f"due:{task}:{now:%Y-%m-%dT%H:%MZ}", now=now)
            await clock.sleep_until(now + _GIVEN_TIME)
        except SaudagerError as error:
            _log.warning("%s: %s", task, error)
            await clock.sleep_until(clock.now() + _AFTER_A_FAULT)


def _next_tick(job: Job, after: datetime, zone: ZoneInfo) -> datetime:
    """In UTC, because wall clocks of one zone compare wrongly in the hour that comes twice."""
    tick: datetime = croniter(job.cron, after.astimezone(zone)).get_next(datetime)
    return tick.astimezone(UTC)
