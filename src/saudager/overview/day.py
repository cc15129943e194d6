"""What one day came to: lines and answers, how long customers waited, and what became of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment
from saudager.engines import spend
from saudager.followups.rules import Stop

Touches = dict[str, dict[str, int]]

_BECAME = {
    Stop.RESPONDED: "answered",
    Stop.SAID_YES: "yes",
    Stop.PURCHASED: "yes",
    Stop.CALL_BOOKED: "yes",
    Stop.SAID_NO: "no",
    Stop.OPTED_OUT: "stopped",
    Stop.COMPLETED: "ignored",
}
OUTCOMES = ("answered", "yes", "no", "ignored", "stopped")
"""What a customer did about a touch; one that still waits, or that a person overtook, came to nothing yet."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in one day of the shop."""

    day: date
    lines: int
    """What customers wrote."""
    answers: int
    """What the salesperson answered and did not lose on the way; messages nobody asked for are no answers."""
    by_people: int
    """Lines of the shop's people."""
    contacts: int
    """Who turned up for the first time."""
    handed_over: int
    calls: int
    """Agreed upon that day, and not cancelled since."""
    deals: int
    opted_out: int
    """Customers who asked not to be written to."""
    median_seconds: float | None
    """From the first line of a turn to its answer; None when nothing was answered."""
    p90_seconds: float | None
    micro_usd: int
    """Millionths of a US dollar for hosted engines."""
    touches: Touches = field(default_factory=dict)
    """Of the follow-ups written that day, by touch (1 to 5): how many were ``written`` and came to which outcome."""


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where a day of the shop begins, and the next one."""
    begins, ends = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return begins, ends


def count(session: Session, day: date, zone: ZoneInfo) -> Figures:
    """The figures of a day as far as it has come; some still change when it is over, as what a follow-up came to."""
    since, until = bounds(day, zone)
    span = {"since": since, "until": until}
    lines, answers, by_people = SAID(session, **span).fetchone()
    waited = waits(session, **span)
    return Figures(
        day=day,
        lines=lines,
        answers=answers,
        by_people=by_people,
        contacts=number(session, _CONTACTS, **span),
        handed_over=number(session, HANDED_OVER, **span),
        calls=number(session, CALLS, **span),
        deals=number(session, DEALS, **span),
        opted_out=number(session, OPTED_OUT, **span),
        median_seconds=quantile(waited, 0.5),
        p90_seconds=quantile(waited, 0.9),
        micro_usd=int(spend.spent_today(session, day) * spend.MICRO),
        touches=_touches(session, **span),
    )


def waits(session: Session, *, since: datetime, until: datetime) -> list[float]:
    """Seconds from the first line of each turn to its answer, the shortest first; of turns closed in the span."""
    return sorted(_seconds(opened, closed) for opened, closed in _WAITS(session, since=since, until=until).fetchall())


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which this share of the ordered ones lies, between two of them if need be; None of nothing."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def number(session: Session, statement: Statement, **values: datetime) -> int:
    """What a statement counts."""
    return int(statement(session, **values).fetchone()[0])


def _seconds(opened: object, closed: object) -> float:
    began, ended = moment(opened), moment(closed)
    assert began is not None
    assert ended is not None
    return (ended - began).total_seconds()


def _touches(session: Session, *, since: datetime, until: datetime) -> Touches:
    written = []
    for (about,) in _WRITTEN(session, since=since, until=until).fetchall():
        chain, touch = about.split(":")[1:3]
        written.append((int(chain), int(touch)))
    if not written:
        return {}
    chains = {row[0]: row[1:] for row in _CHAINS(session, ids=json.dumps([chain for chain, _ in written])).fetchall()}
    counted: Touches = {}
    for chain, touch in written:
        counts = counted.setdefault(str(touch), {"written": 0})
        counts["written"] += 1
        if chain in chains and (became := _became(touch, *chains[chain])):
            counts[became] = counts.get(became, 0) + 1
    return counted


def _became(touch: int, next_touch: int, stop_reason: str | None) -> str | None:
    """What the customer did about a touch, when it is known: a later touch means that he did nothing."""
    if next_touch > touch + 1:
        return "ignored"
    return _BECAME.get(Stop(stop_reason)) if stop_reason in set(Stop) else None


SAID = Statement("""
    select count(case when author = 'customer' then 1 end),
        count(case when author = 'bot' and turn_id is not null and kind <> 'image'
            and coalesce(delivery_state, '') not in ('failed', 'withdrawn') then 1 end),
        count(case when author = 'human' then 1 end)
    from messages where received_at >= :since and received_at < :until and not history""")
_WAITS = Statement("""
    select opened_at, closed_at from turns
    where closed_at >= :since and closed_at < :until and outcome = 'answered'""")
_CONTACTS = Statement("""
    select count(*) from contacts where created_at >= :since and created_at < :until and merged_into_id is null""")
HANDED_OVER = Statement("select count(*) from cases where opened_at >= :since and opened_at < :until")
CALLS = Statement("""
    select count(*) from scheduled_calls
    where status in ('booked', 'held', 'no_answer') and created_at >= :since and created_at < :until""")
DEALS = Statement("select count(*) from deals where opened_at >= :since and opened_at < :until")
OPTED_OUT = Statement("""
    select count(distinct contact_id) from consents
    where wish <> 'resume' and said_at >= :since and said_at < :until""")
_WRITTEN = Statement("""
    select about from outreach_verdicts
    where verdict = 'write' and message_class = 'follow_up' and decided_at >= :since and decided_at < :until
        and coalesce(fate, '') not in ('withdrawn', 'failed')""")
_CHAINS = Statement(
    "select id, touch_number, stop_reason from follow_ups where id in (select value from json_each(:ids))",
    postgresql="""
    select id, touch_number, stop_reason from follow_ups
    where id in (select cast(value as bigint) from jsonb_array_elements_text(cast(:ids as jsonb)) as each(value))""",
)
