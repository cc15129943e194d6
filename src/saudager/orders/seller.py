"""The seller who writes to buyers about their orders: how it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.orders import metrics, results
from saudager.orders.models import OrderTrigger, Shop, TriggerState
from saudager.settings import Settings


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose buyers are written to, and what waits."""

    shops: Sequence[Shop]
    """The connected ones, by name."""
    waiting: int
    next_due_at: datetime | None
    counted_since: datetime | None
    suggests_holdout: bool


def standing(session: Session, settings: Settings) -> Standing:
    """How it stands now."""
    query = select(func.count(), func.min(OrderTrigger.due_at)).where(OrderTrigger.state == TriggerState.WAITING)
    waiting, next_due_at = session.execute(query).one()
    return Standing(
        shops=session.scalars(select(Shop).where(Shop.disconnected_at.is_(None)).order_by(Shop.name)).all(),
        waiting=waiting,
        next_due_at=next_due_at,
        counted_since=metrics.last_reset(session),
        suggests_holdout=results.suggestion(session, settings),
    )
