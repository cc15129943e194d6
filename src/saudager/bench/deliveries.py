"""Two hundred deliveries at one moment: how they are written about day by day, nobody more than he may."""

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.bench import processor, settings
from saudager.contracts import IncomingMessage
from saudager.conversations import inbox
from saudager.conversations.models import Message
from saudager.orders import intake, shops
from saudager.orders.models import OrderTrigger, Trigger
from saudager.outreach.models import OutreachVerdict
from saudager.phones import chat_with
from saudager.providers.marketplace import Buyer, Line, MarketOrder, Stage
from saudager.rehearsal import OPENING, Shop, rehearse

_DELIVERIES = 200
_A_DAY, _STRANGERS_A_DAY, _A_MINUTE = 80, 20, 20
_KETTLE = Line(0, "SKU-1", "Чайник", "Чайники", "kettles", Decimal(1), Decimal(9990), Decimal(9990))
Row = dict[str, Any]


async def at_one_moment(scale: float) -> Row:
    """Half of the buyers have written to the shop before; its number is new and keeps to so many a day and a minute."""
    count = max(2, int(_DELIVERIES * scale))
    with tempfile.TemporaryDirectory() as folder:
        limits = {
            "outreach_per_day": _A_DAY,
            "first_contacts_per_day": _STRANGERS_A_DAY,
            "sends_per_minute": _A_MINUTE,
            "ai_seller_triggers": (Trigger.POST_PURCHASE, Trigger.ORDER_READY, Trigger.ORDER_DELIVERED),
        }
        async with rehearse(settings.in_folder(folder, **limits)) as house:
            shop_id = await house.app.db.run(_prepare, count)
            await house.app.db.run(_take, house, shop_id, _orders(count, Stage.READY))
            house.clock.move_to(OPENING + timedelta(days=3))  # what was to be said of the earlier steps is too late
            await house.settles()
            left: list[datetime] = []
            house.phone.on_sent = lambda line: left.append(house.clock.now())
            began, cpu = time.perf_counter(), processor.used()
            await house.app.db.run(_take, house, shop_id, _orders(count, Stage.DELIVERED))
            noted = time.perf_counter() - began
            await house.settles()
            decided, cpu = time.perf_counter() - began, processor.used() - cpu
            await house.time_passes(days=2, hours=1)
            became, most = await house.app.db.read(_became)
            zone = house.app.settings.zone
    return {
        "deliveries": count,
        "noted_s": round(noted, 2),
        "judged_and_written_s": round(decided, 2),
        "cpu_ms_per_delivery": round(cpu / count * 1000, 2),
        "sent_by_day": Counter(at.astimezone(zone).date().isoformat() for at in left),
        "most_a_minute": max(Counter(at.replace(second=0, microsecond=0) for at in left).values()),
        "most_for_one_buyer": most,
        **became,
    }


def _prepare(session: Session, count: int) -> int:
    """A shop, and every second of its buyers wrote to it a month ago."""
    at = OPENING - timedelta(days=30)
    for number in range(0, count, 2):
        line = IncomingMessage(
            id=f"line-{number}",
            created_at=at,
            account="simulator",
            phone_number=_phone(number),
            chat=chat_with(_phone(number)),
            message_id=f"line-{number}",
            message_text="Здравствуйте",
            history=True,
            sent_at=at,
        )
        inbox.receive(session, line, now=at)
    return shops.connect(session, "Bench", marketplace=None, sealed_config=None, account=None, writes=True, now=OPENING)


def _take(session: Session, house: Shop, shop_id: int, orders: Sequence[MarketOrder]) -> None:
    now = house.clock.now()
    intake.take(
        session,
        shops.one(session, shop_id),
        orders,
        read_at=now,
        came_from=intake.FROM_MARKETPLACE,
        vault=house.app.vault,
        settings=house.app.settings,
        now=now,
    )


def _orders(count: int, stage: Stage) -> list[MarketOrder]:
    order = MarketOrder(
        code="",
        id="",
        status=stage.value,
        state="PICKUP",
        stage=stage,
        total=Decimal(9990),
        currency="KZT",
        placed_at=OPENING - timedelta(days=3),
        buyer=Buyer(),
        lines=(_KETTLE,),
    )
    return [
        replace(order, code=f"4960{number:05}", id=f"ORDER-{number}", buyer=Buyer("Покупатель", _phone(number)))
        for number in range(count)
    ]


def _phone(number: int) -> str:
    return f"7701{number:07}"


def _became(session: Session) -> tuple[dict[str, int], int]:
    """How the messages of the deliveries ended, and the most that one buyer got."""
    told = select(OrderTrigger).where(OrderTrigger.trigger == Trigger.ORDER_DELIVERED)
    ended = Counter(row.reason or row.state for row in session.scalars(told))
    sent = select(func.count()).where(OutreachVerdict.verdict == "write", OutreachVerdict.fate == "sent")
    most = session.scalar(
        select(func.count())
        .where(Message.author == "bot")
        .group_by(Message.conversation_id)
        .order_by(func.count().desc())
        .limit(1)
    )
    return dict(ended) | {"sent": session.scalar(sent) or 0}, most or 0
