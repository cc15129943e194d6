"""Whose turn it is: the customer's lines that wait for us, and how each turn was closed."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.conversations import lines
from saudager.conversations.models import Message, Outcome
from saudager.db.statements import Statement, insert_into


def unanswered(session: Session, conversation_id: int) -> Sequence[Message]:
    """The customer's lines that belong to no turn yet, oldest first.

    Until the transaction ends nobody else adds a line to the conversation or closes one, so that what is decided from
    these lines stays true.
    """
    _HOLD(session, conversation=conversation_id)
    return lines.read(_UNANSWERED(session, conversation=conversation_id).fetchall())


def open_in(session: Session) -> list[int]:
    """The conversations in which a customer's lines belong to no turn yet."""
    return [id for (id,) in _OPEN_IN(session).fetchall()]


def close(
    session: Session,
    closed: Sequence[Message],
    outcome: Outcome,
    *,
    now: datetime,
    reason: str | None = None,
    trace: dict[str, Any] | None = None,
) -> int:
    """Close the turn of these lines (at least one, of one conversation) and return its id."""
    turn: int = _OPEN(
        session,
        conversation_id=closed[0].conversation_id,
        outcome=outcome,
        reason=reason,
        opened_at=min(line.received_at for line in closed),
        closed_at=now,
        trace=json.dumps(trace or {}, ensure_ascii=False),
    ).fetchone()[0]
    for line in closed:
        _CLOSE(session, turn=turn, line=line.id)
    return turn


_HOLD = Statement("select id from conversations where id = :conversation for update")
_UNANSWERED = Statement(f"""
    select {lines.COLUMNS} from messages
    where conversation_id = :conversation and turn_id is null and author = 'customer' and not history
    order by id""")  # noqa: S608
_OPEN_IN = Statement("""
    select distinct conversation_id from messages
    where turn_id is null and author = 'customer' and not history order by conversation_id""")
_OPEN = insert_into(
    "turns", ("conversation_id", "outcome", "reason", "opened_at", "closed_at", "trace"), "returning id"
)
_CLOSE = Statement("update messages set turn_id = :turn where id = :line")
