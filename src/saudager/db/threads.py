"""Run plain functions as transactions in database threads: writers as the kind of database wants them, and readers."""

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from saudager.errors import DatabaseFault

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
_READERS = 2
_TRIES = 8


class Kind(Protocol):
    """What differs between SQLite and PostgreSQL: ``db/sqlite.py`` and ``db/postgresql.py`` are the two."""

    WRITERS: int
    """Threads that write at once."""
    GROUP: int
    """The most transactions committed as one."""
    BEGIN: str
    BEGIN_READ: str
    """Empty: reading needs no transaction."""
    IS_SERVER: bool
    """Whether every statement is a round trip to another process."""
    LOCK_SCHEMA: tuple[str, ...]
    """Statements that open the transaction in which the schema is changed; another process waits until it is over."""
    PROBE: str
    """A statement that fails on what is no such database."""

    def prepare(self, url: str) -> None: ...

    def connect(self, url: str, *, read_only: bool = False) -> Engine: ...

    def is_in_transaction(self, driver: Any) -> bool: ...

    def is_outage(self, error: BaseException | None) -> bool: ...

    def is_conflict(self, error: BaseException | None) -> bool: ...


def kind_of(url: str) -> Kind:
    """The kind of database an address names."""
    name = "sqlite" if url.startswith("sqlite:") else "postgresql"
    kind: Kind = import_module(f"saudager.db.{name}")
    return kind


class _Job:
    """One transaction somebody awaits."""

    __slots__ = ("error", "future", "loop", "result", "tries", "woken", "work")

    def __init__(
        self, work: Callable[[Session], Any], loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self.tries = 0
        self.woken: set[str] = set()


class Database:
    """``await db.run(function, …)`` runs ``function(session, …)`` as one durable transaction.

    The function must be plain: it touches only the session and its arguments, because on a conflict it may run twice.
    It raises whatever the function raises, and DatabaseFault when the database could not be written (locked, disk
    full): then nothing of the transaction is stored. Objects it returns are detached.
    """

    def __init__(self, url: str, *, wired: frozenset[str] = frozenset()) -> None:
        """``wired`` is what sessions tell of as ``session.info["wired"]``: the queues that leave by a wire."""
        self.url = url
        self._wired = wired
        self._on_commit: list[Callable[[set[str]], None]] = []
        self._writes: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pending = 0
        self._kind = kind_of(url)
        self._kind.prepare(url)
        self._engine = self._kind.connect(url)
        self._reader_engine = self._kind.connect(url, read_only=True)
        self._threads = [
            *(threading.Thread(target=self._write, name=f"db-writer-{i}", daemon=True) for i in self._writers),
            *(threading.Thread(target=self._read, name=f"db-reader-{i}", daemon=True) for i in range(_READERS)),
        ]
        self._started = False
        self._closed = False

    @property
    def _writers(self) -> range:
        return range(self._kind.WRITERS)

    @property
    def in_order(self) -> bool:
        """Whether transactions are stored in the order they were asked for, and on this machine alone."""
        return self._kind.WRITERS == 1

    @property
    def pending(self) -> int:
        """Transactions asked for and not answered yet."""
        return self._pending

    def on_commit(self, listener: Callable[[set[str]], None]) -> None:
        """Call the listener in the event loop with what a committed transaction put into ``session.info["woken"]``."""
        self._on_commit.append(listener)

    def run(
        self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "asyncio.Future[T]":
        return self._submit(self._writes, lambda session: function(session, *args, **kwargs))

    def read(
        self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> "asyncio.Future[T]":
        """The same on a read-only connection: never waits for a writer, cannot write."""
        return self._submit(self._reads, lambda session: function(session, *args, **kwargs))

    async def close(self) -> None:
        """Finish what is queued, then end the threads; whoever asks for more gets a RuntimeError."""
        self._closed = True
        if self._started:
            for _ in self._writers:
                self._writes.put(None)
            for _ in range(_READERS):
                self._reads.put(None)
            for thread in self._threads:
                await asyncio.to_thread(thread.join)
        self._engine.dispose()
        self._reader_engine.dispose()

    def _submit(self, jobs: "queue.SimpleQueue[_Job | None]", work: Callable[[Session], Any]) -> "asyncio.Future[Any]":
        if self._closed:
            raise RuntimeError("the database is closed")
        if not self._started:
            self._started = True
            for thread in self._threads:
                thread.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._pending += 1
        jobs.put(_Job(work, loop, future))
        return future

    def _write(self) -> None:
        with _Worker(self._engine, self._kind, self._wired, begin=self._kind.BEGIN) as worker:
            while (job := self._writes.get()) is not None:
                group = [job]
                closing = False
                while len(group) < self._kind.GROUP:
                    with contextlib.suppress(queue.Empty):
                        following = self._writes.get_nowait()
                        if following is not None:
                            group.append(following)
                            continue
                        closing = True
                    break
                worker.run(group)
                self._answer(group)
                if closing:
                    return

    def _read(self) -> None:
        with _Worker(self._reader_engine, self._kind, self._wired, begin=self._kind.BEGIN_READ) as worker:
            while (job := self._reads.get()) is not None:
                worker.run([job])
                self._answer([job])

    def _answer(self, group: list[_Job]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed while we worked: nobody waits any more
            group[0].loop.call_soon_threadsafe(self._resolve, group)

    def _resolve(self, group: list[_Job]) -> None:
        woken: set[str] = set()
        for job in group:
            self._pending -= 1
            if job.error is None:
                woken |= job.woken
            if not job.future.done():
                if job.error is not None:
                    job.future.set_exception(job.error)
                else:
                    job.future.set_result(job.result)
        if woken:
            for listener in self._on_commit:
                listener(woken)


class _Worker:
    """A thread's one connection and session. Transactions are begun and ended on the driver itself, because going
    through the pool and the session for each costs more than the transaction."""

    def __init__(self, engine: Engine, kind: Kind, wired: frozenset[str], *, begin: str) -> None:
        self._engine = engine
        self._wired = wired
        self._kind = kind
        self._begin = begin
        self._opened: tuple[Connection, Session] | None = None

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def run(self, group: list[_Job]) -> None:
        """Run the jobs in one transaction; one that fails is taken out and the others run again without it.

        What only met another transaction is run again from the start. Raises nothing: an error belongs to a job, or to
        all of them, and the thread serves the next ones.
        """
        while group:
            failed = None
            try:
                session = self._open()
                driver = session.info["driver"]
                if self._begin:
                    driver.execute(self._begin)
                for index, job in enumerate(group):
                    failed = index
                    _do(session, job)
                failed = None
                if self._begin:
                    driver.execute("commit")
                return
            except BaseException as error:
                self._undo()
                if self._may_try_again(error, group):
                    continue
                if failed is None:
                    for job in group:
                        job.error = _as_ours(error, self._kind)
                    return
                group[failed].error = _as_ours(error, self._kind)
                before, group = group[:failed], group[failed + 1 :]
                if before:
                    self.run(before)

    def _may_try_again(self, error: BaseException, group: list[_Job]) -> bool:
        if not self._kind.is_conflict(_cause(error)):
            return False
        for job in group:
            job.tries += 1
        return max(job.tries for job in group) < _TRIES

    def _open(self) -> Session:
        if self._opened is None:
            connection = self._engine.connect()
            session = Session(connection, expire_on_commit=False)
            session.info["driver"] = connection.connection.driver_connection
            session.info["kind"] = self._kind
            session.info["wired"] = self._wired
            self._opened = connection, session
        return self._opened[1]

    def _undo(self) -> None:
        """Take back what was done; a connection that cannot do even that is replaced."""
        if self._opened is None:
            return
        _, session = self._opened
        try:
            session.expunge_all()
            session.rollback()
            if self._kind.is_in_transaction(session.info["driver"]):
                session.info["driver"].execute("rollback")
        except Exception as error:
            _log.error("a database connection is lost: %r", error)
            self._close()

    def _close(self) -> None:
        if self._opened is not None:
            connection, session = self._opened
            self._opened = None
            connection.invalidate()
            session.close()
            connection.close()


def _do(session: Session, job: _Job) -> None:
    session.info["woken"] = job.woken = set()
    job.result = job.work(session)
    if session.new or session.dirty or session.deleted:
        session.flush()
    session.expunge_all()


def is_outage(error: BaseException, session: Session) -> bool:
    """Whether the database itself could not go on (locked, disk full, gone), or met another transaction: either way
    nothing of the transaction holds."""
    kind: Kind = session.info["kind"]
    return kind.is_outage(_cause(error)) or kind.is_conflict(_cause(error))


def _cause(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error


def _as_ours(error: BaseException, kind: Kind) -> BaseException:
    cause = _cause(error)
    if kind.is_outage(cause) or kind.is_conflict(cause):
        return DatabaseFault(f"the database could not do it: {cause}")
    if isinstance(error, StopIteration):  # a future refuses to carry it
        return RuntimeError("a function run in the database let a StopIteration out")
    return error


def connect(url: str, *, read_only: bool = False) -> Engine:
    """An engine without transactions of its own, on a durable database."""
    return kind_of(url).connect(url, read_only=read_only)
