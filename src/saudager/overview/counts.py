"""What waits for a person, and how long customers wait, in numbers for whoever watches the service."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.attention import Why
from saudager.db.statements import Statement
from saudager.overview import day

Family = tuple[str, str, tuple[str, ...], Mapping[tuple[str, ...], float]]
"""A name, what it says, the names of its labels, and each value by those of the labels."""

_LAST = timedelta(hours=1)
_QUANTILES = (0.5, 0.95)
_ON_DESK = Statement("select kind, count(*) from attention where settled is null group by kind")
_CASES = Statement("select count(*) from cases where closed_at is null and owner is null")


def families(session: Session, now: datetime) -> Sequence[Family]:
    """The desk by kind, conversations nobody has come to, and the waits of the turns answered in the last hour."""
    desk = {(str(kind),): 0.0 for kind in Why}
    desk |= {(kind,): float(count) for kind, count in _ON_DESK(session).fetchall()}
    waits = day.waits(session, since=now - _LAST, until=now)
    seconds = {(str(share),): wait for share in _QUANTILES if (wait := day.quantile(waits, share)) is not None}
    return [
        ("desk_entries", "What waits for a person on the page Сегодня", ("kind",), desk),
        ("cases_waiting", "Conversations handed over that nobody has taken", (), {(): day.number(session, _CASES)}),
        ("answer_seconds", "From a customer's line to its answer, last hour", ("quantile",), seconds),
        ("turns_answered_last_hour", "Turns answered in the last hour", (), {(): float(len(waits))}),
    ]
