"""A database in which nothing stays: to see what would be done without doing it."""

from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from saudager.db.threads import Database

P = ParamSpec("P")
T = TypeVar("T")


class _TakenBack(Exception):
    """Ends the transaction and carries what came of it."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Unkept:
    """Runs plain functions as ``Database`` does, each in a transaction that is taken back. What was run before is run
    again first, so that a later function finds what an earlier one wrote."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._before: list[Callable[[Session], Any]] = []

    async def run(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = await self.read(function, *args, **kwargs)
        self._before.append(lambda session: function(session, *args, **kwargs))
        return result

    async def read(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            await self._db.run(partial(self._do, lambda session: function(session, *args, **kwargs)))
        except _TakenBack as done:
            result: T = done.result
            return result
        raise AssertionError("it was kept")

    def _do(self, work: Callable[[Session], Any], session: Session) -> None:
        for earlier in self._before:
            earlier(session)
            session.flush()
        raise _TakenBack(work(session))
