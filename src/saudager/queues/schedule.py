"""Tasks that time asks for: at the moments of a cron expression, or when the earliest of some rows falls due.

The task's id is its name and moment, so of many processes exactly one runs it.
"""

import json
import logging
from collections.abc import Callable, Sequence
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


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of which the earliest wakes a task. They must be made ``look_every`` before they are due, or by the task
    itself; all that are looked at as often are so at the same moments."""

    task: str
    next_due: Callable[[Session], datetime | None]
    look_every: Callable[[], timedelta]


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


async def keep_due(db: Database, clock: Clock, rows: Sequence[Rows]) -> None:
    """Ask for the task of some rows whenever the earliest of them is due, for ever; all that are to be looked at at a
    moment in one transaction. A task that was asked for is given a minute before it is asked for again."""
    look_at = dict.fromkeys(rows, clock.now())
    while look_at:
        await clock.sleep_until(min(look_at.values()))
        now = clock.now()
        come = [one for one, moment in look_at.items() if moment <= now]
        try:
            dues = await db.read(_dues, come)
            if ripe := [one for one, due in dues.items() if due is not None and due <= now]:
                await db.run(_ask_for_due, ripe, now=now)
            for one, due in dues.items():
                latest = now + _GIVEN_TIME if one in ripe else _next_multiple(one.look_every(), now)
                look_at[one] = latest if due is None or due <= now else min(due, latest)
        except SaudagerError as error:
            _log.warning("what falls due: %s", error)
            look_at |= dict.fromkeys(come, clock.now() + _AFTER_A_FAULT)


def _dues(session: Session, rows: Sequence[Rows]) -> dict[Rows, datetime | None]:
    return {one: one.next_due(session) for one in rows}


def _ask_for_due(session: Session, rows: Sequence[Rows], *, now: datetime) -> None:
    for one in rows:
        tasks.enqueue(session, one.task, task_id=f"due:{one.task}:{now:%Y-%m-%dT%H:%MZ}", now=now)


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
