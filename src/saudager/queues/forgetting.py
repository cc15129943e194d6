"""Letters that name a person, found wherever they lie in the queues, and forgotten."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.db.threads import Database
from saudager.queues import table
from saudager.queues.table import DONE, WAITING

_AT_ONCE = 2000
_SHORTEST = 6
"""A name of fewer signs would be found in anything."""


async def forget_letters(db: Database, names: Sequence[str], ids: Sequence[str], *, before: datetime) -> None:
    """Forget what was published before the moment to or from one of ``names`` (numbers, chats), what has an id that
    begins like one of ``ids``, and of handled letters also those that only mention him.

    In transactions of two thousand letters at most. What is handled keeps its id, which keeps duplicates out, unless
    the id itself names him.
    """
    known = [name for name in names if len(name) >= _SHORTEST]
    after: int | None = 0
    while after is not None:
        found, after = await db.read(_naming, known, tuple(ids), before=before, after=after)
        if found:
            await db.run(_forget, found, known)
    await db.run(_drop_empty_lanes, known)


def forget_secrets(session: Session, *, now: datetime) -> int:
    """Empty the letters that hold a secret and wait still though its life is over; how many."""
    late = 0
    for row, written in _SECRETS(session, packed='%"secret":true%', spaced='%"secret": true%').fetchall():
        body = json.loads(written)
        if datetime.fromisoformat(body["expires_at"]) <= now:
            table.empty(session, row, body)
            late += 1
    return late


def forget_ids(session: Session, queue: str, ids: Sequence[str]) -> None:
    """Delete letters of a queue by their ids, whatever has become of them."""
    for id in ids:
        _DELETE_ID(session, queue=queue, id=id)


def _naming(
    session: Session, names: Sequence[str], ids: tuple[str, ...], *, before: datetime, after: int
) -> tuple[list[int], int | None]:
    """Rows among the next letters, and the row to go on after; None when there are no more."""
    rows = _LETTERS(session, after=after, before=before.timestamp(), limit=_AT_ONCE).fetchall()
    found = [row for row, *letter in rows if _names_him(names, ids, *letter)]
    return found, rows[-1][0] if len(rows) == _AT_ONCE else None


def _forget(session: Session, rows: Sequence[int], names: Sequence[str]) -> None:
    for row in rows:
        state, id = _LETTER(session, row=row).fetchone() or (WAITING, "")
        is_kept = state == DONE and not any(name in id for name in names)
        (_EMPTY if is_kept else _DELETE)(session, row=row)


def _drop_empty_lanes(session: Session, chats: Sequence[str]) -> None:
    """A lane is named after its chat: with nothing left in it, it goes at once."""
    for queue, key in _LANES(session).fetchall():
        if any(chat in key for chat in chats):
            _DROP(session, queue=queue, key=key)


def _names_him(names: Sequence[str], ids: tuple[str, ...], state: int, id: str, key: str, body: str) -> bool:
    if id.startswith(ids):
        return True
    if state != WAITING:
        return any(name in text for name in names for text in (body, id, key))
    return key.partition("|")[2] in names or not _addresses(json.loads(body)).isdisjoint(names)


def _addresses(body: dict[str, Any]) -> set[str | None]:
    """Whom a letter is to or from, by mail too; one that waits for its hour is wrapped in another."""
    letter: dict[str, Any] = body.get("outgoing", body)
    return {letter.get("chat"), letter.get("phone_number"), letter.get("recipient")}


_SECRETS = Statement("""
    select id, body from queue_messages
    where queue in ('outgoing_mail', 'outgoing_mail.out') and state = 0
        and (body like :packed or body like :spaced)""")
_LETTERS = Statement("""
    select id, state, msg_id, key, body from queue_messages
    where id > :after and created_at <= :before order by id limit :limit""")
_LETTER = Statement("select state, msg_id from queue_messages where id = :row")
_EMPTY = Statement("""
    update queue_messages set body = '{}', key = 'forgotten', result = null, error = null, progress = null
    where id = :row""")
_DELETE = Statement("delete from queue_messages where id = :row")
_DELETE_ID = Statement("delete from queue_messages where queue = :queue and msg_id = :id")
_LANES = Statement("select queue, key from queue_lanes")
_DROP = Statement("""
    delete from queue_lanes where queue = :queue and key = :key and not exists (
        select 1 from queue_messages where queue = :queue and key = :key and state = 0)""")
