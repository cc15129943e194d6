"""One day ahead, part by part: who is due, and what the rules would say at that moment as things stand now.

``ahead.look_ahead`` plays everything through and so knows what one message does to the next; that takes as long as
there are customers. Here each touch is judged by itself and nothing is written, so a part costs the same in a shop of
any size. What waits for another day stays with the day it was due on.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from sqlalchemy.orm import Session

from saudager.calls import reminders
from saudager.db.statements import Statement, moment
from saudager.errors import Refused
from saudager.followups import plan, rules, touches
from saudager.followups.plan import WINDOW_CLOSED
from saudager.followups.rules import Quiet
from saudager.orders import judging, waiting
from saudager.orders.judging import States
from saudager.orders.models import Trigger
from saudager.orders.opening import Numbers
from saudager.outreach import accounts, policy
from saudager.outreach.accounts import AccountState
from saudager.outreach.policy import Verdict
from saudager.settings import Settings

FARTHEST = 60
"""Days ahead that can be looked at."""
ORDERS_SHOWN = 100
"""Messages about orders shown of a day."""
COUNTED = 300
"""No count of a day goes beyond it."""

May = Literal["write", "wait", "stop"]
_PARTS_LOOKED_AT = 2


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody who is due, and whether he would be written to: about an ``order``, by its number, else a ``touch``,
    else he is reminded of a call."""

    at: datetime
    contact_id: int | None
    who: str | None
    phone: str | None
    touch: int | None
    may: May
    reason: str | None = None
    until: datetime | None = None
    order: str | None = None
    trigger: Trigger | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a day's touches in order of time, and the key of the part that follows; None at the end."""

    due: list[Due]
    next: str | None


@dataclass(frozen=True, slots=True)
class Busy:
    """How many are due on a day; 300 stands for more."""

    day: date
    touches: int
    reminders: int


class _Candidate(NamedTuple):
    due: datetime
    chain: int
    touch: int
    is_next: bool


@dataclass
class _Key:
    """Where a part ended, and how many were written to before its end by account, as the day's caps count them."""

    at: datetime
    chain: int = 0
    touch: int = 0
    written: dict[str, int] = field(default_factory=dict)


def touches_on(
    session: Session,
    day: date,
    *,
    settings: Settings,
    now: datetime,
    may: May | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Part:
    """Who is due on the day in the shop's zone, what is overdue today, up to ``limit`` of them.

    With ``may`` only those of whom the rules would say so; then a part may be short though others follow. Raises
    Refused for a day that has passed or is too far, and for a key that is none.
    """
    begins, ends = _span(day, settings, now)
    key = _read(after) if after is not None else _Key(_LONG_AGO if begins == now else begins)
    judge = _Judge(session, settings, begins, key.written)
    found: list[Due] = []
    for _ in range(_PARTS_LOOKED_AT):
        candidates = _candidates(session, key, begins, ends, settings, limit=limit + 1)
        chosen = candidates[:limit]
        found += [due for due in judge.all(chosen) if may in (None, due.may)]
        if len(candidates) <= limit:
            return Part(found, None)
        last = chosen[-1]
        key = _Key(last.due, last.chain, last.touch, judge.written)
        if may is None or len(found) >= limit:
            break
    return Part(found, _written(key))


def reminders_on(
    session: Session, day: date, *, settings: Settings, now: datetime, may: May | None = None
) -> list[Due]:
    """The reminders of calls due on the day, in order; with ``may`` only those of which the rules would say so."""
    begins, ends = _span(day, settings, now)
    found = list(reminders.ahead(session, settings, now=begins, until=ends))
    names = _names(session, [contact for _, contact, _ in found])
    due = (Due(at, contact, *names[contact], None, *_may(verdict), verdict.until) for at, contact, verdict in found)
    return [one for one in due if may in (None, one.may)]


def orders_on(
    session: Session, day: date, ours: Numbers, *, settings: Settings, now: datetime, may: May | None = None
) -> list[Due]:
    """The first messages about orders due on the day, in order, what is overdue today; with ``may`` only those of which
    the rules would say so."""
    begins, ends = _span(day, settings, now)
    listed = waiting.between(session, _LONG_AGO if begins == now else begins, ends, limit=ORDERS_SHOWN)
    names = _names(session, [due.contact_id for _, due in listed if due.contact_id is not None])
    states = States(session, settings, begins, hold=False)
    found = []
    for due_at, due in listed:
        at = max(due_at, begins)
        verdict = judging.foresee(session, due, ours, settings, states, now=at)
        who, phone = names.get(due.contact_id or 0, (due.buyer_name, None))
        found.append(
            Due(
                at, due.contact_id, who, phone, None, *_may(verdict), verdict.until, order=due.code, trigger=due.trigger
            )
        )
    return [one for one in found if may in (None, one.may)]


def busy(session: Session, *, days: int = 31, settings: Settings, now: datetime) -> list[Busy]:
    """How many are due on each of the days from today on, whatever the rules would say."""
    today = now.astimezone(settings.zone).date()
    listed = [today + timedelta(days=ahead) for ahead in range(min(days, FARTHEST))]
    spans = [_span(day, settings, now) for day in listed]
    soonest = [(number, 0, begins if number else _LONG_AGO, ends) for number, (begins, ends) in enumerate(spans)]
    later = [
        (number, touch, begins - timedelta(hours=hours), ends - timedelta(hours=hours))
        for number, (begins, ends) in enumerate(spans)
        for touch, hours in list(enumerate(settings.follow_up_intervals, 1))[1:]
    ]
    before = timedelta(minutes=settings.call_reminder_minutes)
    calls = [(number, 0, begins + before, ends + before) for number, (begins, ends) in enumerate(spans)]
    touched = _add(_SOONEST, session, soonest, _add(_LATER, session, later, [0] * len(listed)))
    reminded = _add(_CALLS, session, calls, [0] * len(listed))
    return [Busy(*one) for one in zip(listed, touched, reminded, strict=True)]


class _Judge:
    """Says of each candidate in turn whether he would be written to; ``written`` counts them by account."""

    def __init__(self, session: Session, settings: Settings, earliest: datetime, written: dict[str, int]) -> None:
        self._session, self._settings, self._earliest = session, settings, earliest
        self._states: dict[str, AccountState] = {}
        self.written = dict(written)

    def all(self, candidates: Sequence[_Candidate]) -> Iterator[Due]:
        quiet = {one.id: one for one in plan.situations(self._session, [one.chain for one in candidates])}
        names = _names(self._session, [one.contact_id for one in quiet.values()])
        for candidate in candidates:
            known = quiet.get(candidate.chain)
            if known is None:
                continue
            due = self._one(candidate, known, *names[known.contact_id])
            if candidate.is_next or due.may != "stop":  # a chain that ends before has no later touch
                yield due

    def _one(self, candidate: _Candidate, quiet: Quiet, who: str | None, phone: str | None) -> Due:
        at, touch = max(candidate.due, self._earliest), candidate.touch
        if candidate.is_next:
            touch = rules.due_touch(quiet, self._settings.follow_up_intervals, now=at)
        due = Due(at, quiet.contact_id, who, phone, touch, "stop")
        if (stop := rules.why_not(quiet, now=at)) is not None:
            return replace(due, reason=stop)
        if quiet.held_reason == WINDOW_CLOSED and not self._settings.follow_up_template:
            return replace(due, may="wait", reason=WINDOW_CLOSED)
        state = self._state(quiet.account, at)
        verdict = policy.judge(self._session, touches.wanted(quiet, touch, self._settings), self._settings, at, state)
        if verdict.may == "write":
            state.take(quiet.contact_id, first_contact=verdict.first_contact, met_today=False)
            self.written[quiet.account] = self.written.get(quiet.account, 0) + 1
        may, reason = _may(verdict)
        return replace(due, may=may, reason=reason, until=verdict.until)

    def _state(self, account: str, at: datetime) -> AccountState:
        if account not in self._states:
            state = accounts.state(self._session, account, self._settings, at)
            state.written += self.written.get(account, 0)
            state.since_resumed += self.written.get(account, 0)
            self._states[account] = state
        return self._states[account]


def _candidates(
    session: Session, key: _Key, begins: datetime, ends: datetime, settings: Settings, *, limit: int
) -> list[_Candidate]:
    """The touches due in the span beyond the key: those that come next, and those after them if all goes on."""
    soonest = _DUE_NEXT(session, ends=ends, at=key.at, chain=key.chain, limit=limit).fetchall()
    found = [_Candidate(_known(due), chain, touch, True) for chain, touch, due in soonest]
    for touch, hours in list(enumerate(settings.follow_up_intervals, 1))[1:]:
        apart = timedelta(hours=hours)
        rows = _DUE_LATER(
            session,
            begins=max(key.at, begins) - apart,
            ends=ends - apart,
            at=key.at - apart,
            chain=key.chain,
            touch=touch,
            limit=limit,
        ).fetchall()
        found += [_Candidate(_known(anchor) + apart, chain, touch, False) for chain, anchor in rows]
    return sorted(found, key=lambda one: one[:3])[:limit]


def _span(day: date, settings: Settings, now: datetime) -> tuple[datetime, datetime]:
    today = now.astimezone(settings.zone).date()
    if not 0 <= (day - today).days < FARTHEST:
        raise Refused(f"Посмотреть можно от сегодня на {FARTHEST} дней вперёд.")
    begins, ends = (datetime.combine(one, time(), settings.zone) for one in (day, day + timedelta(days=1)))
    return max(begins.astimezone(UTC), now), ends.astimezone(UTC)


def _may(verdict: Verdict) -> tuple[May, str | None]:
    return "stop" if verdict.may == "refuse" else verdict.may, verdict.reason


def _names(session: Session, contacts: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
    rows = _NAMES(session, ids=json.dumps(contacts)).fetchall() if contacts else []
    return {contact: (name, phone) for contact, name, phone in rows}


def _add(
    counting: Statement, session: Session, spans: list[tuple[int, int, datetime, datetime]], to: list[int]
) -> list[int]:
    listed = json.dumps([(number, touch, _stored(begins), _stored(ends)) for number, touch, begins, ends in spans])
    counted = list(to)
    for number, count in counting(session, spans=listed, most=COUNTED).fetchall():
        counted[number] = min(counted[number] + count, COUNTED)
    return counted


def _stored(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _known(stored: object) -> datetime:
    known = moment(stored)
    assert known is not None
    return known


def _written(key: _Key) -> str:
    return json.dumps([key.at.isoformat(), key.chain, key.touch, key.written], separators=(",", ":"))


def _read(written: str) -> _Key:
    try:
        at, chain, touch, counts = json.loads(written)
        return _Key(datetime.fromisoformat(at), int(chain), int(touch), {str(k): int(n) for k, n in counts.items()})
    except (ValueError, TypeError, AttributeError):
        raise Refused("Эта ссылка на продолжение списка не годится. Откройте день сначала.") from None


_LONG_AGO = datetime.fromtimestamp(0, UTC)
_DUE_NEXT = Statement("""
    select id, touch_number, next_touch_at from follow_ups
    where not is_completed and next_touch_at >= :at and next_touch_at < :ends
        and (next_touch_at > :at or id > :chain)
    order by next_touch_at, id limit :limit""")
_DUE_LATER = Statement("""
    select id, anchor_at from follow_ups
    where not is_completed and anchor_at >= :begins and anchor_at < :ends and touch_number < :touch
        and held_reason is null and (anchor_at > :at or id > :chain)
    order by anchor_at, id limit :limit""")
_NAMES = Statement(
    """select id, coalesce(name, full_name, business_name), phone_number from contacts
        where id in (select value from json_each(:ids))""",
    postgresql="""select id, coalesce(name, full_name, business_name), phone_number from contacts
        where id in (select value::bigint from json_array_elements_text(cast(:ids as json)))""",
)


def _counting(table: str, where: str) -> Statement:
    """Of each span in ``:spans`` (its day, a touch, its ends as texts in UTC) the day and how many rows fall in it."""
    sql = "select {{day}}, (select count(*) from (select 1 from {table} where {where} limit :most) few) from {{spans}}"
    shaped = sql.format(table=table, where=where)
    on_sqlite = {name: f"json_extract(span.value, '$[{at}]')" for at, name in enumerate(("day", "touch", "a", "b"))}
    on_a_server = {"day": "cast(span.value->>0 as int)", "touch": "cast(span.value->>1 as int)"}
    on_a_server |= {
        name: f"(cast(span.value->>{at} as timestamp) at time zone 'UTC')" for at, name in ((2, "a"), (3, "b"))
    }
    return Statement(
        shaped.format(**on_sqlite, spans="json_each(:spans) span"),
        postgresql=shaped.format(**on_a_server, spans="json_array_elements(cast(:spans as json)) span"),
    )


_SOONEST = _counting("follow_ups", "not is_completed and next_touch_at >= {a} and next_touch_at < {b}")
_LATER = _counting(
    "follow_ups",
    "not is_completed and anchor_at >= {a} and anchor_at < {b} and touch_number < {touch} and held_reason is null",
)
_CALLS = _counting("scheduled_calls", "status = 'booked' and scheduled_at > {a} and scheduled_at <= {b}")
