"""A person's desk with faces: everything that waits for somebody, and whose conversation it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment


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
    of_kind: int
    """How many of its kind there are."""


def waiting(session: Session, *, most: int) -> Sequence[Waiting]:
    """What is on the desk, oldest first; of a kind, the ``most`` that have waited longest."""
    return [_waiting(*row) for row in _WAITING(session, most=most).fetchall()]


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
    of_kind: int,
) -> Waiting:
    at = moment(since)
    assert at is not None
    return Waiting(id, kind, about, reason, at, conversation, contact, name, phone, of_kind)


_WAITING = Statement("""
    select a.id, a.kind, a.about, a.reason, a.since, c.id, k.id, coalesce(k.name, k.full_name, k.business_name,
            case when substr(c.account, 1, 5) = 'mail:' then c.chat end),
        k.phone_number, a.of_kind
    from (
        select attention.*, count(*) over (partition by kind) as of_kind,
            row_number() over (partition by kind order by since, id) as place
        from attention where settled is null) a
    left join conversations c
        on c.id = case when a.about like 'conversation:%' then cast(substr(a.about, 14) as bigint) end
    left join contacts k on k.id = c.contact_id
    where a.place <= :most order by a.since, a.id""")
_MARK = Statement("""
    select (select max(id) from attention), (select max(settled) from attention where settled is not null),
        (select count(*) from attention where settled is null)""")
