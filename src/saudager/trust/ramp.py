"""Which topics the salesperson answers by itself, and how a topic earns that: by measured agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from saudager import attention
from saudager.attention import Why
from saudager.db.statements import Statement, insert_into
from saudager.errors import NotFound
from saudager.operators import audit
from saudager.trust.likeness import AGREED
from saudager.trust.models import Draft, Mode, State, TopicMode
from saudager.trust.topics import Topic

LEAST_DECIDED = 20
LEAST_SHARE = 0.8
"""What the share of agreed drafts must surely exceed, by the lower end of its 95 % interval."""
BY_ITSELF = "ramp"
"""Who changed a topic's mode when agreement did."""

_Z = 1.96
_FURTHEST = 500


@dataclass(frozen=True, slots=True)
class Record:
    """A topic and how its drafts have fared since its mode was last changed; ``agreed`` of ``decided`` counted.

    ``bound`` is the lower end of the interval of their share, ``more`` how many further drafts in a row must be agreed
    to before the topic is automatic.
    """

    topic: Topic
    mode: Mode
    ramp: bool
    changed_at: datetime | None
    changed_by: str | None
    sent: int
    edited: int
    rejected: int
    person_wrote: int
    agreed: int
    decided: int

    @property
    def share(self) -> float:
        return self.agreed / self.decided if self.decided else 0.0

    @property
    def bound(self) -> float:
        return lower_bound(self.agreed, self.decided)

    @property
    def more(self) -> int:
        return more_needed(self.agreed, self.decided)


def drafted(session: Session, topics: Sequence[Topic]) -> Topic | None:
    """The first of the topics that a person answers for; None when the salesperson may speak by itself."""
    held = {row[0] for row in _DRAFTED(session).fetchall()}
    return next((topic for topic in topics if topic in held), None)


def set_mode(session: Session, topic: Topic, mode: Mode, *, ramp: bool, by: str, now: datetime) -> None:
    """Answer a topic this way from now on; ``ramp`` lets agreement make it automatic."""
    _SET(session, name=topic, mode=mode, ramp=ramp, changed_at=now, changed_by=by)
    seen(session, topic, now=now)


def set_all(session: Session, mode: Mode, *, by: str, now: datetime) -> None:
    """Every topic at once; drafts climb the ramp again."""
    for topic in Topic:
        set_mode(session, topic, mode, ramp=mode is Mode.DRAFT, by=by, now=now)


def news(session: Session) -> frozenset[str]:
    """The topics that became automatic by themselves and nobody has looked at."""
    return frozenset(row[0].partition(":")[2] for row in _NEWS(session, kind=Why.TRUSTED).fetchall())


def seen(session: Session, topic: Topic, *, now: datetime) -> None:
    """Somebody has looked at what the topic came to."""
    attention.settle(session, Why.TRUSTED, f"topic:{topic}", now=now)


def named(name: str) -> Topic:
    """The topic of this name; raises NotFound when there is none."""
    if name not in list(Topic):
        raise NotFound(f"Темы «{name}» нет.")
    return Topic(name)


def records(session: Session) -> list[Record]:
    """Every topic, in the order of the list."""
    modes = {row.name: row for row in session.scalars(select(TopicMode))}
    counted = {row.topic: row for row in session.execute(_COUNTED)}
    return [_record(topic, modes.get(topic), counted.get(topic)) for topic in Topic]


def consider(session: Session, topic: str, *, now: datetime) -> bool:
    """Make the topic automatic when its drafts have earned it; whether that was so."""
    record = next(one for one in records(session) if one.topic == topic)
    if record.mode is not Mode.DRAFT or not record.ramp or record.more > 0:
        return False
    set_mode(session, record.topic, Mode.AUTOMATIC, ramp=False, by=BY_ITSELF, now=now)
    earned = f"Согласны с {record.agreed} черновиками из {record.decided}: на эту тему продавец теперь отвечает сам."
    attention.ask(session, Why.TRUSTED, f"topic:{topic}", earned, now=now)
    audit.note(
        session,
        operator_id=None,
        who="продавец",
        action="trust.earned",
        about=f"topic:{topic}",
        details={"agreed": record.agreed, "decided": record.decided},
        now=now,
    )
    return True


def lower_bound(agreed: int, decided: int) -> float:
    """The lower end of Wilson's 95 % interval of a share."""
    if not decided:
        return 0.0
    share, square = agreed / decided, _Z * _Z
    middle = share + square / (2 * decided)
    spread = _Z * sqrt(share * (1 - share) / decided + square / (4 * decided * decided))
    return max(0.0, (middle - spread) / (1 + square / decided))


def more_needed(agreed: int, decided: int) -> int:
    """How many drafts agreed to in a row make the topic automatic; 0 when it is earned."""
    return next(
        more
        for more in range(_FURTHEST + 1)
        if more == _FURTHEST
        or (decided + more >= LEAST_DECIDED and lower_bound(agreed + more, decided + more) >= LEAST_SHARE)
    )


def _record(topic: Topic, mode: TopicMode | None, counted: object | None) -> Record:
    counts = {name: getattr(counted, name, 0) or 0 for name in _COUNTS}
    return Record(
        topic=topic,
        mode=Mode(mode.mode) if mode else Mode.AUTOMATIC,
        ramp=mode.ramp if mode else False,
        changed_at=mode.changed_at if mode else None,
        changed_by=mode.changed_by if mode else None,
        **counts,
    )


_COUNTS = {
    "sent": Draft.state == State.SENT,
    "edited": Draft.state == State.EDITED,
    "rejected": Draft.state == State.REJECTED,
    "person_wrote": Draft.state == State.PERSON_WROTE,
    "agreed": Draft.agreement >= AGREED,
    "decided": Draft.agreement.is_not(None),
}
_COUNTED = (
    select(Draft.topic, *(func.count(case((condition, 1))).label(name) for name, condition in _COUNTS.items()))
    .join(TopicMode, TopicMode.name == Draft.topic)
    .where(Draft.made_at >= TopicMode.changed_at)
    .group_by(Draft.topic)
)
_NEWS = Statement("select about from attention where kind = :kind and settled is null")
_DRAFTED = Statement("select name from topics where mode = 'draft'")
_SET = insert_into(
    "topics",
    ("name", "mode", "ramp", "changed_at", "changed_by"),
    """on conflict (name) do update set mode = excluded.mode, ramp = excluded.ramp,
        changed_at = excluded.changed_at, changed_by = excluded.changed_by""",
)
