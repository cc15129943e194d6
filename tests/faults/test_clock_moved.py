"""The machine's clock jumps: a suspended laptop, a wrong battery. Nothing is sent twice, and nothing waits for ever."""

import asyncio
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager.attention import Why
from saudager.clock import MovableClock
from saudager.conversations.models import Author, Message
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from saudager.rehearsal import OPENING, Shop
from tests.product import chat_of, product, until
from tests.verdict import judge, wait_until_done

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит окно?"
WRONG = """
from datetime import timedelta
from pathlib import Path
from saudager.clock import SystemClock

true = SystemClock.now
SystemClock.now = lambda clock: true(clock) + timedelta(seconds=float(Path({file!r}).read_text() or 0))
"""
CHATS = [chat_of(number) for number in range(100, 112)]


class WrongClock(MovableClock):
    """One that somebody sets."""

    def set_to(self, moment: datetime) -> None:
        self._base = moment
        self._wake_due()


@pytest.mark.parametrize(("jump", "answered"), [(timedelta(hours=2), True), (timedelta(days=1), False)])
async def test_a_jump_forward_while_lines_wait_and_the_model_thinks(open_shop, jump, answered):
    hold = asyncio.Event()
    shop: Shop = await open_shop(
        model=ScriptedModel(hold=hold), clock=WrongClock(OPENING), sends_per_minute=20, follow_up_intervals=(720,)
    )
    await _lines_in_every_state(shop, hold, jump)
    await shop.time_passes(hours=3)
    states = await _judge(shop)
    print(f"\n{jump}: {dict(states)}")  # noqa: T201
    assert states["twice"] == states["open"] == 0
    assert states["answered"] + states["shown"] == len(CHATS)
    assert states["answered"] >= (len(CHATS) - 1 if answered else 4)


async def test_a_clock_set_back_by_an_hour_sends_nothing_twice_and_leaves_nothing_longer_than_that(open_shop):
    hold = asyncio.Event()
    shop: Shop = await open_shop(model=ScriptedModel(hold=hold), clock=WrongClock(OPENING), sends_per_minute=0)
    await _lines_in_every_state(shop, hold, timedelta(hours=-1))
    await shop.time_passes(hours=1, minutes=1)
    states = await _judge(shop)
    print(f"\nback an hour: {dict(states)}")  # noqa: T201
    assert +states == {"answered": len(CHATS)}


async def test_a_clock_set_back_by_a_day_leaves_the_account_its_pace_and_its_voice(open_shop):
    shop: Shop = await open_shop(clock=WrongClock(OPENING), sends_per_minute=20)
    assert isinstance(shop.clock, WrongClock)
    shop.clock.move_to(OPENING + timedelta(days=2))
    await shop.ask_as_customer(PRICE)
    shop.clock.set_to(shop.clock.now() - timedelta(days=1))
    for chat in CHATS[:4]:
        await shop.customer_says(PRICE, chat=chat)
    await shop.time_passes(minutes=5)
    moments = sorted(line.sent_at for chat in CHATS[:4] for line in shop.phone.chat(chat) if line.from_us)
    assert len(moments) == 4
    assert min(after - before for before, after in pairwise(moments)) >= timedelta(seconds=3)


@pytest.mark.slow
def test_a_running_shop_whose_clock_is_set_goes_on_at_once(tmp_path: Path) -> None:
    """Two hours forward, more than a day back and forward again: whoever writes then is answered at once; whose line
    was waiting when the clock was set back, once it shows that moment again."""
    offset = tmp_path / "offset"
    offset.write_text("0")
    with product("alone", tmp_path) as (running, _):
        running.prelude = WRONG.format(file=str(offset))
        running.start()
        until(running.is_up, "the product to start")
        for number, hours in enumerate((0, 2, -24, 2)):
            chats = [chat_of(number * 10 + one) for one in range(10)]
            for chat in chats[:5]:
                running.phone.writes(chat, PRICE)
            time.sleep(0.4)
            offset.write_text(str(hours * 3600))
            for chat in chats[5:]:
                running.phone.writes(chat, PRICE)
            until(lambda: set(chats[5:]) <= running.phone.got().keys(), f"answers at {hours:+} hours")  # noqa: B023
        wait_until_done(running, on_the_way=("queued",))  # what left a day ago by the clock is no longer asked about
        running.stop()
        print(f"\n{judge(running)}")  # noqa: T201


async def _lines_in_every_state(shop: Shop, hold: asyncio.Event, jump: timedelta) -> None:
    """A third is answered, a third is thought about, a third has just come when the clock is set."""
    assert isinstance(shop.clock, WrongClock)
    third = len(CHATS) // 3
    hold.set()
    for chat in CHATS[:third]:
        await shop.customer_says(PRICE, chat=chat)
    await shop.time_passes(minutes=1)
    hold.clear()
    for chat in CHATS[third : 2 * third]:
        await shop.customer_says(PRICE, chat=chat)
    await shop.settles()
    shop.clock.move_to(shop.clock.now() + timedelta(seconds=5))
    async with asyncio.timeout(20):
        while len(shop.app.model.briefings) < 2 * third:
            await asyncio.sleep(0.001)
        for chat in CHATS[2 * third :]:
            await shop.customer_says(PRICE, chat=chat)
        while await shop.app.db.read(_lines_heard) < len(CHATS):
            await asyncio.sleep(0.001)
    shop.clock.set_to(shop.clock.now() + jump)
    for _ in range(200):
        await asyncio.sleep(0.001)
    hold.set()
    await shop.settles()


def _lines_heard(session: Session) -> int:
    return session.scalar(select(func.count()).where(Message.author == Author.CUSTOMER)) or 0


async def _judge(shop: Shop) -> Counter[str]:
    states = Counter[str]()
    desk = {entry.about for entry in await shop.desk() if entry.kind != Why.NO_ANSWER_FOUND}
    for chat in CHATS:
        messages = await shop.messages(chat)
        answers = len(shop.answers(chat))
        states["twice"] += answers > 1
        states["open"] += any(line.author == "customer" and line.turn_id is None for line in messages)
        states["answered"] += answers == 1
        states["shown"] += answers == 0 and f"conversation:{messages[0].conversation_id}" in desk
    waiting = await shop.app.db.read(table.depth)
    states["open"] += sum(counts["waiting"] for queue, counts in waiting.items() if queue != "tasks")
    return states
