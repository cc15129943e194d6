"""Two hundred deliveries at one moment: paced, capped by the day, begun slowly, and nobody gets more than he may."""

import re
from collections import Counter as Count
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from saudager.bootstrap import SIMULATOR
from saudager.contracts import IncomingMessage
from saudager.conversations import inbox
from saudager.orders.models import OrderTrigger
from saudager.outreach.models import OutreachVerdict
from saudager.phones import chat_with
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from tests.orders.counter import DAY, Counter

pytestmark = pytest.mark.slow

PHONES = [f"7701{number:07}" for number in range(200)]

TASKS_AT_ONCE = 4
"""Tasks a process works at once: several may write to buyers, and each knows what a day has left."""


async def all_deliver(counter, phones=PHONES):
    """Every buyer's order turns out to be delivered, in one look."""
    await counter.many_come(Stage.DELIVERED, phones)


async def all_know_us(counter, phones=PHONES):
    """The buyers have written to the shop before."""

    def write(session):
        for number, phone in enumerate(phones):
            at = counter.now - 30 * DAY
            line = IncomingMessage(
                id=f"line-{number}",
                created_at=at,
                account=SIMULATOR,
                phone_number=phone,
                chat=chat_with(phone),
                message_id=f"line-{number}",
                message_text="Здравствуйте",
                sent_at=at,
            )
            inbox.receive(session, line, now=at)

    await counter.run(write)


async def states(counter, trigger="ORDER_DELIVERED"):
    """How many of the messages are in which state, and why."""
    query = select(OrderTrigger.state, OrderTrigger.reason).where(OrderTrigger.trigger == trigger)
    rows = await counter.house.app.db.read(lambda session: session.execute(query).all())
    return Count((row.state, row.reason) for row in rows)


async def by_day(counter, **chosen):
    """Messages that went, by the day in Almaty."""
    query = select(OutreachVerdict).where(OutreachVerdict.verdict == "write").filter_by(**chosen)
    rows = await counter.house.app.db.read(lambda session: session.scalars(query).all())
    zone = counter.house.app.settings.zone
    return Count(row.counted_at.astimezone(zone).date().isoformat() for row in rows if row.fate == "sent")


@pytest.mark.both_kinds
async def test_strangers_are_met_a_few_a_day_and_the_rest_is_told_nothing_stale(open_shop):
    asked = []

    def thanks(task):
        asked.append(task)
        number = re.search(r"Номер заказа: (\w+)", task.instructions)[1]
        return f"Здравствуйте! Это магазин «Тёплый Дом». Вы получили заказ № {number}, спасибо."

    model = ScriptedModel(writes=thanks)
    counter = await Counter.open(await open_shop(model=model, first_contacts_per_day=20))
    await all_deliver(counter)
    assert 5 <= len(asked) <= 5 * TASKS_AT_ONCE, "a model is asked for what will not go"
    assert await states(counter) == {("written", None): 5, ("waiting", "first_contacts_today"): 195}
    for _ in range(2):
        await counter.later(days=1)
    assert await by_day(counter) == {"2026-03-11": 5, "2026-03-12": 5}
    assert await states(counter) == {("written", None): 10, ("stopped", "too_late"): 190}


async def test_buyers_who_know_us_are_told_as_many_as_a_day_may_hold(open_shop):
    counter = await Counter.open(await open_shop(model=ScriptedModel(), outreach_per_day=150))
    await all_know_us(counter)
    await all_deliver(counter)
    assert await states(counter) == {("written", None): 150, ("waiting", "daily_cap"): 50}
    await counter.later(hours=23)
    assert await by_day(counter) == {"2026-03-11": 150, "2026-03-12": 50}
    assert all(len(counter.got(phone)) == 1 for phone in PHONES)


@pytest.mark.both_kinds
async def test_nobody_gets_more_than_three_messages_about_orders_a_day(open_shop):
    counter = await Counter.open(await open_shop(model=ScriptedModel()))
    await counter.many_come(Stage.READY, PHONES[:1] * 8)
    assert await states(counter, "ORDER_READY") == {("written", None): 3, ("waiting", "enough_today"): 5}
    await counter.later(days=1)
    assert len(counter.got(PHONES[0])) == 6
    await counter.later(days=2)
    assert len(counter.got(PHONES[0])) == 6, "the rest is stale by then"


async def test_what_is_written_leaves_at_the_pace_of_the_number(open_shop):
    counter = await Counter.open(await open_shop(model=ScriptedModel(), sends_per_minute=6))
    await all_know_us(counter, PHONES[:30])
    await all_deliver(counter, PHONES[:30])
    left = []
    counter.house.phone.on_sent = lambda line: left.append(counter.now)
    await counter.house.time_passes(minutes=10)
    apart = [later - earlier for earlier, later in pairwise(left)]
    assert len(left) >= 29 and min(apart) >= timedelta(seconds=10)
