"""Tell the agent what became of a message it asked us to send."""

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from saudager.contracts import DeliveryReport, DeliveryState, lane_key
from saudager.gateway import mirroring
from saudager.queues import table


def report(
    session: Session,
    state: DeliveryState,
    *,
    account: str,
    chat: str,
    outgoing_id: str,
    message_id: str | None,
    now: datetime,
    reason: str | None = None,
    suppressed: Literal["bounced", "complained"] | None = None,
) -> None:
    """Publish one delivery report, in the transaction that learned it."""
    news = DeliveryReport(
        id=f"{outgoing_id}:{suppressed or state}",
        created_at=now,
        account=account,
        for_=outgoing_id,
        state=state,
        vendor_message_id=message_id,
        reason=reason,
        suppressed=suppressed,
    )
    if mirroring.is_from_a_mirror(outgoing_id):
        mirroring.tell(session, outgoing_id, state, reason, key=lane_key(account, chat), now=now)
    body = news.model_dump_json(by_alias=True, exclude_none=True)
    table.publish(session, "delivery_reports", body, id=news.id, key=lane_key(account, chat), now=now)
