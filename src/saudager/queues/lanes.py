"""Work the lanes of the queues: claim what is due, hand it to the room that handles it, keep its lease alive."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.clock import Clock, MovableClock, begin_errand
from saudager.db.threads import Database
from saudager.errors import DatabaseFault, LeaseLost, SaudagerError
from saudager.queues import table
from saudager.queues.table import Lease, Message, Policy

Errand = Callable[[Lease], Awaitable[None]]
Plain = Callable[[Session, Message], None]
OpenLots = Callable[[Session, datetime], tuple[list[str], datetime | None]]

_log = logging.getLogger(__name__)
_LANES_AT_ONCE = 50
_AFTER_A_FAULT = timedelta(seconds=1)


def _one() -> int:
    return 1


@dataclass(slots=True)
class _Worker:
    """One queue's consumer in this process."""

    policy: Policy
    errand: Errand | None = None
    plain: Plain | None = None
    open_lots: OpenLots | None = None
    abreast: Callable[[], int] = _one
    concurrency: int = 100
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    live: dict[asyncio.Task[Any], Lease] = field(default_factory=dict)
    resting_until: datetime | None = None
    resting: bool = False
    crowded: bool = False
    """Every place is taken, so lanes may be waiting that no claim has looked for."""
    followed: set[tuple[str, str]] = field(default_factory=set)
    """Leases, by lane and token, behind whose end a claim was already asked for."""


class Queues:
    """The consumers of one process over one database."""

    def __init__(self, db: Database, clock: Clock, *, poll: float | None = None) -> None:
        """``poll``: how often, in real seconds, to look for what other processes published; None: nobody else does."""
        self._db = db
        self._clock = clock
        self.alone = poll is None
        self._poll = poll
        self._workers: dict[str, _Worker] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._keeper: asyncio.Task[None] | None = None
        self._keepers_nap: asyncio.Task[None] | None = None
        self._stopping = False
        db.on_commit(self._wake)

    def consume(
        self,
        policy: Policy,
        errand: Errand,
        *,
        concurrency: int = 100,
        open_lots: OpenLots | None = None,
        abreast: Callable[[], int] = _one,
    ) -> None:
        """Hand each due lane to an async errand, which settles the lease in its own last transaction.

        An errand that returns without settling has its messages finished; one that raises has them retried or buried.
        ``open_lots`` names, inside the claim, the lots that may be worked now and the moment the next one opens;
        ``abreast`` says how many lanes of one lot are worked at once.
        """
        self._add(_Worker(policy, errand=errand, concurrency=concurrency, open_lots=open_lots, abreast=abreast))

    def consume_plain(self, policy: Policy, handle: Plain) -> None:
        """Handle messages by a plain function in the claiming transaction itself, many lanes in one commit."""
        self._add(_Worker(policy, plain=handle))

    def _add(self, worker: _Worker) -> None:
        self._workers[worker.policy.queue] = worker

    def consumes(self, queue: str) -> bool:
        return queue in self._workers

    def start(self) -> None:
        """Begin working every queue consumed so far."""
        for worker in self._workers.values():
            self._loops.append(asyncio.create_task(self._serve(worker), name=f"queue {worker.policy.queue}"))

    async def stop(self, *, patience: float = 20) -> None:
        """Take nothing new, let running errands end for ``patience`` seconds, give back what is left."""
        self._stopping = True
        for worker in self._workers.values():
            worker.wake.set()
        await asyncio.gather(
            *self._loops
        )  # a claim under way still leases lanes, which somebody must work or give back
        running = [task for worker in self._workers.values() for task in worker.live]
        if running:
            await asyncio.wait(running, timeout=patience)
        rest = [task for worker in self._workers.values() for task in worker.live]
        keeper = [self._keeper] if self._keeper else []
        for task in [*rest, *keeper]:
            task.cancel()
        await asyncio.gather(*rest, *keeper, return_exceptions=True)

    def settled(self) -> bool:
        """Nothing is due and nothing runs, except errands that wait for the clock: only then may a clock be moved."""
        if self._db.pending:
            return False
        return all(self._is_settled(worker) for worker in self._workers.values())

    def _is_settled(self, worker: _Worker) -> bool:
        if not worker.resting or worker.wake.is_set():
            return False
        if worker.resting_until is not None and worker.resting_until <= self._clock.now():
            return False
        if not isinstance(self._clock, MovableClock):
            return not worker.live
        return all(self._clock.is_asleep(task) for task in worker.live)

    def look_behind(self, lease: Lease) -> None:
        """Claim right behind the transaction that ends this lease: a lot's next lane need not wait for its commit.

        Where several transactions run at once nothing is sure to come behind; there the lease's end is waited for.
        """
        if not self._db.in_order:
            return
        self._workers[lease.queue].followed.add((lease.key, lease.token))
        self._wake({lease.queue})

    def _wake(self, queues: set[str]) -> None:
        for queue in queues & self._workers.keys():
            self._workers[queue].wake.set()

    async def _serve(self, worker: _Worker) -> None:
        while not self._stopping:
            worker.wake.clear()
            try:
                due = await self._work(worker)
            except SaudagerError as error:
                _log.warning("queue %s: %s", worker.policy.queue, error)
                due = self._clock.now() + _AFTER_A_FAULT
            except Exception:
                _log.exception("queue %s", worker.policy.queue)
                due = self._clock.now() + _AFTER_A_FAULT
            await self._rest(worker, due)

    async def _work(self, worker: _Worker) -> datetime | None:
        """Start what is due; returns when to look again, or None to wait for news."""
        if worker.plain is not None:
            return await self._work_plain(worker, worker.plain)
        free = worker.concurrency - len(worker.live)
        worker.crowded = free <= 0
        if worker.crowded:
            return None
        now = self._clock.now()
        overdue = [lease for lease in worker.live.values() if not lease.settled and lease.until <= now.timestamp()]
        leases, due = await self._db.run(_claim, worker, limit=free, now=now, overdue=overdue)
        worker.crowded = len(leases) == free
        for lease in leases:
            task = asyncio.create_task(self._handle(worker, lease), name=f"{lease.queue} {lease.key}")
            worker.live[task] = lease
            task.add_done_callback(lambda done, worker=worker: self._ended(worker, done))  # type: ignore[misc]
        if leases and (self._keeper is None or self._keeper.done()):
            self._keeper = asyncio.create_task(self._keep_leases(), name="lease keeper")
        return due

    async def _work_plain(self, worker: _Worker, handle: Plain) -> datetime | None:
        now = self._clock.now()
        try:
            return await self._db.run(_handle_all, worker, handle, now=now)
        except LeaseLost:
            return now
        except SaudagerError:
            raise
        except Exception as error:
            _log.warning(
                "queue %s: one of the messages failed (%r); taking them one by one", worker.policy.queue, error
            )
        leases, due = await self._db.run(_claim, worker, limit=_LANES_AT_ONCE, now=now)
        for lease in leases:
            try:
                await self._db.run(_handle_lease, lease, handle, now=now)
            except LeaseLost:
                continue
            except Exception as error:
                _log.exception("queue %s, lane %s", lease.queue, lease.key)
                await self._note_failure(worker.policy, lease, error)
        return self._clock.now() if leases else due

    async def _rest(self, worker: _Worker, due: datetime | None) -> None:
        """Wait for news, for the moment the next lane is due, or for the poll."""
        if worker.wake.is_set() or self._stopping:
            return
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(worker.wake.wait())]
        if due is not None:
            waits.append(asyncio.create_task(self._clock.sleep_until(due)))
        worker.resting, worker.resting_until = True, due
        try:
            await asyncio.wait(waits, timeout=self._poll, return_when=asyncio.FIRST_COMPLETED)
        finally:
            worker.resting = False
            for wait in waits:
                wait.cancel()

    async def _handle(self, worker: _Worker, lease: Lease) -> None:
        assert worker.errand is not None
        begin_errand()
        try:
            await worker.errand(lease)
            if not lease.settled:
                await self._db.run(table.finish, lease, now=self._clock.now())
        except LeaseLost:
            _log.info("queue %s, lane %s: another worker has it now", lease.queue, lease.key)
        except asyncio.CancelledError:
            await asyncio.shield(self._db.run(_let_go, lease))
            raise
        except Exception as error:
            level = logging.WARNING if isinstance(error, SaudagerError) else logging.ERROR
            _log.log(level, "queue %s, lane %s: %r", lease.queue, lease.key, error, exc_info=level == logging.ERROR)
            await self._note_failure(worker.policy, lease, error)

    async def _note_failure(self, policy: Policy, lease: Lease, error: Exception) -> None:
        now = self._clock.now()
        try:
            if isinstance(error, DatabaseFault):  # not the messages' fault: no attempt is counted
                await self._db.run(table.put_back, lease, until=now + timedelta(seconds=policy.backoff))
            else:
                await self._db.run(table.fail, policy, lease, repr(error), now=now)
        except Exception as again:  # the lease runs out by itself and the lane is worked again
            _log.warning("queue %s, lane %s: could not note the failure: %r", lease.queue, lease.key, again)

    def _ended(self, worker: _Worker, task: asyncio.Task[Any]) -> None:
        """Look for more when that became possible by this end: there was no room, or the lane's lot was busy."""
        lease = worker.live.pop(task)
        followed = (lease.key, lease.token) in worker.followed
        worker.followed.discard((lease.key, lease.token))
        is_lot_free = worker.open_lots is not None and not followed and self._is_half_free(worker, lease.lot)
        if worker.crowded or is_lot_free or not lease.settled:
            worker.wake.set()
        if self._keepers_nap is not None and not self._is_busy():
            self._keepers_nap.cancel()

    def _is_busy(self) -> bool:
        return any(worker.live for worker in self._workers.values())

    def _is_half_free(self, worker: _Worker, lot: str | None) -> bool:
        """Where many lanes of a lot are worked at once, one claim serves half of them."""
        return 2 * sum(lease.lot == lot for lease in worker.live.values()) <= worker.abreast()

    async def _keep_leases(self) -> None:
        """Prolong the leases of slow errands while there are any; with the last of them the nap between is over."""
        shortest = min(worker.policy.lease for worker in self._workers.values() if worker.errand is not None)
        while self._is_busy():
            nap = self._clock.sleep_until(self._clock.now() + timedelta(seconds=shortest / 3))
            self._keepers_nap = asyncio.create_task(nap)
            try:
                await asyncio.wait([self._keepers_nap])
            finally:
                self._keepers_nap.cancel()
            if self._keepers_nap.cancelled():
                continue
            for worker in self._workers.values():
                mine = [lease for lease in worker.live.values() if not lease.settled]
                if mine:
                    until = self._clock.now() + timedelta(seconds=worker.policy.lease)
                    try:
                        await self._db.run(table.renew, mine, until=until)
                    except Exception as error:
                        _log.warning("queue %s: could not prolong leases: %r", worker.policy.queue, error)


def _claim(
    session: Session, worker: _Worker, *, limit: int, now: datetime, overdue: Sequence[Lease] = ()
) -> tuple[list[Lease], datetime | None]:
    """The lanes to work now and when to look again. ``overdue``: leases of errands that run here and whose time went
    by while this process was asleep; they are prolonged, or it would claim its own lanes a second time.
    """
    queue = worker.policy.queue
    table.renew(session, overdue, until=now + timedelta(seconds=worker.policy.lease))
    lots, opens = (None, None) if worker.open_lots is None else worker.open_lots(session, now)
    abreast = worker.abreast()
    leases = table.claim(session, worker.policy, limit=limit, now=now, open_lots=lots, abreast=abreast)
    if len(leases) == limit:
        return leases, None
    if lots is None:
        due = table.next_due(session, queue, but=leases)  # whoever works them looks again when he cannot settle them
    else:
        moments = [table.next_due_of_lot(session, queue, lot, now=now, abreast=abreast) for lot in lots]
        moments.append(None if opens is None else opens.timestamp())
        due = min((at for at in moments if at is not None), default=None)
    return leases, None if due is None else _not_before(due)


def _not_before(at: float) -> datetime:
    """The first moment a clock can show (microseconds) at which ``at`` has come."""
    moment = datetime.fromtimestamp(at, UTC)
    return moment if moment.timestamp() >= at else moment + timedelta(microseconds=1)


def _handle_all(session: Session, worker: _Worker, handle: Plain, *, now: datetime) -> datetime | None:
    leases, due = _claim(session, worker, limit=_LANES_AT_ONCE, now=now)
    for lease in leases:
        _handle_lease(session, lease, handle, now=now)
    return now if len(leases) == _LANES_AT_ONCE else due


def _handle_lease(session: Session, lease: Lease, handle: Plain, *, now: datetime) -> None:
    for message in lease.messages:
        handle(session, message)
    table.finish(session, lease, now=now)


def _let_go(session: Session, lease: Lease) -> None:
    if not lease.settled:
        with contextlib.suppress(LeaseLost):
            table.put_back(session, lease)
