"""The merchant's own number is told things and is no customer."""

from typing import Any

from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop

MERCHANT = "77019990000@c.us"


async def test_what_the_merchant_types_back_to_an_alert_is_not_answered(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(), alert_numbers="77019990000")
    await shop.customer_says("Позвоните мне завтра в 15:00, хочу заказать окно")
    await shop.time_passes(seconds=30)
    (told,) = shop.answers(MERCHANT)
    assert "Назначен созвон" in told and "12 марта" in told
    await shop.customer_says("Хорошо, сколько стоит окно?", chat=MERCHANT)
    await shop.time_passes(minutes=2)
    assert shop.answers(MERCHANT) == [told]
