"""What the seller did about an order: each trigger with the door's verdict on it and what became of its message."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from saudager.orders.models import OrderTrigger
from saudager.outreach.models import OutreachVerdict


@dataclass(frozen=True, slots=True)
class Deed:
    """A message about an order: waiting, written or not, and why."""

    trigger: str
    state: str
    verdict: str | None
    """The door's last word on it: write, wait or refuse; None while it was not asked."""
    reason: str | None
    """Why it waits or was not written; of a written one, why it was taken back or failed."""
    message: str | None
    engine: str | None
    """Which model wrote it; ``fallback``: none, the line is ours."""
    due_at: datetime
    written_at: datetime | None
    delivery: str | None
    """How far a written one has come: None until it is handed to the gateway, then ``released`` and what is reported.
    """


def of_orders(session: Session, order_ids: Iterable[int]) -> dict[int, Sequence[Deed]]:
    """By order, in the order they were noted; an order without any has no entry."""
    later = aliased(OutreachVerdict)
    newest = select(func.max(later.id)).where(later.about == OrderTrigger.about).scalar_subquery()
    query = (
        select(OrderTrigger, OutreachVerdict)
        .outerjoin(OutreachVerdict, OutreachVerdict.id == newest)
        .where(OrderTrigger.order_id.in_(order_ids))
        .order_by(OrderTrigger.id)
    )
    deeds = defaultdict[int, list[Deed]](list)
    for noted, verdict in session.execute(query):
        deeds[noted.order_id].append(_deed(noted, verdict))
    return dict(deeds)


def _deed(noted: OrderTrigger, verdict: OutreachVerdict | None) -> Deed:
    deed = Deed(
        trigger=noted.trigger,
        state=noted.state,
        verdict=None,
        reason=noted.reason,
        message=noted.text,
        engine=noted.engine,
        due_at=noted.due_at,
        written_at=None,
        delivery=None,
    )
    if verdict is None:
        return deed
    if verdict.verdict != "write":
        return replace(deed, verdict=verdict.verdict, reason=noted.reason or verdict.reason)
    return replace(deed, verdict="write", reason=verdict.reason, written_at=verdict.decided_at, delivery=verdict.fate)
