"""One pace for all who ask an account of a CRM, whatever process they are in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.statements import Statement, insert_into, moment

_LONGEST_REST = timedelta(minutes=10)
"""What stands further ahead was stored by a clock that has been set back since."""


@asynccontextmanager
async def turn(app: App, connection_id: int, per_second: float) -> AsyncIterator[None]:
    """Wait for the next turn to send one request there."""
    gap = timedelta(seconds=1 / per_second)
    await app.clock.sleep_until(await app.db.run(_take, connection_id, gap, now=app.clock.now()))
    yield


def begin(session: Session, connection_id: int, *, now: datetime) -> None:
    """A new account may be asked at once."""
    _BEGIN(session, connection_id=connection_id, next_at=now)


def rest(session: Session, connection_id: int, *, until: datetime, now: datetime) -> None:
    """The CRM asks for patience: nobody asks it anything until then."""
    next_at = moment(_HOLD(session, connection=connection_id).fetchone()[0])
    assert next_at is not None
    _KEEP(session, connection=connection_id, next_at=max(next_at, min(until, now + _LONGEST_REST)))


def _take(session: Session, connection_id: int, gap: timedelta, *, now: datetime) -> datetime:
    next_at = moment(_HOLD(session, connection=connection_id).fetchone()[0])
    assert next_at is not None
    mine = now if next_at > now + _LONGEST_REST else max(now, next_at)
    _KEEP(session, connection=connection_id, next_at=mine + gap)
    return mine


_BEGIN = insert_into("crm_pace", ("connection_id", "next_at"), "on conflict (connection_id) do nothing")
_HOLD = Statement("select next_at from crm_pace where connection_id = :connection for update")
_KEEP = Statement("update crm_pace set next_at = :next_at where connection_id = :connection")
