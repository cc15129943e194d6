"""The rows of those on their way: begun, held while a step is taken, moved on, put off, ended; once, whatever dies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.automation.models import JourneyState
from saudager.automation.paths import FIRST
from saudager.db.statements import Statement, document, insert_into, moment
from saudager.outreach import door
from saudager.queues import tasks

TASK = "take_steps"
LOOKED_AT = timedelta(hours=1)
"""How often the schedule looks for what is due; what falls due sooner asks for the task itself."""
MERGED, ERASED, OPTED_OUT, BY_HAND, BY_STEP = "merged", "erased", "opted_out", "by_hand", "stopped_by_step"
"""Why a journey ended, besides the event that ended it."""
_SENDS = ("send_message", "send_letter")


@dataclass(frozen=True, slots=True)
class Going:
    """A journey whose next step is due, held until the transaction ends."""

    id: int
    automation_id: int
    version: int
    title: str
    contact_id: int
    conversation_id: int | None
    about: str
    key: str
    is_single: bool
    facts: Mapping[str, Any]
    step: str
    due_since: datetime
    waits_for: str | None
    has_come: bool | None
    depth: int
    is_erased: bool
    """Its contact wanted to be forgotten."""

    def once(self, path: str) -> str:
        """The name for ever of what a step does."""
        return self.key if self.is_single else f"journey:{self.id}:{path}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken."""

    journey_id: int
    path: str
    kind: str
    outcome: str
    detail: Mapping[str, Any]


def about_of(about: str, contact_id: int) -> str:
    """What a journey goes about that begins with something about this: the lead, the order, or else the contact."""
    return about if about.startswith(("lead:", "order:")) else f"contact:{contact_id}"


def begin(
    session: Session,
    automation_id: int,
    version: int,
    *,
    contact_id: int,
    conversation_id: int | None,
    about: str,
    facts: Mapping[str, Any],
    depth: int,
    by: str | None = None,
    now: datetime,
) -> int | None:
    """Set somebody on his way, in the caller's transaction; None when he, or the thing, is on it already."""
    row = _BEGIN(
        session,
        automation=automation_id,
        version=version,
        contact=contact_id,
        conversation=conversation_id,
        about=about,
        facts=json.dumps(dict(facts), ensure_ascii=False, default=str),
        step=FIRST,
        depth=depth,
        begun_by=by,
        is_contact=about.startswith("contact:"),
        now=now,
    ).fetchone()
    if row is None:
        return None
    wake(session, at=now, name=f"journey:{row[0]}", now=now)
    return int(row[0])


def keep(
    session: Session,
    automation_id: int,
    version: int,
    path: str,
    *,
    once: str,
    contact_id: int,
    conversation_id: int | None,
    about: str,
    facts: Mapping[str, Any],
    depth: int,
    until: datetime,
    now: datetime,
) -> None:
    """Have one action of a rule or a sequence done at the moment, once for ever by that name."""
    kept = _KEEP(
        session,
        automation_id=automation_id,
        version=version,
        contact_id=contact_id,
        conversation_id=conversation_id,
        about=about,
        key=once,
        is_single=True,
        facts=json.dumps(dict(facts), ensure_ascii=False, default=str),
        state=JourneyState.GOING,
        step=path,
        due_at=until,
        due_since=until,
        depth=depth,
        begun_at=now,
    )
    if kept.rowcount > 0:
        wake(session, at=until, name=once, now=now)


def wake(session: Session, *, at: datetime, name: str, now: datetime) -> None:
    """Have what is due at the moment done: at once, by the name of the reason, or within a minute of it."""
    if at <= now:
        tasks.enqueue(session, TASK, task_id=f"{TASK}:{name}", now=now)
    elif at <= now + LOOKED_AT + timedelta(minutes=2):
        minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
        tasks.enqueue(session, TASK, task_id=f"{TASK}:{minute:%Y-%m-%dT%H:%MZ}", now=now, due=minute)


def next_due(session: Session) -> datetime | None:
    """When the next step is due; those of what is switched off are paused."""
    return moment(_NEXT_DUE(session).fetchone()[0])


def due(session: Session, *, limit: int, now: datetime) -> list[int]:
    """The journeys whose step is due, the longest due first."""
    return [row[0] for row in _DUE(session, now=now, limit=limit).fetchall()]


def hold(session: Session, ids: Sequence[int], *, now: datetime) -> list[Going]:
    """Those of them that are still due, the longest due first; nobody else takes their steps until the transaction
    ends."""
    return [_going(row) for row in _HOLD(session, ids=json.dumps(list(ids)), now=now).fetchall()]


def move_on(
    session: Session,
    going: Going,
    to: str,
    *,
    due_at: datetime | None,
    due_since: datetime,
    waits_for: str | None,
    has_come: bool | None,
) -> None:
    """The next step, and when it is to be taken."""
    _MOVE_ON(
        session, id=going.id, step=to, due=due_at, since=due_since, waits_for=waits_for, has_come=has_come, reason=None
    )


def came(session: Session, journey: int, *, once: str, now: datetime) -> None:
    """The event it waits for: the wait is over, and the next step is due."""
    _CAME(session, id=journey, now=now)
    wake(session, at=now, name=once, now=now)


def put_off(
    session: Session,
    going: Going,
    step: str,
    *,
    since: datetime,
    until: datetime,
    reason: str,
    has_come: bool | None,
) -> None:
    """The step keeps its place and is tried again at the moment."""
    _MOVE_ON(
        session,
        id=going.id,
        step=step,
        due=until,
        since=since,
        waits_for=None,
        has_come=has_come,
        reason=reason,
    )


def took(session: Session, one: Taken, *, now: datetime) -> None:
    """Keep what became of a step."""
    _TOOK(
        session,
        journey_id=one.journey_id,
        path=one.path,
        kind=one.kind,
        outcome=one.outcome,
        detail=json.dumps(dict(one.detail), ensure_ascii=False, default=str),
        at=now,
    )


def end(session: Session, journey: int, state: JourneyState, reason: str | None, *, now: datetime) -> bool:
    """It is over; where it was stopped, what it has written but nobody has handed to the gateway is taken back. False
    when it was over before."""
    if _END(session, id=journey, state=state, reason=reason, now=now).rowcount < 1:
        return False
    if state is JourneyState.STOPPED:
        for path, kind in _SENT(session, id=journey).fetchall():
            if kind in _SENDS:
                door.withdraw(session, f"journey:{journey}:{path}", reason or state, now)
    return True


def stop(session: Session, automation_id: int, contact_id: int, about: str, reason: str, *, now: datetime) -> int:
    """End the journeys of a contact, or of the thing, through one sequence; how many."""
    rows = _OF_ONE(session, automation=automation_id, contact=contact_id, about=about).fetchall()
    return sum(end(session, id, JourneyState.STOPPED, reason, now=now) for (id,) in rows)


def stop_all(session: Session, contact_id: int, reason: str, *, now: datetime) -> int:
    """End everything a contact is on his way through, and what waits for him alone; how many."""
    rows = _OF_CONTACT(session, contact=contact_id).fetchall()
    return sum(end(session, id, JourneyState.STOPPED, reason, now=now) for (id,) in rows)


def stop_due(session: Session, reason: str, *, now: datetime) -> int:
    """End everything whose next step is due; how many."""
    count = 0
    while ids := due(session, limit=500, now=now):
        count += sum(end(session, id, JourneyState.STOPPED, reason, now=now) for id in ids)
    return count


def _going(row: Any) -> Going:
    (
        id, automation_id, version, title, contact_id, conversation_id, about, key, is_single, facts, step, since,
        waits_for, has_come, depth, is_erased,
    ) = row  # fmt: skip
    due_since = moment(since)
    assert due_since is not None
    return Going(
        id=id,
        automation_id=automation_id,
        version=version,
        title=title,
        contact_id=contact_id,
        conversation_id=conversation_id,
        about=about,
        key=key,
        is_single=bool(is_single),
        facts=document(facts),
        step=step,
        due_since=due_since,
        waits_for=waits_for,
        has_come=None if has_come is None else bool(has_come),
        depth=depth,
        is_erased=bool(is_erased),
    )


_BEGIN = Statement("""
    insert into journeys (automation_id, version, contact_id, conversation_id, about, key, is_single, facts, state,
        step, due_at, due_since, depth, begun_by, begun_at)
    select :automation, :version, :contact, :conversation, :about, :about, false, :facts, 'going', :step, :now, :now,
        :depth, :begun_by, :now
    where not (:is_contact and exists (
        select 1 from journeys
        where contact_id = :contact and automation_id = :automation and state = 'going' and not is_single
            and about like 'contact:%'))
    on conflict (key, automation_id) where state = 'going' do nothing
    returning id""")
"""A contact is his own number and those of whoever was merged into him."""
_KEEP = insert_into(
    "journeys",
    (
        "automation_id",
        "version",
        "contact_id",
        "conversation_id",
        "about",
        "key",
        "is_single",
        "facts",
        "state",
        "step",
        "due_at",
        "due_since",
        "depth",
        "begun_at",
    ),
    "on conflict (key, automation_id) where state = 'going' do nothing",
)
_NEXT_DUE = Statement("""
    select min(j.due_at) from journeys j join automations a on a.id = j.automation_id and a.is_on
    where j.state = 'going'""")
_DUE = Statement("""
    select j.id from journeys j join automations a on a.id = j.automation_id and a.is_on
    where j.state = 'going' and j.due_at <= :now order by j.due_at, j.id limit :limit""")
_HOLD_SQL = """
    select j.id, j.automation_id, j.version, a.title, j.contact_id, j.conversation_id, j.about, j.key, j.is_single,
        j.facts, j.step, j.due_since, j.waits_for, j.has_come, j.depth, c.erased_at is not null
    from journeys j
    join automations a on a.id = j.automation_id and a.is_on
    join contacts c on c.id = j.contact_id
    where j.id in ({ids}) and j.state = 'going' and j.due_at <= :now
    order by j.due_at, j.id for update of j skip locked"""
_HOLD = Statement(
    _HOLD_SQL.format(ids="select value from json_each(:ids)"),
    postgresql=_HOLD_SQL.format(ids="select value::bigint from json_array_elements_text(cast(:ids as json))"),
)
_MOVE_ON = Statement("""
    update journeys set step = :step, due_at = :due, due_since = :since, waits_for = :waits_for, has_come = :has_come,
        reason = :reason
    where id = :id""")
_CAME = Statement("""
    update journeys set waits_for = null, has_come = true, due_at = :now, due_since = :now where id = :id""")
_TOOK = insert_into("journey_steps", ("journey_id", "path", "kind", "outcome", "detail", "at"))
_END = Statement("""
    update journeys set state = :state, reason = :reason, ended_at = :now, due_at = null, waits_for = null
    where id = :id and state = 'going'""")
_SENT = Statement("select path, kind from journey_steps where journey_id = :id and outcome = 'done' order by id")
_OF_ONE = Statement("""
    select id from journeys
    where automation_id = :automation and state = 'going' and not is_single
        and (about = :about or (contact_id = :contact and about like 'contact:%'))
    order by id for update""")
_OF_CONTACT = Statement(
    "select id from journeys where contact_id = :contact and state = 'going' order by id for update"
)
