"""An account is read for the first time: all that describes it, its contacts, then its leads.

How far it is is stored with every page, so that whoever goes on after a stop reads one page again at most. What changes
while it is being read is met by the first sweep, which begins from the moment this reading began.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.crm import connecting, connections, joining, mirror, paging, reading, trouble
from saudager.crm.connections import SYNC
from saudager.crm.mirror import Taken
from saudager.crm.models import CrmConnection
from saudager.crm.reading import Reader
from saudager.errors import ConfigurationError, DatabaseFault, LeaseLost, NotFound, OutsideError, Refused
from saudager.providers.crm import Entity, Page
from saudager.queues import tasks

_log = logging.getLogger(__name__)
PARTS = ("description", "contacts", "people", "leads")
"""In this order: who shares a phone with whom is known once all contacts are read, and leads name their contacts."""
DONE = "done"
_SAYS = {
    "description": "воронки и поля",
    "contacts": "контакты: {contacts}",
    "people": "кто есть кто: {people} из {contacts}",
    "leads": "сделки: {leads}",
}
Progress = dict[str, Any]
__all__ = ["DONE", "PARTS", "SYNC", "sync_pipelines", "words"]


async def sync_pipelines(app: App, task_id: str, connection_id: int) -> Progress | None:
    """Read a connected account, from where it was left; how much of everything there is, None when it was cut off."""
    try:
        connection = await app.db.read(connections.one, connection_id)
    except (NotFound, Refused):  # disconnected meanwhile
        return None
    if connection.synced_at is not None:
        return connection.progress
    now = app.clock.now()
    if not await app.db.run(reading.claim, connection_id, task_id, now=now):
        await app.db.run(connections.read_all, connection_id, due=now + timedelta(minutes=1), now=now)
        return None
    try:
        async with connections.at_work(app, connection_id, even_paused=True) as crm:
            is_first = connections.is_first_reading(connection)
            reader = Reader(app, connection_id, crm, task_id, is_first=is_first)
            return await _read(reader, task_id)
    except DatabaseFault:
        raise
    except (OutsideError, ConfigurationError) as error:
        _log.warning("CRM account %s: %s", connection_id, error)
        await app.db.run(_go_on_later, connection_id, task_id, error, now=app.clock.now())
    except (LeaseLost, Refused) as error:  # another reads it, or it was disconnected meanwhile
        _log.info("CRM account %s: %s", connection_id, error)
    return None


def words(progress: Mapping[str, Any]) -> str:
    """``контакты: 1 200``"""
    if progress["part"] == DONE:
        return f"контакты: {_grouped(progress['contacts'])}, сделки: {_grouped(progress['leads'])}"
    counted = {name: _grouped(progress.get(name, 0)) for name in PARTS}
    return _SAYS[progress["part"]].format(**counted)


async def _read(reader: Reader, task_id: str) -> Progress:
    app, connection_id = reader.app, reader.connection_id
    progress = await app.db.run(_begin, connection_id, now=app.clock.now())
    if progress["part"] == "description":
        counts = await reader.described()
        await connecting.subscribe(app, connection_id)
        progress = await app.db.run(_move_on, reader, task_id, counts)
    if progress["part"] == "contacts":
        progress = await _list(reader, "contacts", task_id, progress)
    while progress["part"] == "people":
        progress = await app.db.run(_join_some, reader, task_id)
    progress = await _list(reader, "leads", task_id, progress)
    await app.db.run(_done, reader, task_id, now=app.clock.now())
    return progress


async def _list(reader: Reader, entity: Entity, task_id: str, progress: Progress) -> Progress:
    place: paging.Place | None = paging.from_json(progress.get("place"))
    stored = progress

    def moved_on(before: paging.Place, session: Session, page: Page[Any], taken: Taken) -> None:
        nonlocal stored
        following = paging.following(before, page)
        counts: dict[str, int] = {entity: _progress(session, reader.connection_id).get(entity, 0) + taken.added}
        if following is None:
            stored = _move_on(session, reader, task_id, counts)
        else:
            stored = _keep(session, reader, task_id, {**counts, "place": paging.as_json(following)})

    while place is not None:
        page = await reader.page(entity, place, also=partial(moved_on, place))
        place = paging.following(place, page)
    return stored


def _begin(session: Session, connection_id: int, *, now: datetime) -> Progress:
    connection = connections.one(session, connection_id)
    if connection.progress is None:
        connection.progress = {"part": PARTS[0], "began": now.isoformat()}
    return connection.progress


def _join_some(session: Session, reader: Reader, task_id: str) -> Progress:
    progress = _progress(session, reader.connection_id)
    after, joined = joining.meet_next(
        session, reader.connection_id, after=progress.get("joined", 0), now=reader.app.clock.now()
    )
    counts = {"people": progress.get("people", 0) + joined}
    if after is None:
        return _move_on(session, reader, task_id, counts)
    return _keep(session, reader, task_id, counts | {"joined": after})


def _move_on(session: Session, reader: Reader, task_id: str, counts: Mapping[str, int]) -> Progress:
    """To the next part, from its beginning."""
    part = _progress(session, reader.connection_id)["part"]
    following = (*PARTS, DONE)[PARTS.index(part) + 1]
    return _keep(session, reader, task_id, {**counts, "part": following, "place": None})


def _keep(session: Session, reader: Reader, task_id: str, changes: Mapping[str, Any]) -> Progress:
    reader.hold_turn(session)
    connection = session.get_one(CrmConnection, reader.connection_id)
    connection.progress = progress = {**(connection.progress or {}), **changes}
    tasks.report_progress(session, task_id, words(progress))
    return progress


def _progress(session: Session, connection_id: int) -> Progress:
    return dict(session.get_one(CrmConnection, connection_id).progress or {})


def _done(session: Session, reader: Reader, task_id: str, *, now: datetime) -> None:
    """All is read; the first sweep begins at once."""
    reader.hold_turn(session)
    mirror.hold(session, reader.connection_id)
    connection = session.get_one(CrmConnection, reader.connection_id)
    connection.synced_at = now
    connection.swept_until = datetime.fromisoformat(_progress(session, reader.connection_id)["began"])
    trouble.is_well(session, reader.connection_id, now=now)
    reading.release(session, reader.connection_id, task_id, due=now)
    tasks.enqueue(session, connections.SWEEP, task_id=f"{connections.SWEEP}:{task_id}", now=now)


def _go_on_later(
    session: Session, connection_id: int, task_id: str, error: OutsideError | ConfigurationError, *, now: datetime
) -> None:
    due = reading.went_wrong(session, connection_id, task_id, error, now=now)
    connections.read_all(session, connection_id, due=due, now=now)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")
