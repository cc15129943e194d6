"""Message and lane rows, and the statements that move them: publish, claim, finish, fail, bury, redrive.

A lane is one row per key with work. It is at once the order of its messages, the lease of the one worker that may
handle them, the quiet window of a burst, the back-off after a failure and the fence against a worker that came back
from the dead. Every function is plain: it runs inside its caller's transaction.

Times are seconds since the epoch, because they are compared and added far more often than they are shown.
"""

import json
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from sqlalchemy.orm import Session

from saudager.contracts import CONTRACT
from saudager.db.statements import Statement
from saudager.db.threads import is_outage
from saudager.errors import LeaseLost, QueueFull

_log = logging.getLogger(__name__)
WAITING, DONE, DEAD = 0, 1, 2
OUT_LANES = 16
_WORDS = ("subject", "text", "html", "pictures")
STATES = {WAITING: "waiting", DONE: "done", DEAD: "dead"}

OnDead = Callable[[Session, "Message", str, datetime], None]
LotOf = Callable[[dict[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a queue."""

    row: int
    id: str
    key: str
    body: dict[str, Any]
    created_at: float
    rank: int = 0


@dataclass(slots=True)
class Lease:
    """The waiting messages of one lane, in order, for one worker."""

    queue: str
    key: str
    token: str
    attempts: int
    first_at: float
    until: float
    messages: list[Message] = field(default_factory=list)
    settled: bool = False
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """How a queue's lanes are worked: ``lease`` and the back-offs in seconds, ``batch`` in messages a lease."""

    queue: str
    max_attempts: int = 5
    lease: float = 60
    backoff: float = 2
    backoff_max: float = 300
    batch: int = 50
    on_dead: OnDead | None = None


def publish(
    session: Session,
    queue: str,
    body: dict[str, Any] | str,
    *,
    id: str,
    key: str,
    now: datetime,
    due: datetime | None = None,
    cap: float | None = None,
    rank: int = 0,
    lot: str | None = None,
    expires: datetime | None = None,
) -> bool:
    """Add a message in the caller's transaction; False when its id has been seen before. A queue whose other end is
    behind a wire is written to under its name with ``.out``, where many keys share a lane, as they leave together.

    ``due`` is when it may be handled (default: now); a lane that is due is handled whole, so what must wait on its own
    needs a lane of its own. With a ``cap`` (seconds) each new message of a lane moves the lane's moment to its own
    ``due``, but never further than ``cap`` after the lane's first message. ``rank`` orders lanes and messages, lowest
    first; of one ``lot`` only so many lanes are worked at once as its consumer says. ``expires`` ends it before the
    queue's time to live does; what waits for the wire tells it in its body.
    """
    until = None if expires is None else min(expires.timestamp(), now.timestamp() + CONTRACT[queue].ttl)
    if queue in _wired(session):
        queue, key, lot, until = out(queue), f"out {crc32(key.encode()) % OUT_LANES}", None, None
    return _add(session, queue, body, id=id, key=key, now=now, due=due, cap=cap, rank=rank, lot=lot, expires=until)


def accept(
    session: Session,
    queue: str,
    body: dict[str, Any],
    *,
    id: str,
    key: str,
    now: datetime,
    expires: float | None = None,
    rank: int = 0,
    lot: str | None = None,
) -> bool:
    """Add a message that came by the wire; False when its id has been seen before. ``expires`` in seconds since the
    epoch; None: the queue's time to live from now."""
    return _add(session, queue, body, id=id, key=key, now=now, due=None, cap=None, rank=rank, lot=lot, expires=expires)


def out(queue: str) -> str:
    """The name under which messages wait for the wire."""
    return f"{queue}.out"


def _wired(session: Session) -> frozenset[str]:
    wired: frozenset[str] = session.info.get("wired", frozenset())
    return wired


def _add(
    session: Session,
    queue: str,
    body: dict[str, Any] | str,
    *,
    id: str,
    key: str,
    now: datetime,
    due: datetime | None,
    cap: float | None,
    rank: int,
    lot: str | None,
    expires: float | None = None,
) -> bool:
    at = now.timestamp()
    if expires is None and queue in CONTRACT:  # what waits for the wire grows old there, and is told so at the far end
        expires = at + CONTRACT[queue].ttl
    values = {
        "queue": queue,
        "key": key,
        "id": id,
        "body": body if isinstance(body, str) else json.dumps(body, ensure_ascii=False),
        "now": at,
        "due": _capped(at if due is None else max(at, due.timestamp()), at, cap),
        "expires": expires,
        "cap": cap,
        "rank": rank,
        "lot": lot,
    }
    if not _is_added(session, values):
        return False
    _wake(session, queue)
    return True


def _is_added(session: Session, values: dict[str, Any]) -> bool:
    """Write the message and its lane; False when there is a message of its id. A server does both in one round trip."""
    if session.info["kind"].IS_SERVER:
        return _INSERT_AND_PUSH(session, **values).rowcount > 0
    if _INSERT(session, **values).rowcount < 1:
        return False
    _PUSH(session, **values)
    return True


def _capped(due: float, at: float, cap: float | None) -> float:
    return due if cap is None else min(due, at + cap)


def require_room(session: Session, queue: str, more: int = 1) -> int:
    """How many messages fit under the contract's maximum length; raises QueueFull unless ``more`` do."""
    limit = CONTRACT[queue].max_length
    name = out(queue) if queue in _wired(session) else queue
    waiting: int = _LENGTH(session, queue=name).fetchone()[0]
    if waiting + more > limit:
        raise QueueFull(f"queue {queue} holds {waiting} of at most {limit} messages; try again later")
    return limit - waiting


def claim(
    session: Session,
    policy: Policy,
    *,
    limit: int,
    now: datetime,
    open_lots: Sequence[str] | None = None,
    abreast: int = 1,
) -> list[Lease]:
    """Lease up to ``limit`` lanes that are due; with ``open_lots``, lanes of these and no other, of each so many that
    at most ``abreast`` are leased at once."""
    at, token = now.timestamp(), uuid.uuid4().hex
    values = {"queue": policy.queue, "now": at, "until": at + policy.lease, "token": token}
    if open_lots is None:
        rows = _CLAIM(session, **values, limit=limit).fetchall()
        return [lease for row in rows if (lease := _lease(session, policy, token, at, row)) is not None]
    leases: list[Lease] = []
    for lot in open_lots:
        if len(leases) == limit:
            break
        if not _is_ours(session, policy.queue, lot):
            continue
        while rows := _CLAIM_LOT(session, **values, lot=lot, abreast=abreast, limit=limit - len(leases)).fetchall():
            living = [lease for row in rows if (lease := _lease(session, policy, token, at, row)) is not None]
            for lease in living:
                lease.lot = lot
            leases += living
            if len(living) == len(rows):
                break
    return leases


def _is_ours(session: Session, queue: str, lot: str) -> bool:
    """Whether nobody else claims lanes of the lot until our transaction ends; nobody can where one writes at a time."""
    return not session.info["kind"].IS_SERVER or bool(_HOLD_LOT(session, lot=f"{queue}|{lot}").fetchone()[0])


def finish(session: Session, lease: Lease, *, now: datetime, result: Any = None) -> None:
    """Close the leased messages; raises LeaseLost when another worker has taken the lane over."""
    _fence(session, lease)
    _close(session, lease.messages, DONE, now, result=None if result is None else json.dumps(result))
    _release(session, lease)


def put_back(session: Session, lease: Lease, *, until: datetime | None = None) -> None:
    """Give the lane back unhandled, without counting an attempt; ``until`` holds it for a while."""
    values = {**_owner(lease), "attempts": lease.attempts, "not_before": 0 if until is None else until.timestamp()}
    if _HOLD(session, **values).rowcount < 1:
        raise LeaseLost(lease.key)
    lease.settled = True
    _wake(session, lease.queue)


def hurry(session: Session, queue: str, key: str) -> None:
    """What a lane was put back for has come: it may be worked as soon as it is due."""
    _HURRY(session, queue=queue, key=key)
    _wake(session, queue)


def fail(session: Session, policy: Policy, lease: Lease, error: str, *, now: datetime, final: bool = False) -> None:
    """Count a failed attempt: retry after a back-off, or bury the messages when it was the last one."""
    attempts = lease.attempts + 1
    if final or attempts >= policy.max_attempts:
        _fence(session, lease)
        bury(session, policy, lease.messages, error, now=now)
        _release(session, lease)
        return
    delay = min(policy.backoff * 2 ** (attempts - 1), policy.backoff_max)
    values = {**_owner(lease), "attempts": attempts, "not_before": now.timestamp() + delay}
    if _HOLD(session, **values).rowcount < 1:
        raise LeaseLost(lease.key)
    for message in lease.messages:
        _NOTE_ERROR(session, row=message.row, error=error[:2000])
    lease.settled = True
    _wake(session, lease.queue)


def bury(session: Session, policy: Policy, messages: Sequence[Message], reason: str, *, now: datetime) -> None:
    """Make messages dead letters and tell whoever must know, in the same transaction."""
    _close(session, messages, DEAD, now, error=reason[:2000])
    if policy.on_dead is not None:
        for message in messages:
            _tell(session, policy.on_dead, message, reason, now)


def bury_waiting(session: Session, policy: Policy, reason: str, *, now: datetime) -> int:
    """Make everything that waits in a queue dead letters; how many. For what nobody works meanwhile."""
    count = 0
    while rows := _WAITING(session, queue=policy.queue).fetchall():
        messages = [Message(row, id, key, json.loads(body), at, rank) for row, id, key, body, at, rank in rows]
        bury(session, policy, messages, reason, now=now)
        count += len(messages)
    return count


def redrive(session: Session, queue: str, *, now: datetime, row: int | None = None, lot_of: LotOf | None = None) -> int:
    """Put dead letters back, all of a queue or one row, with a fresh time to live; returns how many.

    They go before what is waiting in their lanes now, being older. A queue whose lanes have lots needs ``lot_of``.
    """
    ttl = CONTRACT[queue].ttl if queue in CONTRACT else None
    at = now.timestamp()
    dead = _DEAD_ROWS(session, queue=queue, row=row).fetchall()
    for number, key, rank, body in dead:
        _REVIVE(session, row=number, expires=None if ttl is None else at + ttl, now=at)
        lot = None if lot_of is None else lot_of(json.loads(body))
        _PUSH(session, queue=queue, key=key, now=at, due=at, cap=None, rank=rank, lot=lot)
    _wake(session, queue)
    return len(dead)


def dismiss(session: Session, queue: str, row: int) -> bool:
    """Let go of a dead letter for good; False when there is none of this number."""
    return _DISMISS(session, queue=queue, row=row).rowcount > 0


def renew(session: Session, leases: Sequence[Lease], *, until: datetime) -> None:
    """Prolong leases that are still ours."""
    for lease in leases:
        lease.until = until.timestamp()
        _RENEW(session, **_owner(lease), until=lease.until)


def next_due(session: Session, queue: str, *, but: Sequence[Lease] = ()) -> float | None:
    """When the earliest lane of the queue can be worked, in seconds since the epoch; ``but`` for those of one claim."""
    token = but[0].token if but else ""
    due: float | None = _NEXT_DUE(session, queue=queue, token=token).fetchone()[0]
    return due


def next_due_of_lot(session: Session, queue: str, lot: str, *, now: datetime, abreast: int = 1) -> float | None:
    """When a lane of the lot can be worked: while ``abreast`` are, once one of them is given up, or else when the
    earliest is due."""
    busy_until: float | None
    worked, busy_until = _LOT_BUSY_UNTIL(session, queue=queue, lot=lot, now=now.timestamp()).fetchone()
    if worked >= abreast:
        return busy_until
    due: float | None = _LOT_DUE(session, queue=queue, lot=lot).fetchone()[0]
    return due


def release_leases(session: Session, queues: Sequence[str]) -> None:
    """Free every lease of these queues: only for a process that knows whoever held them is dead."""
    for queue in queues:
        _FREE(session, queue=queue)


def depth(session: Session) -> dict[str, dict[str, int]]:
    """Messages per queue and state: ``{"turns": {"waiting": 3, "done": 40, "dead": 0}}``."""
    depths: dict[str, dict[str, int]] = {}
    for queue, state, count in _DEPTH(session).fetchall():
        depths.setdefault(queue, dict.fromkeys(STATES.values(), 0))[STATES[state]] = count
    return depths


def newest(session: Session) -> tuple[Any, ...]:
    """What is different once anything has come, been handled, died or been put back; costs nothing to ask."""
    return tuple(_NEWEST(session).fetchone())


def overdue(session: Session, *, before: datetime, now: datetime) -> list[tuple[str, datetime]]:
    """Queues nobody works: with a lane that could have been taken since before the moment, and since when."""
    rows = _OVERDUE(session, before=before.timestamp(), now=now.timestamp()).fetchall()
    return [(queue, datetime.fromtimestamp(since, UTC)) for queue, since in rows]


def died_since(session: Session, moment: datetime) -> dict[str, int]:
    """How many messages of each queue became dead letters; what was told to the merchant himself is not counted."""
    return dict(_DIED_SINCE(session, since=moment.timestamp()).fetchall())


def dead_letters(session: Session, *, limit: int = 100) -> list[dict[str, Any]]:
    """The newest dead letters with their reasons."""
    columns = ("row", "queue", "key", "id", "body", "reason", "since")
    return [dict(zip(columns, row, strict=True)) for row in _DEAD_LETTERS(session, limit=limit).fetchall()]


def forget_done(session: Session, *, limit: int, before: datetime, runs_before: datetime | None = None) -> int:
    """Delete up to ``limit`` handled messages closed before the moment; until then their ids keep duplicates out. What
    the clock asked for is kept until ``runs_before``, for a person wants to see how it went."""
    runs = before if runs_before is None else runs_before
    return _FORGET_DONE(session, before=before.timestamp(), runs=runs.timestamp(), limit=limit).rowcount


def forget_dead(session: Session, *, limit: int, before: datetime) -> int:
    """Delete up to ``limit`` dead letters that nobody has put back since before the moment."""
    return _FORGET_DEAD(session, before=before.timestamp(), limit=limit).rowcount


def empty(session: Session, row: int, body: dict[str, Any]) -> None:
    """Keep of a secret letter only that there was one; put back by hand, it has expired."""
    kept = {name: value for name, value in body.items() if name not in _WORDS}
    left = kept | {"text": "—", "secret": False, "expires_at": body["created_at"]}
    _EMPTY(session, row=row, body=json.dumps(left, ensure_ascii=False))


def _tell(session: Session, on_dead: OnDead, message: Message, reason: str, now: datetime) -> None:
    """A listener that fails loses its own changes only: a letter nobody can mourn must not hold up the queue."""
    try:
        with session.begin_nested():
            session.connection()  # sets the savepoint now: statements go past the session
            on_dead(session, message, reason, now)
    except Exception as error:
        if is_outage(error, session):
            raise
        _log.exception("nobody could be told that message %s died: %s", message.id, reason)


def _lease(session: Session, policy: Policy, token: str, at: float, claimed: tuple[str, int, float]) -> Lease | None:
    """The lease of a claimed lane, or None when nothing in it has lived."""
    key, attempts, first_at = claimed
    lease = Lease(policy.queue, key, token, attempts, first_at, at + policy.lease)
    lease.messages = _living(session, policy, lease, at)
    if lease.messages:
        return lease
    _DROP_LANE(session, queue=policy.queue, key=key)
    return None


def _living(session: Session, policy: Policy, lease: Lease, at: float) -> list[Message]:
    """The lane's next batch, after burying what has outlived its time; after a failure one message alone, so that
    a message which cannot be handled takes no other with it."""
    limit = 1 if lease.attempts else policy.batch
    living: list[Message] = []
    while not living:
        rows = _BATCH(session, queue=lease.queue, key=lease.key, limit=limit).fetchall()
        if not rows:
            break
        expired: list[Message] = []
        for number, id, body, created_at, rank, expires_at in rows:
            message = Message(number, id, lease.key, json.loads(body), created_at, rank)
            (expired if expires_at is not None and expires_at <= at else living).append(message)
        if expired:
            bury(session, policy, expired, "expired", now=datetime.fromtimestamp(at, UTC))
    return living


def _close(
    session: Session,
    messages: Sequence[Message],
    state: int,
    now: datetime,
    *,
    error: str | None = None,
    result: str | None = None,
) -> None:
    at = now.timestamp()
    for message in messages:
        _CLOSE(session, row=message.row, state=state, now=at, error=error, result=result)
        if message.body.get("secret"):
            empty(session, message.row, message.body)


def _fence(session: Session, lease: Lease) -> None:
    if _UNLEASE(session, **_owner(lease)).rowcount < 1:
        raise LeaseLost(lease.key)


def _release(session: Session, lease: Lease) -> None:
    """Drop the lane when nothing is left in it, or let it be worked again. The lane is locked already (``_fence``), so
    what is published meanwhile waits or is seen."""
    lane = {"queue": lease.queue, "key": lease.key}
    if _DROP_EMPTY_LANE(session, **lane).rowcount < 1:
        first_at, first_due, last_due, rank = _REST(session, **lane).fetchone()
        _RESUME(session, **lane, first=first_at, due=first_due, last=last_due, rank=rank)
        _wake(session, lease.queue)
    lease.settled = True


def _owner(lease: Lease) -> dict[str, Any]:
    return {"queue": lease.queue, "key": lease.key, "token": lease.token}


def _wake(session: Session, queue: str) -> None:
    session.info.setdefault("woken", set()).add(queue)


_INSERT_SQL = """
    insert into queue_messages (queue, key, msg_id, body, rank, state, created_at, due_at, expires_at)
    values (:queue, :key, :id, :body, :rank, 0, :now, :due, :expires)
    on conflict (queue, msg_id) do nothing"""
_PUSH_SQL = """
    insert into queue_lanes (queue, key, ready_at, first_at, cap, rank, lot, lease_until, not_before, attempts)
    {lane}
    on conflict (queue, key) do update set
        ready_at = case
            when excluded.cap is null then least(queue_lanes.ready_at, excluded.ready_at)
            else least(excluded.ready_at, queue_lanes.first_at + excluded.cap) end,
        cap = excluded.cap,
        rank = least(queue_lanes.rank, excluded.rank),
        lot = coalesce(queue_lanes.lot, excluded.lot)"""
_INSERT = Statement(_INSERT_SQL)
_PUSH = Statement(_PUSH_SQL.format(lane="values (:queue, :key, :due, :now, :cap, :rank, :lot, 0, 0, 0)"))
_ADDED = """
    select :queue, :key, :due, :now, cast(:cap as double precision), :rank, :lot, 0, 0, 0 from added"""
_INSERT_AND_PUSH = Statement(f"with added as ({_INSERT_SQL} returning 1) {_PUSH_SQL.format(lane=_ADDED)}")

_LENGTH = Statement("select count(*) from queue_messages where queue = :queue and state = 0")

_DUE = "ready_at <= :now and not_before <= :now and lease_until <= :now"

_CLAIM = Statement(f"""
    update queue_lanes set lease_until = :until, token = :token
    where queue = :queue and key in (
        select key from queue_lanes where queue = :queue and {_DUE} order by rank, ready_at limit :limit
        for update skip locked)
    returning key, attempts, first_at""")  # noqa: S608

_HOLD_LOT = Statement("select pg_try_advisory_xact_lock(hashtextextended(:lot, 0))")

_CLAIM_LOT = Statement(f"""
    update queue_lanes set lease_until = :until, token = :token
    where queue = :queue
        and key in (
            select key from queue_lanes where queue = :queue and lot = :lot and {_DUE} order by rank, ready_at
            limit least(:limit, greatest(0, :abreast - (
                select count(*) from queue_lanes
                where queue = :queue and lot = :lot and lease_until > 0 and lease_until > :now)))
            for update skip locked)
    returning key, attempts, first_at""")  # noqa: S608

_BATCH = Statement("""
    select id, msg_id, body, created_at, rank, expires_at from queue_messages
    where queue = :queue and key = :key and state = 0 order by rank, id limit :limit""")

_WAITING = Statement("""
    select id, msg_id, key, body, created_at, rank from queue_messages
    where queue = :queue and state = 0 order by id limit 500""")

_CLOSE = Statement(
    """update queue_messages set state = :state, done_at = :now, error = :error, result = :result
    where id = :row and state = 0"""
)

_EMPTY = Statement("update queue_messages set body = :body where id = :row")

_UNLEASE = Statement("""
    update queue_lanes set lease_until = 0, token = null, attempts = 0, not_before = 0
    where queue = :queue and key = :key and token = :token""")

_REST = Statement("""
    select min(created_at), min(due_at), max(due_at), min(rank) from queue_messages
    where queue = :queue and key = :key and state = 0""")

_RESUME = Statement("""
    update queue_lanes set first_at = :first, rank = :rank, ready_at = case
        when cap is null then :due else least(:last, :first + cap) end
    where queue = :queue and key = :key""")

_DROP_EMPTY_LANE = Statement("""
    delete from queue_lanes
    where queue = :queue and key = :key
        and not exists (select 1 from queue_messages where queue = :queue and key = :key and state = 0)""")

_DROP_LANE = Statement("delete from queue_lanes where queue = :queue and key = :key")

_HOLD = Statement("""
    update queue_lanes set lease_until = 0, token = null, attempts = :attempts, not_before = :not_before
    where queue = :queue and key = :key and token = :token""")

_HURRY = Statement("update queue_lanes set not_before = 0 where queue = :queue and key = :key")

_NOTE_ERROR = Statement("update queue_messages set error = :error where id = :row and state = 0")

_RENEW = Statement("update queue_lanes set lease_until = :until where queue = :queue and key = :key and token = :token")

_NEXT_DUE = Statement("""
    select min(greatest(ready_at, not_before, lease_until)) from queue_lanes
    where queue = :queue and (token is null or token <> :token)""")

_LOT_BUSY_UNTIL = Statement("""
    select count(*), min(lease_until) from queue_lanes
    where queue = :queue and lot = :lot and lease_until > 0 and lease_until > :now""")

_LOT_DUE = Statement("""
    select min(greatest(ready_at, not_before, lease_until)) from queue_lanes where queue = :queue and lot = :lot""")

_OVERDUE = Statement("""
    select queue, min(greatest(ready_at, not_before, lease_until)) from queue_lanes
    where lease_until <= :now and greatest(ready_at, not_before, lease_until) < :before
    group by queue order by queue""")

_FREE = Statement("update queue_lanes set lease_until = 0, token = null where queue = :queue")

_DEPTH = Statement("select queue, state, count(*) from queue_messages group by queue, state")

_NEWEST = Statement("""
    select (select max(id) from queue_messages),
        (select max(done_at) from queue_messages where state <> 0 and state = 1),
        (select count(*) from queue_messages where state <> 0 and state = 2)""")

_DEAD_ROWS = Statement("""
    select id, key, rank, body from queue_messages
    where queue = :queue and state <> 0 and state = 2 and (cast(:row as bigint) is null or id = :row) order by id""")

_REVIVE = Statement("""
    update queue_messages
    set state = 0, error = null, done_at = null, created_at = :now, expires_at = :expires, due_at = :now
    where id = :row""")

_DISMISS = Statement("""
    delete from queue_messages where id = :row and queue = :queue and state <> 0 and state = 2""")

_DEAD_LETTERS = Statement("""
    select id, queue, key, msg_id, body, error, done_at from queue_messages
    where state <> 0 and state = 2 order by done_at desc limit :limit""")

_DIED_SINCE = Statement("""
    select queue, count(*) from queue_messages
    where state <> 0 and state = 2 and done_at >= :since and msg_id not like 'alert:%' group by queue""")

_FORGET_DONE = Statement("""
    delete from queue_messages where id in (
        select id from queue_messages
        where state <> 0 and state = 1 and done_at < :before and (done_at < :runs or msg_id not like 'cron:%')
        order by done_at limit :limit)""")

_FORGET_DEAD = Statement("""
    delete from queue_messages where id in (
        select id from queue_messages
        where state <> 0 and state = 2 and done_at < :before order by done_at limit :limit)""")
