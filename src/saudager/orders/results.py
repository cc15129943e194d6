"""Whether marketing messages help: buyers who are left out of them against all others, and how sure it is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import sqrt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.orders.models import Order
from saudager.outreach import intervals
from saudager.outreach.intervals import Interval, Sample
from saudager.outreach.models import Holdout
from saudager.settings import Settings

WORTH_SEEING = 0.05
"""The rise of the share of repeat buyers that is looked for: five points of a hundred."""
FEWEST = 30
"""Members of the smaller group below which nothing is said."""
SUGGESTED_FROM = 300
"""Buyers from whom on leaving some out tells something within months."""
_CENT = Decimal("0.01")


class Seen(StrEnum):
    """What can be said of the effect on repeat purchases."""

    MORE = "more"
    """Who is written to buys again more often."""
    LESS = "less"
    NO_EFFECT = "no_effect"
    """There are enough buyers, and no difference that chance would not make."""
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class Group:
    """Buyers and what they ordered since their group was drawn, not counting what was cancelled or returned."""

    buyers: int
    repeat_buyers: int
    """Who ordered again, besides what made them known."""
    revenue: Decimal
    """In the comparison's currency, of those further orders."""
    amounts: Sample
    """Revenue by buyer, in the currency's hundredths."""

    @property
    def repeat_share(self) -> float | None:
        return self.repeat_buyers / self.buyers if self.buyers else None

    @property
    def revenue_per_buyer(self) -> Decimal | None:
        return (self.revenue / self.buyers).quantize(_CENT) if self.buyers else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both groups side by side. Differences are of those written to less the held-out ones."""

    share: float
    """The HOLDOUT_SHARE these buyers were drawn with; 0: nobody was drawn yet."""
    since: datetime | None
    """When the first of them was drawn."""
    written_to: Group
    held_out: Group
    currency: str | None
    repeat_share: Interval | None
    """None while a group is empty."""
    revenue: Interval | None
    """By buyer, in whole units of the currency; None as long as nothing can be said."""
    needed: int | None
    """Buyers in both groups to see a rise by ``WORTH_SEEING`` four times out of five."""
    seen: Seen

    @property
    def buyers(self) -> int:
        return self.written_to.buyers + self.held_out.buyers


def compare(session: Session, *, now: datetime) -> Comparison:
    """The buyers whose group was drawn by ``now``, with the orders placed by then.

    Compared are those drawn with the newest share: with another one, old buyers, who had more time to come back, would
    weigh more in one group than in the other. A contact that was merged into another is counted as that one.
    """
    share = session.scalar(select(Holdout.share).order_by(Holdout.assigned_at.desc()).limit(1)) or 0.0
    since = session.scalar(select(func.min(Holdout.assigned_at)).where(Holdout.share == share))
    currency = session.scalar(select(Order.currency).order_by(Order.placed_at.desc(), Order.id.desc()).limit(1))
    groups = {False: _NOBODY, True: _NOBODY}
    counted = _GROUPS(session, share=share, currency=currency, now=now)
    for is_held_out, buyers, repeat_buyers, revenue, mean, squares in counted.fetchall():
        variance = squares / (buyers - 1) if buyers > 1 else 0.0
        amounts = Sample(buyers, mean, variance)
        groups[bool(is_held_out)] = Group(buyers, repeat_buyers, Decimal(int(revenue)).scaleb(-2), amounts)
    return _judged(share, since, groups[False], groups[True], currency)


def suggestion(session: Session, settings: Settings) -> bool:
    """Whether to suggest a hold-out: there is none, and ``SUGGESTED_FROM`` buyers or more have ordered."""
    if settings.holdout_share > 0:
        return False
    return bool(_BUYERS(session, limit=SUGGESTED_FROM).fetchone()[0] >= SUGGESTED_FROM)


def in_words(comparison: Comparison) -> str:
    """The comparison in a sentence or two for the shop owner."""
    written_to, held_out, difference = comparison.written_to, comparison.held_out, comparison.repeat_share
    if difference is None or written_to.repeat_share is None or held_out.repeat_share is None:
        return "Сравнивать пока некого: нужны и покупатели, которым пишут, и те, кому не пишут (HOLDOUT_SHARE)."
    shares = (
        f"снова купили {_percent(written_to.repeat_share)} % тех, кому писали, "
        f"и {_percent(held_out.repeat_share)} % тех, кому не писали"
    )
    sure = (
        f"Разница {_percent(difference.value)} п. п., с уверенностью 95 % от {_percent(difference.low)} "
        f"до {_percent(difference.high)}."
    )
    match comparison.seen:
        case Seen.MORE:
            return f"Сообщения помогают: {shares}. {sure}"
        case Seen.LESS:
            return f"Сообщения мешают: {shares}. {sure}"
        case Seen.NO_EFFECT:
            return f"Эффекта не видно: {shares}. {sure}"
    return f"Судить рано: {shares}. {sure} Покупателей пока {comparison.buyers}, нужно около {comparison.needed}."


def _judged(
    share: float, since: datetime | None, written_to: Group, held_out: Group, currency: str | None
) -> Comparison:
    repeat_share = revenue = needed = None
    verdict = Seen.TOO_EARLY
    buyers = written_to.buyers + held_out.buyers
    if buyers:
        together = (written_to.repeat_buyers + held_out.repeat_buyers) / buyers
        base = held_out.repeat_share if held_out.buyers >= FEWEST else together
        needed = intervals.needed(min(base or 0.0, 1 - WORTH_SEEING), WORTH_SEEING, held_out=share)
    if written_to.buyers and held_out.buyers:
        repeat_share = intervals.difference_of_shares(
            written_to.repeat_buyers, written_to.buyers, held_out.repeat_buyers, held_out.buyers
        )
        revenue = intervals.difference_of_means(written_to.amounts, held_out.amounts)
        if min(written_to.buyers, held_out.buyers) >= FEWEST:
            verdict = seen(repeat_share, buyers / (needed or buyers))
    return Comparison(
        share, since, written_to, held_out, currency, repeat_share, revenue and _in_units(revenue), needed, verdict
    )


def seen(difference: Interval, progress: float) -> Seen:
    """Whoever looks every day sees chance differences that vanish again, so before enough buyers are there only a
    difference counts that holds in an interval so much wider as O'Brien and Fleming ask for
    (https://doi.org/10.2307/2530245)."""
    sure = difference if progress >= 1 else difference.widened(1 / sqrt(progress))
    if sure.excludes_zero:
        return Seen.MORE if sure.value > 0 else Seen.LESS
    return Seen.NO_EFFECT if progress >= 1 else Seen.TOO_EARLY


def _in_units(amount: Interval) -> Interval:
    return Interval(amount.value / 100, amount.low / 100, amount.high / 100)


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".replace(".", ",").replace("-", "−")


_NOBODY = Group(0, 0, Decimal(), Sample(0, 0.0, 0.0))
_BUYERS = Statement("""
    select count(*) from (
        select distinct contact_id from orders where contact_id is not null limit :limit) buyers""")
_GROUPS = Statement("""
    with bought as (
        select h.is_held_out, count(o.id) as orders,
            coalesce(sum(case when o.currency = :currency then o.total end), 0) as revenue
        from holdout h
        join contacts c on c.id = h.contact_id and c.merged_into_id is null
        left join orders o on o.contact_id = h.contact_id
            and o.placed_at > h.assigned_at and o.placed_at <= :now and o.first_read_at > h.assigned_at
            and o.stage not in ('cancelled', 'returned')
        where h.share = :share and h.assigned_at <= :now
        group by h.contact_id, h.is_held_out),
    means as (
        select is_held_out, count(*) as buyers, count(case when orders > 0 then 1 end) as repeat_buyers,
            sum(revenue) as revenue, cast(avg(revenue) as double precision) as mean
        from bought group by is_held_out)
    select m.is_held_out, m.buyers, m.repeat_buyers, m.revenue, m.mean,
        (select sum((cast(b.revenue as double precision) - m.mean) * (cast(b.revenue as double precision) - m.mean))
            from bought b where b.is_held_out = m.is_held_out)
    from means m""")
