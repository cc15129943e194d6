"""Letters that name a person, found wherever they lie in the queues, and forgotten."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.queues.table import WAITING

_AT_ONCE = 2000


def naming(
    session: Session, names: Sequence[str], ids: tuple[str, ...], *, before: datetime, after: int
) -> tuple[list[int], int | None]:
    """Among the next two thousand letters, rows that name him; and the row to go on after, None when there are no more.

    Of the letters published before the moment it is those to or from one of ``names`` (numbers and chats), those whose
    id begins with one of ``ids``, and of handled ones also those that only mention him.
    """
    rows = _LETTERS(session, after=after, before=before.timestamp(), limit=_AT_ONCE).fetchall()
    found = [row for row, *letter in rows if _names_him(names, ids, *letter)]
    return found, rows[-1][0] if len(rows) == _AT_ONCE else None


def forget(session: Session, rows: Sequence[int]) -> None:
    """Delete these letters, handled or not."""
    for row in rows:
        _FORGET(session, row=row)


def drop_empty_lanes(session: Session, lanes: Sequence[str]) -> None:
    """A lane is named after its chat: with nothing left in it, it goes at once."""
    for key in lanes:
        _DROP(session, key=key)


def _names_him(names: Sequence[str], ids: tuple[str, ...], state: int, id: str, key: str, body: str) -> bool:
    if id.startswith(ids):
        return True
    if state != WAITING:
        return any(name in text for name in names for text in (body, id, key))
    return not set(names).isdisjoint(_addresses(json.loads(body))) or key.partition("|")[2] in names


def _addresses(body: dict[str, Any]) -> set[Any]:
    """Whom a letter is to or from; one to a person may be wrapped in another."""
    letter = body.get("outgoing", body)
    return {letter.get("chat"), letter.get("phone_number")} if isinstance(letter, dict) else set()


_LETTERS = Statement("""
    select id, state, msg_id, key, body from queue_messages
    where id > :after and created_at <= :before order by id limit :limit""")
_FORGET = Statement("delete from queue_messages where id = :row")
_DROP = Statement("""
    delete from queue_lanes where key = :key and not exists (
        select 1 from queue_messages m
        where m.queue = queue_lanes.queue and m.key = queue_lanes.key and m.state = 0)""")
