"""What the hosted engines cost, by day, contact, engine and model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.engines.models import Spend
from saudager.providers.llm import Call

MICRO = 1_000_000

_ADD = Statement("""
    insert into spend (day, contact_id, engine, model, calls, tokens_in, tokens_out, tokens_cached,
        micro_usd, unpriced_calls)
    values (:day, :contact_id, :engine, :model, 1, :tokens_in, :tokens_out, :tokens_cached, :micro_usd, :unpriced)
    on conflict (day, contact_id, engine, model) do update set
        calls = spend.calls + 1,
        tokens_in = spend.tokens_in + excluded.tokens_in,
        tokens_out = spend.tokens_out + excluded.tokens_out,
        tokens_cached = spend.tokens_cached + excluded.tokens_cached,
        micro_usd = spend.micro_usd + excluded.micro_usd,
        unpriced_calls = spend.unpriced_calls + excluded.unpriced_calls""")

_OF_DAY = Statement("select coalesce(sum(micro_usd), 0) from spend where day = :day")


@dataclass(frozen=True, slots=True)
class Sum:
    """Spending under one heading."""

    calls: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    usd: Decimal
    unpriced_calls: int
    """Calls whose price nobody knows; they are not in ``usd``."""


def note(session: Session, calls: Iterable[Call], contact_id: int | None, day: date) -> None:
    """Count the calls of one answer, failed ones too; for nobody in particular when there is no contact."""
    for call in calls:
        _ADD(
            session,
            day=day.isoformat(),
            contact_id=contact_id or 0,
            engine=call.engine,
            model=call.model,
            tokens_in=call.tokens_in,
            tokens_out=call.tokens_out,
            tokens_cached=call.tokens_cached,
            micro_usd=0 if call.cost is None else int((call.cost * MICRO).to_integral_value(ROUND_HALF_UP)),
            unpriced=int(call.cost is None),
        )


def spent_today(session: Session, day: date) -> Decimal:
    """US dollars of one day of the shop, for everybody."""
    return Decimal(_OF_DAY(session, day=day.isoformat()).fetchone()[0]) / MICRO


def by_day(session: Session, since: date) -> dict[date, Sum]:
    """Every day from ``since`` on that cost anything, oldest first."""
    return _sums(session, Spend.day, Spend.day >= since)


def by_contact(session: Session, since: date) -> dict[int, Sum]:
    """Every contact that cost anything from ``since`` on; 0 is nobody in particular."""
    return _sums(session, Spend.contact_id, Spend.day >= since)


def of_contact(session: Session, contact_id: int, since: date) -> Sum | None:
    """What one contact cost from ``since`` on; None: nothing was asked for him."""
    condition = (Spend.contact_id == contact_id) & (Spend.day >= since)
    return _sums(session, Spend.contact_id, condition).get(contact_id)


def _sums(session: Session, heading: Any, condition: ColumnElement[bool]) -> dict[Any, Sum]:
    counted = (Spend.calls, Spend.tokens_in, Spend.tokens_out, Spend.tokens_cached, Spend.micro_usd)
    columns = [func.sum(column) for column in (*counted, Spend.unpriced_calls)]
    rows: Sequence[Any] = session.execute(
        select(heading, *columns).where(condition).group_by(heading).order_by(heading)
    ).all()
    return {
        key: Sum(calls, into, out, cached, Decimal(micro) / MICRO, unpriced)
        for key, calls, into, out, cached, micro, unpriced in rows
    }
