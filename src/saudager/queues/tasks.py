"""Background tasks: a task is a message of a queue, its id can be asked for status, progress and result.

The usual queue is ``tasks``. A queue of the contract may be given instead: then the task travels by the wire if there
is one, and its status is told all the way.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.contracts import CONTRACT
from saudager.db.statements import Statement
from saudager.errors import ConfigurationError, NotFound, Refused
from saudager.queues import table
from saudager.queues.table import DEAD, DONE, WAITING, Lease, Policy

QUEUE = "tasks"
GATEWAY_QUEUE = "gateway_tasks"
"""Those of the gateway, which does not know the agent's."""
POLICY = Policy(QUEUE, max_attempts=3, lease=60, backoff=5, batch=1)
_CANCELLED = "cancelled"

Task = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a task is: queued, running, retrying, completed, failed or cancelled."""

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
    queue: str = QUEUE,
    lane: str | None = None,
    **arguments: Any,
) -> bool:
    """Ask for a task in the caller's transaction; False when this id was asked for before. Tasks of one ``lane`` are
    run one after the other; without one a task waits for no other."""
    body: dict[str, Any] = {"task": name, "arguments": arguments}
    if queue in CONTRACT:
        body = {"id": task_id, "created_at": now.isoformat()} | body
    return table.publish(session, queue, body, id=task_id, key=lane or task_id, now=now, due=due)


def status(session: Session, task_id: str, *, now: datetime, queue: str = QUEUE) -> Status | None:
    """What became of a task, or None when nobody asked for it."""
    row = _STATUS(session, queue=queue, id=task_id).fetchone()
    sent = _sent(session, task_id, queue) if row is None or row[0] == WAITING else None
    if sent is not None and (row is None or sent[1] == _CANCELLED):
        state, error = sent
        word = "cancelled" if error == _CANCELLED else "failed" if state == DEAD else "queued"
        return Status(task_id, word, None, None, error if word == "failed" else None)
    if row is None:
        return None
    state, result, error, progress, lease_until, attempts = row
    if state == DONE and error == _CANCELLED:
        return Status(task_id, "cancelled", progress, None, None)
    if state == DONE:
        word = "completed"
    elif state == DEAD:
        word = "failed"
    elif (lease_until or 0) > now.timestamp():
        word = "running"
    else:
        word = "retrying" if attempts else "queued"
    return Status(task_id, word, progress, None if result is None else json.loads(result), error)


def cancel(session: Session, task_id: str, *, now: datetime, queue: str = QUEUE) -> bool:
    """Want a task no longer; False when it is over already. A running one comes to its end, and nothing is kept of it:
    it may ask between its steps whether it ``is_cancelled``. Raises NotFound when nobody asked for it."""
    found = status(session, task_id, now=now, queue=queue)
    if found is None:
        raise NotFound("Такой задачи нет.")
    if found.state in ("completed", "failed"):
        return False
    for name in (queue, table.out(queue)):
        _CANCEL(session, queue=name, id=task_id, now=now.timestamp(), word=_CANCELLED)
    if _STATUS(session, queue=queue, id=task_id).fetchone() is None:
        _CANCEL_SENT(session, queue=table.out(queue), id=task_id, word=_CANCELLED)
    return True


def is_cancelled(session: Session, task_id: str, *, queue: str = QUEUE) -> bool:
    """Whether nobody wants it any more."""
    return _IS_CANCELLED(session, queue=queue, out=table.out(queue), id=task_id, word=_CANCELLED).fetchone() is not None


def hold(session: Session, task_id: str) -> None:
    """Nobody else who calls this asks for a task of the id until the transaction is over: between looking whether it
    was asked for and asking, there is nobody."""
    _HOLD(session, id=task_id)


def asked(
    session: Session, task_id: str, *, queue: str = QUEUE, hold: bool = False
) -> tuple[str, dict[str, Any]] | None:
    """A task's name and arguments, or None when nobody asked for it; with ``hold`` nobody else changes them until the
    transaction is over."""
    for name in (queue, table.out(queue)):
        if (row := (_HOLD_BODY if hold else _BODY)(session, queue=name, id=task_id).fetchone()) is not None:
            body = json.loads(row[0])
            return body.get("task", ""), body.get("arguments", {})
    return None


def everyone(session: Session, *, queue: str = QUEUE) -> Iterator[tuple[str, dict[str, Any]]]:
    """The ids and arguments of all tasks that are remembered."""
    for task_id, body in _BODIES(session, queue=queue, out=table.out(queue)).fetchall():
        yield task_id, json.loads(body).get("arguments", {})


def add_arguments(session: Session, task_id: str, *, queue: str = QUEUE, **arguments: Any) -> None:
    """Let a task know more when it is run again."""
    row = _HOLD_BODY(session, queue=queue, id=task_id).fetchone()
    if row is not None:
        body = json.loads(row[0])
        body["arguments"] |= arguments
        _KEEP_BODY(session, queue=queue, id=task_id, body=json.dumps(body, ensure_ascii=False))


def under_way(session: Session, name: str, *, now: datetime, queue: str = QUEUE) -> list[Status]:
    """The tasks with ids that begin with ``name:`` and are not over, oldest first."""
    prefix = f"{name}:"
    ids = [row[0] for row in _UNDER_WAY(session, queue=queue, prefix=prefix, length=len(prefix)).fetchall()]
    found = (status(session, task_id, now=now, queue=queue) for task_id in ids)
    return [one for one in found if one is not None]


def report_progress(session: Session, task_id: str, progress: str, *, queue: str = QUEUE) -> None:
    """Say how far the task is, in words a person reads."""
    _PROGRESS(session, queue=queue, id=task_id, progress=progress)


def runner(
    tasks: dict[str, Task],
    finish: Callable[[Lease, Any], Awaitable[None]],
    give_up: Callable[[Lease, str], Awaitable[None]] | None = None,
) -> Callable[[Lease], Awaitable[None]]:
    """The errand that runs tasks by name; ``finish`` settles the lease with the task's result. ``give_up`` settles one
    that was refused or asked for what is not there, with the sentence that says so: trying again would be no use."""

    async def run(lease: Lease) -> None:
        (message,) = lease.messages
        name = message.body["task"]
        if name not in tasks:
            raise ConfigurationError(f"nobody knows the task {name!r}; known: {', '.join(sorted(tasks)) or 'none'}")
        try:
            result = await tasks[name](task_id=message.id, **message.body["arguments"])
        except (Refused, NotFound) as error:
            if give_up is None:
                raise
            await give_up(lease, str(error))
        else:
            await finish(lease, result)

    return run


def _sent(session: Session, task_id: str, queue: str) -> tuple[int, str | None] | None:
    """State and error of the row that waits for the wire, or has left by it."""
    row = None if queue not in CONTRACT else _STATUS(session, queue=table.out(queue), id=task_id).fetchone()
    return None if row is None else (row[0], row[2])


_STATUS = Statement("""
    select m.state, m.result, m.error, m.progress, l.lease_until, l.attempts
    from queue_messages m left join queue_lanes l on l.queue = m.queue and l.key = m.key
    where m.queue = :queue and m.msg_id = :id""")

_UNDER_WAY = Statement("""
    select msg_id from queue_messages
    where queue = :queue and state = 0 and substr(msg_id, 1, :length) = :prefix order by id limit 20""")
_PROGRESS = Statement("update queue_messages set progress = :progress where queue = :queue and msg_id = :id")
_CANCEL = Statement("""
    update queue_messages set state = 1, done_at = :now, error = :word
    where queue = :queue and msg_id = :id and state = 0""")
_CANCEL_SENT = Statement("update queue_messages set error = :word where queue = :queue and msg_id = :id and state = 1")
_IS_CANCELLED = Statement("""
    select 1 from queue_messages
    where queue in (:queue, :out) and msg_id = :id and state = 1 and error = :word""")
_HOLD = Statement("select 1", postgresql="select pg_advisory_xact_lock(hashtextextended(:id, 0))")
_BODY = Statement("select body from queue_messages where queue = :queue and msg_id = :id")
_BODIES = Statement("select msg_id, body from queue_messages where queue in (:queue, :out)")
_HOLD_BODY = Statement("select body from queue_messages where queue = :queue and msg_id = :id for update")
_KEEP_BODY = Statement("update queue_messages set body = :body where queue = :queue and msg_id = :id")
