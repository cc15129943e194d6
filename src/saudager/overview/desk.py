"""A person's desk with faces: everything that waits for somebody, and whose conversation it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment

MOST = 200
"""So many are shown, the oldest first; who has more on the desk begins with these."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing on the desk; of a conversation, with its contact."""

    id: int
    kind: str
    about: str
    reason: str
    since: datetime
    conversation_id: int | None
    contact_id: int | None
    name: str | None
    phone: str | None


def waiting(session: Session) -> Sequence[Waiting]:
    """What is on the desk, oldest first."""
    return [_waiting(*row) for row in _WAITING(session, most=MOST).fetchall()]


def mark(session: Session) -> str:
    """Changes with what is on the desk."""
    return "-".join(str(part) for part in _MARK(session).fetchone())


def _waiting(
    id: int,
    kind: str,
    about: str,
    reason: str,
    since: object,
    conversation: int | None,
    contact: int | None,
    name: str | None,
    phone: str | None,
) -> Waiting:
    at = moment(since)
    assert at is not None
    return Waiting(id, kind, about, reason, at, conversation, contact, name, phone)


_WAITING = Statement("""
    select a.id, a.kind, a.about, a.reason, a.since, c.id, k.id, coalesce(k.name, k.full_name, k.business_name),
        k.phone_number
    from (select * from attention where settled is null order by since, id limit :most) a
    left join conversations c
        on c.id = case when a.about like 'conversation:%' then cast(substr(a.about, 14) as bigint) end
    left join contacts k on k.id = c.contact_id
    order by a.since, a.id""")
_MARK = Statement("""
    select (select max(id) from attention), (select max(settled) from attention where settled is not null),
        (select count(*) from attention where settled is null)""")
