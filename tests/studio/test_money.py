"""What pictures cost is in the books of the day, and its limit holds for them as for the models that talk."""

from decimal import Decimal

import pytest

from saudager.engines import spend
from saudager.errors import DatabaseFault
from saudager.providers.images import Drawing, Drawn, Painter
from saudager.providers.images.scripted import ScriptedImageModel
from saudager.studio.models import Keeping
from tests.conftest import OpenShop
from tests.studio.easel import angles_of, begun, drawn, engine, flat, gone_on, numbers, painters, told

pytestmark = pytest.mark.slow


async def spent(shop) -> spend.Sum:
    today = shop.clock.now().astimezone(shop.app.settings.zone).date()
    return (await shop.app.db.read(spend.by_day, today))[today]


@pytest.mark.both_kinds
async def test_every_picture_is_counted_even_one_that_is_no_use(open_shop: OpenShop) -> None:
    broken = engine(lambda asked: b"", name="openai", cost=Decimal("0.04"))
    shop = await open_shop(painters=painters(broken, engine(name="gemini")))
    number = await begun(shop)
    await shop.settles()
    assert (await told(shop, number))["state"] == "done"
    counted = await spent(shop)
    assert (counted.usd, counted.calls, counted.unpriced_calls) == (Decimal("0.12"), 6, 3)


async def test_when_the_days_money_is_spent_no_picture_is_begun_until_tomorrow(open_shop: OpenShop) -> None:
    dear = engine(name="openai", cost=Decimal("0.10"))
    shop = await open_shop(painters=painters(dear), daily_budget="0.2 USD", images_at_once=1)
    result = await drawn(shop, keeping=Keeping.SEEDS)
    assert result["state"] == "incomplete"
    assert [one["state"] for one in result["images"]] == ["drawn", "drawn", "failed"]
    assert result["images"][2]["reason"] == (
        "OpenAI: дневной лимит 0.2 USD исчерпан. Продолжите серию после полуночи или поднимите DAILY_BUDGET."
    )
    assert angles_of(dear) == ["front", "side"]
    await shop.time_passes(hours=24)
    (number,) = await numbers(shop)
    assert (await gone_on(shop, number))["state"] == "done"
    assert angles_of(dear) == ["front", "side", "rear"]


async def test_many_at_once_pass_the_limit_by_one_picture_at_most(open_shop: OpenShop) -> None:
    async def after_a_breath(asked) -> bytes:
        await shop.app.db.read(lambda session: None)
        return flat()

    dear = engine(after_a_breath, name="openai", cost=Decimal("0.10"))
    shop = await open_shop(painters=painters(dear), daily_budget="0.5 USD", images_at_once=8)
    await drawn(shop, views=[f"view {number}" for number in range(12)])
    assert len(dear.asked) <= 6


async def test_what_costs_nothing_is_drawn_whatever_is_spent(open_shop: OpenShop) -> None:
    dear, own = engine(name="openai", cost=Decimal(1)), engine(name="compatible")
    shop = await open_shop(painters=painters(dear, own), daily_budget="1 USD")
    result = await drawn(shop)
    assert result["state"] == "done"
    assert [one["engine"] for one in result["images"]] == ["openai", "compatible", "compatible"]
    counted = await spent(shop)
    assert (counted.usd, counted.unpriced_calls) == (Decimal(1), 0)


@pytest.mark.parametrize(
    ("name", "model", "usd"), [("openai", "gpt-image-2", "0.0392"), ("gemini", "gemini-nano-banana-2.1", "0.03885")]
)
async def test_a_vendor_that_tells_tokens_alone_is_counted_by_its_list_price_of_pictures(
    open_shop: OpenShop, name: str, model: str, usd: str
) -> None:
    class TellsTokens(ScriptedImageModel):
        async def draw(self, asked: Drawing) -> Drawn:
            return Drawn(flat(), model, tokens_in=100, tokens_out=1290)

    shop = await open_shop(painters=[Painter(TellsTokens(flat, name=name))])
    await begun(shop, views=["front"])
    await shop.settles()
    assert (await spent(shop)).usd == Decimal(usd)


async def test_a_database_that_cannot_count_it_is_no_reason_to_pay_another_engine(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = engine(name="openai", cost=Decimal("0.04")), engine(name="gemini", cost=Decimal("0.04"))
    shop = await open_shop(painters=painters(first, second))
    number = await begun(shop)

    def note(*_: object) -> None:
        raise DatabaseFault("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(spend, "note", note)
        await shop.settles()
    assert (angles_of(first), angles_of(second)) == (["front"], [])
    await shop.time_passes(hours=1)
    assert (await told(shop, number))["state"] == "done"
    assert angles_of(second) == []
