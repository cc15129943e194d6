"""Tasks that time asks for: at the moments of a cron expression, or when the earliest of some rows falls due.

The task's id is its name and moment, so of many processes exactly one runs it.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter
from sqlalchemy.orm import Session

from saudager.clock import Clock
from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.errors import Refused, SaudagerError
from saudager.providers.gateway import JobRun
from saudager.queues import table, tasks

_log = logging.getLogger(__name__)
_AFTER_A_FAULT = timedelta(seconds=1)
_GIVEN_TIME = timedelta(minutes=1)
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """A task to run at the moments of a cron expression, in the shop's time zone."""

    task: str
    cron: str
    queue: str = tasks.QUEUE


async def keep_schedule(db: Database, clock: Clock, jobs: list[Job], zone: ZoneInfo) -> None:
    """Ask for each job's task at its moments, for ever; a moment missed while nobody ran is not made up for.

    While the database cannot be written the moment waits, and is asked for once it can.
    """
    upcoming = {job: next_tick(job, clock.now(), zone) for job in jobs}
    while upcoming:
        await clock.sleep_until(min(upcoming.values()))
        now = clock.now()
        try:
            come = {job: tick for job, tick in upcoming.items() if tick <= now}
            await db.run(_ask, come, now=now)
            upcoming |= {job: next_tick(job, now, zone) for job in come}
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
    or by the task itself, which is given a minute before it is asked for again. All who look as often look at the same
    moments."""
    while True:
        try:
            due = await db.read(next_due)
            latest = _next_multiple(look_every(), clock.now())
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


def _next_multiple(span: timedelta, after: datetime) -> datetime:
    return after + span - (after - _EPOCH) % span


def _ask(session: Session, come: dict[Job, datetime], *, now: datetime) -> None:
    for job, tick in come.items():
        tasks.enqueue(session, job.task, task_id=_moment_of(job.task, tick), now=now, queue=job.queue)


def _moment_of(task: str, tick: datetime) -> str:
    return f"cron:{task}:{tick.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def run_now(session: Session, task: str, *, queue: str = tasks.QUEUE, now: datetime) -> None:
    """Ask for a job's task out of turn; raises Refused while it is under way."""
    if tasks.under_way(session, f"cron:{task}", now=now, queue=queue):
        raise Refused("Это уже идёт.")
    tasks.enqueue(session, task, task_id=_moment_of(task, now), now=now, queue=queue)


def next_tick(job: Job, after: datetime, zone: ZoneInfo) -> datetime:
    """The job's first moment after this one; in UTC, because wall clocks of one zone compare wrongly in the hour that
    comes twice."""
    tick: datetime = croniter(job.cron, after.astimezone(zone)).get_next(datetime)
    return tick.astimezone(UTC)


def last_runs(session: Session, *, queue: str = tasks.QUEUE) -> dict[str, JobRun]:
    """How the newest moment of each task that cron asked for went, as far back as handled messages are kept."""
    runs: dict[str, JobRun] = {}
    for id, state, asked_at, done_at, error, result in _RUNS(session, queue=queue).fetchall():
        at = datetime.fromtimestamp(done_at or asked_at, UTC)
        told = None if result is None else json.loads(result)
        count = told if type(told) is int else None
        runs[id.split(":")[1]] = JobRun(at, table.STATES[state], error, count)
    return runs


_RUNS = Statement("""
    select msg_id, state, created_at, done_at, error, result from queue_messages
    where queue = :queue and msg_id like 'cron:%' order by id""")
