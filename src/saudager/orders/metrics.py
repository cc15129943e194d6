"""How the seller's messages about orders fare: what was sent, what was not and why, and what buyers did after it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.orders.models import MetricsReset, Trigger, TriggerState

ANSWER_DAYS, PURCHASE_DAYS = 7, 30
NOT_WANTED = frozenset({"off", "old", "shop_paused", "shop_disconnected", "by_hand", "held_out"})
"""Reasons of messages the shop did not want to write."""
UNKNOWN = "unknown"
"""Why, when nobody said."""
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_REACHED = ("sent", "delivered", "read")


@dataclass(slots=True)
class Tally:
    """What became of messages; each is in one of ``sent``, ``on_the_way``, ``unsettled``, ``failed``, ``blocked`` and
    ``waiting``."""

    sent: int = 0
    """The messenger took them, or better."""
    on_the_way: int = 0
    """Written, and nothing reported yet."""
    unsettled: int = 0
    """Nobody knows whether they arrived."""
    failed: int = 0
    blocked: dict[str, int] = field(default_factory=dict)
    """Refused, stopped or taken back, by reason."""
    waiting: int = 0
    """Now, whenever they were noted."""
    fallback_used: int = 0
    """Of the written ones, those no model wrote."""
    answers: int = 0
    """Sent ones after which the buyer wrote in that conversation within ``ANSWER_DAYS``."""
    opt_outs: int = 0
    """Sent ones after which the buyer asked within ``ANSWER_DAYS`` not to be written to."""
    later_purchases: int = 0
    """Other orders the buyer placed within ``PURCHASE_DAYS`` after a sent one and that were not cancelled or returned.
    Whether he placed them because of it, ``results`` tells."""

    @property
    def success_rate(self) -> float | None:
        """The share of sent ones among all whose end is known: ``sent``, ``unsettled``, ``failed`` and ``blocked``, but
        for those nobody wanted to write; None when there are none."""
        blocked = sum(count for reason, count in self.blocked.items() if reason not in NOT_WANTED)
        ended = self.sent + self.unsettled + self.failed + blocked
        return self.sent / ended if ended else None


@dataclass(frozen=True, slots=True)
class Metrics:
    """All messages together, and by trigger."""

    since: datetime | None
    """From when they are counted; None: from the beginning."""
    total: Tally
    by_trigger: dict[str, Tally]


def counted(session: Session, *, since: datetime | None = None, now: datetime) -> Metrics:
    """Of the messages decided on since the last reset, or since a later moment, as far as it is known at ``now``.

    What a buyer did counts once, for the last message about an order he was sent before it.
    """
    begun = max((moment for moment in (last_reset(session), since) if moment is not None), default=None)
    by_trigger = tallies(session, since=begun or _LONG_AGO, now=now)
    return Metrics(begun, _together(by_trigger.values()), by_trigger)


def last_reset(session: Session) -> datetime | None:
    """From when the figures are counted; None: from the beginning."""
    return session.scalar(select(MetricsReset.reset_at).order_by(MetricsReset.id.desc()).limit(1))


def reset(session: Session, by: str, now: datetime) -> datetime:
    """Count from now on; what was counted stays where it is."""
    session.add(MetricsReset(reset_at=now, reset_by=by))
    return now


def tallies(session: Session, *, since: datetime, now: datetime) -> dict[str, Tally]:
    """By trigger, what became by ``now`` of messages decided on since the moment."""
    found = {trigger.value: Tally() for trigger in Trigger}
    for trigger, state, reason, fate, fate_reason, fallback, messages in _STATES(session, since=since).fetchall():
        tally = found[trigger]
        kind = _kind(state, fate)
        if kind == "blocked":
            why = (fate_reason if state == TriggerState.WRITTEN else reason) or UNKNOWN
            tally.blocked[why] = tally.blocked.get(why, 0) + messages
        else:
            setattr(tally, kind, getattr(tally, kind) + messages)
        if state == TriggerState.WRITTEN:
            tally.fallback_used += fallback
    for trigger, answers, opt_outs, purchases in _AFTER(session, since=since, now=now).fetchall():
        tally = found[trigger]
        tally.answers, tally.opt_outs, tally.later_purchases = answers, opt_outs, int(purchases)
    return found


def _kind(state: str, fate: str | None) -> str:
    if state == TriggerState.WAITING:
        return "waiting"
    if state != TriggerState.WRITTEN or fate == "withdrawn":
        return "blocked"
    if fate in _REACHED:
        return "sent"
    return fate if fate in ("failed", "unsettled") else "on_the_way"


def _together(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for one in tallies:
        for name in _NUMBERS:
            setattr(total, name, getattr(total, name) + getattr(one, name))
        for reason, messages in one.blocked.items():
            total.blocked[reason] = total.blocked.get(reason, 0) + messages
    return total


_NUMBERS = tuple(one.name for one in fields(Tally) if one.name != "blocked")
_STATES = Statement("""
    with ours as (
        select trigger, state, reason, about, engine from order_triggers where state = 'waiting'
        union all
        select trigger, state, reason, about, engine from order_triggers
        where state in ('written', 'refused', 'stopped') and decided_at >= :since)
    select t.trigger, t.state, t.reason, v.fate, v.reason,
        count(case when t.engine = 'fallback' then 1 end), count(*)
    from ours t left join outreach_verdicts v on v.about = t.about and v.verdict = 'write'
    group by t.trigger, t.state, t.reason, v.fate, v.reason""")
_AFTER_SQL = """
    with sent as (
        select t.id, t.trigger, t.contact_id, t.about, v.counted_at as at,
            lead(v.counted_at) over (partition by t.contact_id order by v.counted_at, t.id) as next_at
        from order_triggers t join outreach_verdicts v on v.about = t.about and v.verdict = 'write'
        where t.state = 'written' and t.decided_at >= :since and v.fate in ('sent', 'delivered', 'read')),
    spans as (
        select trigger, contact_id, about, at,
            least(coalesce(next_at, :now), {answered_by}) as answered_by,
            least(coalesce(next_at, :now), {bought_by}) as bought_by
        from sent)
    select s.trigger,
        count(case when exists (
            select 1 from messages own join messages m on m.conversation_id = own.conversation_id and m.id > own.id
            where own.outgoing_id = s.about and m.author = 'customer' and not m.history
                and m.sent_at > s.at and m.sent_at <= s.answered_by) then 1 end),
        count(case when exists (
            select 1 from consents c
            where c.contact_id = s.contact_id and c.wish <> 'resume'
                and c.said_at > s.at and c.said_at <= s.answered_by) then 1 end),
        sum((
            select count(*) from orders o
            where o.contact_id = s.contact_id and o.stage not in ('cancelled', 'returned')
                and o.placed_at > s.at and o.placed_at <= s.bought_by))
    from spans s group by s.trigger"""


def _span(after: str) -> dict[str, str]:
    return {"answered_by": after.format(days=ANSWER_DAYS), "bought_by": after.format(days=PURCHASE_DAYS)}


_AFTER = Statement(
    _AFTER_SQL.format(**_span("strftime('%Y-%m-%d %H:%M:%f000', at, '+{days} days')")),
    postgresql=_AFTER_SQL.format(**_span("at + interval '{days} days'")),
)
