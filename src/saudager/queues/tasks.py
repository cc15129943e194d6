"""Background tasks: a task is a message of the queue ``tasks``, its id can be asked for status, progress and result."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import ConfigurationError
from saudager.queues import table
from saudager.queues.table import DEAD, DONE, Lease, Policy

QUEUE = "tasks"
POLICY = Policy(QUEUE, max_attempts=3, lease=60, backoff=5, batch=1)

Task = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a task is: queued, running, retrying, completed or failed."""

    task_id: str
    state: str
    progress: str | None
    result: Any
    error: str | None


def enqueue(
    session: Session,
    name: str,
    /,
    *,
    task_id: str,
    now: datetime,
    due: datetime | None = None,
    **arguments: Any,
) -> bool:
    """Ask for a task in the caller's transaction; False when this id was asked for before."""
    body = {"task": name, "arguments": arguments}
    return table.publish(session, QUEUE, body, id=task_id, key=task_id, now=now, due=due)


def status(session: Session, task_id: str, *, now: datetime) -> Status | None:
    """What became of a task, or None when nobody asked for it."""
    row = _STATUS(session, queue=QUEUE, id=task_id).fetchone()
    if row is None:
        return None
    state, result, error, progress, lease_until, attempts = row
    if state == DONE:
        word = "completed"
    elif state == DEAD:
        word = "failed"
    elif (lease_until or 0) > now.timestamp():
        word = "running"
    else:
        word = "retrying" if attempts else "queued"
    return Status(task_id, word, progress, None if result is None else json.loads(result), error)


def under_way(session: Session, name: str, *, now: datetime) -> list[Status]:
    """The tasks with ids that begin with ``name:`` and are not over, oldest first."""
    prefix = f"{name}:"
    ids = [row[0] for row in _UNDER_WAY(session, queue=QUEUE, prefix=prefix, length=len(prefix)).fetchall()]
    found = (status(session, task_id, now=now) for task_id in ids)
    return [one for one in found if one is not None]


def report_progress(session: Session, task_id: str, progress: str) -> None:
    """Say how far the task is, in words a person reads."""
    _PROGRESS(session, queue=QUEUE, id=task_id, progress=progress)


def runner(
    tasks: dict[str, Task], finish: Callable[[Lease, Any], Awaitable[None]]
) -> Callable[[Lease], Awaitable[None]]:
    """The errand that runs tasks by name; ``finish`` settles the lease with the task's result."""

    async def run(lease: Lease) -> None:
        (message,) = lease.messages
        name = message.body["task"]
        if name not in tasks:
            raise ConfigurationError(f"nobody knows the task {name!r}; known: {', '.join(sorted(tasks)) or 'none'}")
        await finish(lease, await tasks[name](task_id=message.id, **message.body["arguments"]))

    return run


_STATUS = Statement("""
    select m.state, m.result, m.error, m.progress, l.lease_until, l.attempts
    from queue_messages m left join queue_lanes l on l.queue = m.queue and l.key = m.key
    where m.queue = :queue and m.msg_id = :id""")

_UNDER_WAY = Statement("""
    select msg_id from queue_messages
    where queue = :queue and state = 0 and substr(msg_id, 1, :length) = :prefix order by id limit 20""")
_PROGRESS = Statement("update queue_messages set progress = :progress where queue = :queue and msg_id = :id")
