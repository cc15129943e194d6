"""Let days go by in a rehearsed shop: minute by minute while customers talk, in strides while nothing happens."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, moment
from saudager.exam.shop import Shop
from saudager.followups import plan
from saudager.queues.time_travel import settle, travel
from saudager.settings import Settings

_TALK = timedelta(minutes=30)
_STRIDE = timedelta(hours=3)
_TO_THE_END = timedelta(minutes=2)
"""In which what fell due at the end of a stride is written and sent."""
_CALLS_AHEAD = Statement("select min(scheduled_at) from scheduled_calls where status = 'booked' and scheduled_at > :at")


async def pass_time(shop: Shop, until: datetime) -> None:
    """Bring the shop's clock to the moment with everything that falls due on the way.

    In a stride, touches and reminders of calls come at their own moments; the shop's other jobs up to three hours late.
    """
    clock, queues, db = shop.clock, shop.app.queues, shop.app.db
    while until - clock.now() > _TALK:
        await settle(queues)
        now = clock.now()
        due = await db.read(_next_due, shop.app.settings, now=now)
        clock.move_to(min([now + _STRIDE, until, *due]))
        await settle(queues)
        await travel(clock, queues, min(until, clock.now() + _TO_THE_END))
    await travel(clock, queues, max(until, clock.now()))


def _next_due(session: Session, settings: Settings, *, now: datetime) -> list[datetime]:
    """The next touch, and the next call's reminder."""
    touch = plan.next_due(session)
    ahead = timedelta(minutes=settings.call_reminder_minutes)
    call = moment(_CALLS_AHEAD(session, at=now + ahead).fetchone()[0])
    return [due for due in (touch, call and call - ahead) if due is not None and due > now]
