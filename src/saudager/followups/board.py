"""The chains as a person sees and steers them: by touch, held, ended; paused, let go on, stopped, taken up again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact
from saudager.db.statements import Statement
from saudager.errors import Refused
from saudager.followups.models import FollowUp
from saudager.followups.plan import PAUSED, TASK
from saudager.followups.rules import Stop, moment_of
from saudager.queues import tasks

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The next touch of a chain that is paused until a person lets it go on."""
TOUCHES = range(1, 6)
MOST_AT_ONCE = 500
COUNTED = 1000
"""No count goes beyond it."""

_OPEN: ColumnElement[bool] = literal_column("not follow_ups.is_completed")
_DONE: ColumnElement[bool] = literal_column("follow_ups.is_completed")
_PAUSED: ColumnElement[bool] = literal_column("follow_ups.held_reason = 'paused'")
_HELD: ColumnElement[bool] = literal_column("follow_ups.held_reason <> 'paused'")
"""Written as the indexes have it: SQLite takes a partial index only for the very words of its condition."""

_PAUSE_DUE = Statement("""
    update follow_ups set held_reason = :paused, next_touch_at = :for_ever, note = :note
    where not is_completed and next_touch_at <= :now""")

View = Literal["running", "held", "paused", "done"]


@dataclass(frozen=True, slots=True)
class Card:
    """A chain with its contact; ``who`` is his name, else his number, else None."""

    id: int
    contact_id: int
    conversation_id: int
    who: str | None
    phone: str | None
    touch_number: int
    since: datetime
    last_touch_at: datetime | None
    next_touch_at: datetime
    held_reason: str | None
    note: str | None
    stop_reason: str | None
    completed_at: datetime | None

    @property
    def is_paused(self) -> bool:
        return self.held_reason == PAUSED

    @property
    def is_paused_for_ever(self) -> bool:
        return self.is_paused and self.next_touch_at == FOR_EVER


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of a list, and the key of the part that follows; None at its end."""

    cards: list[Card]
    next: str | None


def listed(
    session: Session,
    view: View,
    *,
    touch: int | None = None,
    outcome: str | None = None,
    contact_id: int | None = None,
    after: str | None = None,
    limit: int = 20,
) -> Listed:
    """The chains that run (soonest first), are held by a rule, paused by a person, or done (latest first).

    ``touch`` narrows those that are not done to the touch that comes next, ``outcome`` those that are to how they
    ended, ``contact_id`` both; ``after`` is the ``next`` of the part before. Raises Refused for a key that is none.
    """
    moment: SQLColumnExpression[Any]
    if view == "done":
        moment, latest_first = FollowUp.completed_at, True
        found = _cards(_DONE)
        found = found.where(FollowUp.stop_reason == outcome) if outcome else found
    else:
        moment, latest_first = FollowUp.next_touch_at, False
        found = _cards(_OPEN, *_held(view))
        found = found.where(FollowUp.touch_number == touch) if touch else found
    if contact_id is not None:
        found = found.where(FollowUp.contact_id == contact_id)
    if after is not None:
        found = found.where(_beyond(moment, *_key(after), latest_first=latest_first))
    order = (moment.desc(), FollowUp.id.desc()) if latest_first else (moment, FollowUp.id)
    rows = [Card(*row) for row in session.execute(found.order_by(*order).limit(limit + 1))]
    cards, more = rows[:limit], len(rows) > limit
    if not more:
        return Listed(cards, None)
    at = cards[-1].completed_at if latest_first else cards[-1].next_touch_at
    assert at is not None
    return Listed(cards, f"{at.astimezone(UTC).isoformat()}~{cards[-1].id}")


def counts(session: Session) -> dict[str, int]:
    """``{"1": 12, …, "5": 0, "held": 3, "paused": 1}``: open chains by touch, held and paused; 1000 stands for more."""
    wanted = {str(touch): [FollowUp.touch_number == touch] for touch in TOUCHES}
    wanted |= {"held": _held("held"), "paused": _held("paused")}
    few = {name: select(FollowUp.id).where(_OPEN, *which).limit(COUNTED).subquery() for name, which in wanted.items()}
    row = session.execute(
        select(*(select(func.count()).select_from(some).scalar_subquery() for some in few.values()))
    ).one()
    return dict(zip(few, row, strict=True))


def mark(session: Session) -> str:
    """Changes whenever a chain is moved, held, ended or begun."""
    newest = select(func.max(FollowUp.id)).scalar_subquery()
    soonest = select(func.min(FollowUp.next_touch_at)).where(_OPEN).scalar_subquery()
    ended = select(func.max(FollowUp.completed_at)).where(_DONE).scalar_subquery()
    paused = select(func.count()).select_from(FollowUp).where(_OPEN, *_held("paused")).scalar_subquery()
    return "|".join(str(part) for part in session.execute(select(newest, soonest, ended, paused)).one())


def pause(
    session: Session, chains: Sequence[int], *, until: datetime | None = None, note: str = "", now: datetime
) -> list[int]:
    """Hold the chains until the moment, or until a person lets them go on; gives back those that were open.

    A customer who writes ends his chain as ever; our next answer begins a new one, which is not paused. Raises Refused
    when the moment has passed or none of the chains is open.
    """
    if until is not None and until <= now:
        raise Refused("Выберите время в будущем: пауза до этого времени уже прошла.")
    taken = _taken(session, chains)
    for chain in taken:
        chain.held_reason, chain.next_touch_at, chain.note = PAUSED, until or FOR_EVER, note.strip() or None
    _wake(session, taken, now=now)
    return [chain.id for chain in taken]


def pause_due(session: Session, *, note: str, now: datetime) -> int:
    """Hold every touch that is due until a person lets it go on; how many."""
    return _PAUSE_DUE(session, paused=PAUSED, for_ever=FOR_EVER, note=note, now=now).rowcount


def go_on(session: Session, chains: Sequence[int], intervals: Sequence[float], *, now: datetime) -> list[int]:
    """Let paused chains go on: the next touch is due when it would have been, or at once when that has passed.

    Gives back those that were paused; raises Refused when none of them was.
    """
    taken = [chain for chain in _taken(session, chains) if chain.held_reason == PAUSED]
    if not taken:
        raise Refused("Эти касания не на паузе. Обновите страницу.")
    for chain in taken:
        chain.held_reason = chain.note = None
        chain.next_touch_at = _due(chain, intervals, now=now)
    _wake(session, taken, now=now)
    return [chain.id for chain in taken]


def stop(session: Session, chains: Sequence[int], *, note: str = "", now: datetime) -> list[int]:
    """End the chains because a person says so; gives back those that were open. Raises Refused when none was."""
    taken = _taken(session, chains)
    for chain in taken:
        chain.is_completed, chain.completed_at = True, now
        chain.stop_reason, chain.note = Stop.BY_PERSON, note.strip() or None
    return [chain.id for chain in taken]


def reopen(session: Session, chains: Sequence[int], intervals: Sequence[float], *, now: datetime) -> list[int]:
    """Take up again what a person stopped, unless the contact has a newer chain; gives back those taken up.

    Raises Refused when none of them can be.
    """
    stopped = session.scalars(
        select(FollowUp)
        .where(FollowUp.id.in_(chains[:MOST_AT_ONCE]), FollowUp.stop_reason == Stop.BY_PERSON)
        .with_for_update()
    ).all()
    running = set(
        session.scalars(
            select(FollowUp.contact_id).where(FollowUp.contact_id.in_([chain.contact_id for chain in stopped]), _OPEN)
        )
    )
    taken = []
    for chain in stopped:
        if chain.contact_id in running:
            continue
        running.add(chain.contact_id)
        chain.is_completed, chain.completed_at, chain.stop_reason, chain.note = False, None, None, None
        chain.held_reason = None
        chain.next_touch_at = _due(chain, intervals, now=now)
        taken.append(chain)
    if not taken:
        raise Refused("Эти касания уже не продолжить: клиенту с тех пор ответили, или их остановил не человек.")
    _wake(session, taken, now=now)
    return [chain.id for chain in taken]


def _taken(session: Session, chains: Sequence[int]) -> Sequence[FollowUp]:
    """The open ones of the chains, which nobody else moves until the transaction ends."""
    if len(chains) > MOST_AT_ONCE:
        raise Refused(f"За один раз можно изменить не больше {MOST_AT_ONCE} касаний.")
    found = session.scalars(
        select(FollowUp).where(FollowUp.id.in_(chains), _OPEN).order_by(FollowUp.id).with_for_update()
    ).all()
    if not found:
        raise Refused("Эти касания уже завершены. Обновите страницу.")
    return found


def _due(chain: FollowUp, intervals: Sequence[float], *, now: datetime) -> datetime:
    touch = min(chain.touch_number, len(intervals))
    return max(moment_of(touch, intervals, anchor=chain.anchor_at, last=chain.last_touch_at), now)


def _wake(session: Session, chains: Iterable[FollowUp], *, now: datetime) -> None:
    """Have what is due sooner than anybody looks worked at its moment."""
    chain = min(chains, key=lambda one: one.next_touch_at)
    if chain.next_touch_at < FOR_EVER:
        task_id = f"{TASK}:{chain.id}:{now.isoformat()}"
        tasks.enqueue(session, TASK, task_id=task_id, now=now, due=chain.next_touch_at)


def _cards(*which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    chain = FollowUp
    columns = (
        chain.id, chain.contact_id, chain.conversation_id,
        func.coalesce(Contact.name, Contact.full_name, Contact.business_name), Contact.phone_number,
        chain.touch_number, chain.anchor_at, chain.last_touch_at, chain.next_touch_at, chain.held_reason, chain.note,
        chain.stop_reason, chain.completed_at,
    )  # fmt: skip
    return select(*columns).join(Contact, Contact.id == chain.contact_id).where(*which)


def _held(view: View) -> list[ColumnElement[bool]]:
    if view == "paused":
        return [_PAUSED]
    if view == "held":
        return [_HELD]
    return []


def _beyond(moment: SQLColumnExpression[Any], at: datetime, chain: int, *, latest_first: bool) -> ColumnElement[bool]:
    if latest_first:
        return and_(moment <= at, or_(moment < at, FollowUp.id < chain))
    return and_(moment >= at, or_(moment > at, FollowUp.id > chain))


def _key(after: str) -> tuple[datetime, int]:
    moment, _, chain = after.partition("~")
    try:
        if not (chain.isdecimal() and len(chain) < 19):
            raise ValueError(chain)
        return datetime.fromisoformat(moment).astimezone(UTC), int(chain)
    except (ValueError, OverflowError):
        raise Refused("Эта ссылка на продолжение списка не годится. Откройте список сначала.") from None
