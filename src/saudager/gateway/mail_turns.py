"""Letters of a mailbox leave one after another: what became of one is stored together with the leave of the next."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.orm import Session

from saudager.db.threads import Database

T = TypeVar("T")
Record = Callable[[Session], None]


class Turn:
    """Whose turn it is in one mailbox of this process. However it ends, one letter at most was on its way."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._left: list[tuple[Record, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Ours until the block ends."""
        self._waiting += 1
        try:
            await self._lock.acquire()
        except asyncio.CancelledError:
            self._store()
            raise
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._lock.release()
            if not self._waiting:
                self._store()

    def leave(self, record: Record) -> "asyncio.Future[None]":
        """Have it stored with what the next one begins with, or at once when none waits; await it after the turn."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._left.append((record, stored))
        return stored

    async def begin(self, work: Callable[[Session], T]) -> T:
        """Run a transaction that stores what the one before left, too."""
        left, self._left = self._left, []
        if not left:
            return await self._db.run(work)
        try:
            result = await self._db.run(_together, [record for record, _ in left], work)
        except Exception:  # one of them cannot be stored: each alone
            await asyncio.gather(*(self._alone(record, stored) for record, stored in left))
            return await self._db.run(work)
        for _, stored in left:
            _tell(stored, None)
        return result

    def _store(self) -> None:
        left, self._left = self._left, []
        for record, stored in left:
            self._db.run(record).add_done_callback(lambda done, stored=stored: _answer(done, stored))  # type: ignore[misc]

    async def _alone(self, record: Record, stored: "asyncio.Future[None]") -> None:
        try:
            await self._db.run(record)
        except Exception as error:
            _tell(stored, error)
        else:
            _tell(stored, None)


def _answer(done: "asyncio.Future[None]", stored: "asyncio.Future[None]") -> None:
    if done.cancelled():
        stored.cancel()
    else:
        error = done.exception()
        _tell(stored, error)


def _tell(stored: "asyncio.Future[None]", error: BaseException | None) -> None:
    if stored.done():
        return
    if error is None:
        stored.set_result(None)
    else:
        stored.set_exception(error)


def _together(session: Session, records: Sequence[Record], work: Callable[[Session], T]) -> T:
    for record in records:
        record(session)
    return work(session)
