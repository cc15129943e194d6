"""The hosted model is away for a minute: the offline engine answers meanwhile, and the hosted one afterwards."""

import itertools
from collections import Counter

import pytest

from saudager.attention import Why
from saudager.rehearsal import OPENING, Shop, rehearse
from tests.fakes.models import KEY, FakeModels

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит окно?"
ANSWER = {"reply": "Здравствуйте! Уточните, пожалуйста, какое окно вы ищете?", "actions": []}
VERDICT = {"isClient": True, "confidence": 0.95, "reasoning": "Спрашивает о цене."}


async def test_while_the_model_is_down_for_a_minute_everybody_is_answered_once_and_then_it_is_asked_again(settings):
    async with FakeModels() as models:
        vendor = models.compatible
        vendor.answers(lambda asked: VERDICT if "confidence" in str(asked.schema) else ANSWER)
        own = {"compatible_base_url": vendor.base_url, "compatible_model": "own-model", "compatible_api_key": KEY}
        async with rehearse(settings(**own, engine_deadline=1), hosted=True) as shop:
            before = [await _writes(shop, number) for number in range(5)]
            vendor.fail_always(itertools.cycle(("cut", "server", "hang", "cut_halfway")))
            during = [await _writes(shop, number) for number in range(5, 17)]
            assert (shop.clock.now() - OPENING).total_seconds() == 17 * 5
            vendor.heal()
            await shop.time_passes(minutes=5)
            after = [await _writes(shop, number) for number in range(17, 22)]
            await shop.time_passes(minutes=1)
            assert [len(shop.answers(chat)) for chat in (*before, *during, *after)] == [1] * 22
            engines = [
                Counter([(await shop.turns(chat))[0].trace["model"] for chat in chats])
                for chats in (before, during, after)
            ]
            print(f"\nanswered before, while down, after: {[dict(one) for one in engines]}; calls {vendor.calls}")  # noqa: T201
            assert engines == [{"compatible": 5}, {"offline": 12}, {"compatible": 5}]
            assert Why.ENGINE not in [entry.kind for entry in await shop.desk()]


async def _writes(shop: Shop, number: int) -> str:
    """A new customer asks, and five seconds pass."""
    chat = f"7701{number:07}@c.us"
    await shop.customer_says(PRICE, chat=chat)
    await shop.time_passes(seconds=5)
    return chat
