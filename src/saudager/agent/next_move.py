"""What the salesperson will do next in a conversation, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from saudager.conversations import handover
from saudager.db.statements import Statement


@dataclass(frozen=True, slots=True)
class Next:
    """``state`` is idle, waiting, thinking, retrying or silent; ``at`` is when, ``lines`` how many are unanswered."""

    state: str
    at: datetime | None = None
    lines: int = 0


def next_move(session: Session, conversation_id: int, *, now: datetime) -> Next:
    """What happens next if nobody writes."""
    lines = _UNANSWERED(session, conversation=conversation_id).fetchone()[0]
    if (until := handover.silent_until(session, conversation_id, now=now)) is not None:
        return Next("silent", until, lines)
    lane = _LANE(session, key=str(conversation_id)).fetchone()
    if lane is None:
        return Next("idle")
    ready_at, not_before, lease_until = lane
    if lease_until > now.timestamp():
        return Next("thinking", None, lines)
    state = "retrying" if not_before > ready_at else "waiting"
    return Next(state, datetime.fromtimestamp(max(ready_at, not_before), UTC), lines)


_LANE = Statement("select ready_at, not_before, lease_until from queue_lanes where queue = 'turns' and key = :key")
_UNANSWERED = Statement("""
    select count(*) from messages
    where conversation_id = :conversation and turn_id is null and author = 'customer' and not history""")
