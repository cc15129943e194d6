"""What has changed in each account since the last sweep, whether it was told of or not.

A sweep asks for what was changed since a while before the last one began, so that clocks may differ and what was being
stored then is met. Rows that are gone are listed nowhere: of those we know, the ones we have not read for longest are
asked for by their numbers, some with each sweep.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import connections, paging, reading, tokens, trouble
from saudager.crm.connections import SWEEP
from saudager.crm.models import CrmConnection, CrmContact, CrmLead
from saudager.crm.paging import Place
from saudager.crm.reading import AT_ONCE, Reader
from saudager.db.statements import Statement, moment
from saudager.errors import ConfigurationError, DatabaseFault, LeaseLost, NotFound, OutsideError, Refused
from saudager.providers.crm import Entity
from saudager.queues import tasks

_log = logging.getLogger(__name__)
_MARGIN = timedelta(minutes=5)
_DESCRIBED_EVERY = timedelta(hours=6)
_READ_AGAIN_AFTER = timedelta(days=1)
_READ_AGAIN = {CrmLead: 2 * AT_ONCE, CrmContact: AT_ONCE}
"""How many rows that told no news are read again with each sweep."""


def next_due(session: Session) -> datetime | None:
    """When the next account is to be swept."""
    return moment(_NEXT_DUE(session).fetchone()[0])


async def crm_sweep(app: App, task_id: str) -> dict[str, int]:
    """Sweep every account that is due, all at once, for each keeps a pace of its own, and ask for the next sweep; the
    failure of one is noted with it and stops no other."""
    due = await app.db.read(_due, now=app.clock.now())
    swept = await asyncio.gather(*(sweep(app, one, owner=task_id) for one in due), return_exceptions=True)
    await app.db.run(_ask_for_next, now=app.clock.now())
    for failed in swept:
        if isinstance(failed, BaseException):
            raise failed
    return {"accounts": len(due), "swept": sum(done is True for done in swept)}


async def sweep(app: App, connection_id: int, *, owner: str) -> bool:
    """Sweep one account; False when another reads it or it could not be read. One that was never read to its end is
    read on instead."""
    try:
        connection = await app.db.read(connections.one, connection_id)
        if not await app.db.run(reading.claim, connection_id, owner, now=app.clock.now()):
            return False
        if connection.synced_at is None:
            await app.db.run(_read_on, connection_id, owner, now=app.clock.now())
            return False
        await tokens.keep_fresh(app, connection_id)
        async with connections.at_work(app, connection_id, even_paused=True) as crm:
            await _sweep(Reader(app, connection_id, crm, owner), connection)
        return True
    except DatabaseFault:
        raise
    except (OutsideError, ConfigurationError) as error:
        _log.warning("CRM account %s: %s", connection_id, error)
        await app.db.run(reading.went_wrong, connection_id, owner, error, now=app.clock.now())
    except (LeaseLost, NotFound, Refused) as error:  # another reads it, or it was disconnected meanwhile
        _log.info("CRM account %s: %s", connection_id, error)
    return False


async def _sweep(reader: Reader, connection: CrmConnection) -> None:
    app, began = reader.app, reader.app.clock.now()
    if connection.described_at is None or began - connection.described_at > _DESCRIBED_EVERY:
        await reader.described()
    since = (connection.swept_until or connection.connected_at) - _MARGIN
    entities: tuple[Entity, ...] = ("contacts", "leads")
    for entity in entities:
        place: Place | None = Place(since)
        while place is not None:
            place = paging.following(place, await reader.page(entity, place))
    await reader.contacts(await app.db.read(_unread, CrmContact, connection.id, now=began))
    await reader.leads(await app.db.read(_unread, CrmLead, connection.id, now=began))
    await app.db.run(_done, reader, began)


def _done(session: Session, reader: Reader, began: datetime) -> None:
    reader.hold_turn(session)
    now = reader.app.clock.now()
    session.get_one(CrmConnection, reader.connection_id).swept_until = began
    trouble.is_well(session, reader.connection_id, now=now)
    assert reader.owner is not None
    reading.release(session, reader.connection_id, reader.owner, due=now + reading.LOOK_EVERY)


def _read_on(session: Session, connection_id: int, owner: str, *, now: datetime) -> None:
    """Unless the task that reads it is there still, under the same name."""
    reading.release(session, connection_id, owner, due=now + reading.LOOK_EVERY)
    connections.read_all(session, connection_id, due=now, now=now)


def _unread(
    session: Session, table: type[CrmLead] | type[CrmContact], connection_id: int, *, now: datetime
) -> list[int]:
    """Numbers of the rows that have not been read for longest, leads that are closed last."""
    found = select(table.vendor_id).where(
        table.connection_id == connection_id,
        table.is_deleted.is_(False),
        table.read_at <= now - _READ_AGAIN_AFTER,
    )
    order = (CrmLead.closed_at.is_not(None), table.read_at) if table is CrmLead else (table.read_at,)
    return list(session.scalars(found.order_by(*order).limit(_READ_AGAIN[table])))


def _ask_for_next(session: Session, *, now: datetime) -> None:
    """Named as ``schedule.keep_due`` does, so that one of the two asks."""
    due = next_due(session)
    if due is not None and due > now:
        tasks.enqueue(session, SWEEP, task_id=f"due:{SWEEP}:{due:%Y-%m-%dT%H:%MZ}", now=now, due=due)


def _due(session: Session, *, now: datetime) -> list[int]:
    return [row[0] for row in _DUE(session, now=now).fetchall()]


_NEXT_DUE = Statement("""
    select min(coalesce(read_until, connected_at)) from crm_connections where disconnected_at is null""")
_DUE = Statement("""
    select id from crm_connections where disconnected_at is null and coalesce(read_until, connected_at) <= :now
    order by id""")
