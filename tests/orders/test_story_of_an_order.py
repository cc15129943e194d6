"""The story of an order: thanks, ready, delivered, a review, an answer, a talk that knows it; each thing once."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from saudager.bench.kaspi_shop import Item, KaspiShop
from saudager.clock import MovableClock
from saudager.conversations.models import Conversation, Message
from saudager.orders import shops, sync
from saudager.orders.models import Order, OrderTrigger
from saudager.phones import chat_with
from saudager.rehearsal import OPENING, Shop, rehearse

pytestmark = pytest.mark.slow

PHONE = "77015550101"
CHAT = chat_with(PHONE)
KETTLE = Item("SKU-1", "Чайник Ромашка", 1, Decimal(9990))


@dataclass
class Story:
    """A house that reads its shop's orders from a Kaspi over real HTTP."""

    house: Shop
    kaspi: KaspiShop

    async def looks(self, times: int = 1) -> None:
        """Time goes by for so many looks at Kaspi."""
        await self.house.time_passes(minutes=5 * times + 1)

    async def dies_amid_a_look(self) -> None:
        """The reader of the shop is gone when it has asked once."""
        asked = len(self.kaspi.asked)
        look = asyncio.create_task(sync.look(self.house.app, 1, owner="mortal"))
        while len(self.kaspi.asked) == asked:
            await asyncio.sleep(0)
        look.cancel()
        assert isinstance((await asyncio.gather(look, return_exceptions=True))[0], asyncio.CancelledError)

    async def later(self, **span: float) -> None:
        self.house.clock.move_to(self.house.clock.now() + timedelta(**span))
        await self.looks()

    async def said(self) -> list[str]:
        """What the buyer was told, oldest first."""
        query = (
            select(Message.text)
            .join(Conversation)
            .where(Conversation.chat == CHAT, Message.author == "bot")
            .order_by(Message.id)
        )
        return list(await self.house.app.db.read(lambda session: session.scalars(query).all()))

    async def became(self, code: str) -> dict[str, tuple[str, str | None]]:
        query = select(OrderTrigger).join(Order).where(Order.code == code).order_by(OrderTrigger.id)
        rows = await self.house.app.db.read(lambda session: session.scalars(query).all())
        return {row.trigger: (row.state, row.reason) for row in rows}


async def connect(story: Story) -> None:
    app = story.house.app
    await app.db.run(
        shops.connect,
        "Kaspi",
        marketplace="kaspi",
        sealed_config=app.vault.seal(json.dumps(story.kaspi.form)),
        account=None,
        writes=True,
        now=app.clock.now(),
    )
    await story.later(minutes=30)


@pytest.mark.both_kinds
async def test_an_order_from_thanks_to_a_talk_about_it(settings: Callable[..., Any]):
    clock = MovableClock(OPENING)
    async with KaspiShop(now=clock.now) as kaspi:
        async with rehearse(settings(), clock=clock) as house:
            story = Story(house, kaspi)
            await connect(story)
            code = kaspi.place(phone=PHONE[1:], items=[KETTLE])
            await story.looks(10)
            (thanks,) = await story.said()
            assert code in thanks
            kaspi.move(code, state="PICKUP", status="ACCEPTED_BY_MERCHANT")
            await story.looks()
            assert len(await story.said()) == 2
            kaspi.move(code, state="NEW", status="APPROVED_BY_BANK")  # an older answer comes late
            await story.looks()
            kaspi.move(code, state="ARCHIVE", status="COMPLETED")
            await story.dies_amid_a_look()
        async with rehearse(settings(), clock=clock) as house:
            story = Story(house, kaspi)
            await story.looks(10)
            thanks, ready, delivered = await story.said()
            assert code in ready and code in delivered
            kaspi.fail_always("code", "500")
            await story.later(days=3)
            assert (await story.became(code))["REVIEW_REQUEST"] == ("waiting", "not_read")
            kaspi.heal()
            await story.later(hours=1)
            review = (await story.said())[-1]
            assert code in review and "стоп" in review
            assert kaspi.requests["code"] >= 1
            await house.customer_says("Спасибо, всё хорошо! Напомните, что я у вас заказал?", chat=CHAT)
            await house.time_passes(minutes=1)
            told = await story.said()
            assert len(told) == 5 and "Ромашка" in told[-1]
            await story.looks(3)
            assert len(await story.said()) == 5
            assert set((await story.became(code)).values()) == {("written", None), ("refused", "off")}


async def test_a_cancelled_order_and_a_stop_end_what_was_still_to_come(open_shop):
    house = await open_shop()
    async with KaspiShop(now=house.clock.now) as kaspi:
        story = Story(house, kaspi)
        await connect(story)
        first, second = kaspi.place(phone=PHONE[1:], items=[KETTLE]), kaspi.place(phone=PHONE[1:], items=[KETTLE])
        await story.looks()
        for code in (first, second):
            kaspi.move(code, state="ARCHIVE", status="COMPLETED")
        await story.looks()
        assert len(await story.said()) == 3, "a fourth on one day waits"
        kaspi.move(first, status="RETURNED")
        await house.customer_says("стоп", chat=CHAT)
        await house.time_passes(minutes=1)
        heard = len(await story.said())
        await story.later(days=3)
        assert (await story.became(first))["REVIEW_REQUEST"] == ("stopped", "returned")
        assert (await story.became(second))["REVIEW_REQUEST"] == ("refused", "opted_out")
        third = kaspi.place(phone=PHONE[1:], items=[KETTLE])
        await story.looks()
        assert await story.became(third) == {"POST_PURCHASE": ("refused", "opted_out")}
        assert len(await story.said()) == heard
