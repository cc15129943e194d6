"""What the shop lets its salesperson promise: said while it holds, withheld otherwise."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from saudager import promises
from saudager.agent import explaining
from saudager.promises import Wording
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from tests.conftest import OpenShop

TEN = "Да, на две двери сделаем скидку 10 %."
FIFTEEN = "Да, на две двери сделаем скидку 15 %."
DISCOUNT = {"kind": "discount", "words": "Скидка 10 % при заказе от двух дверей", "figure": 10}


async def _promise(shop: Shop, **wording: Any) -> int:
    return await shop.app.db.run(promises.add, Wording(**wording), by="Марат", now=shop.clock.now())


@pytest.mark.both_kinds
async def test_a_discount_that_stands_there_is_said_and_its_source_is_shown(open_shop: OpenShop) -> None:
    shop = await open_shop(model=ScriptedModel([TEN]))
    await _promise(shop, **DISCOUNT)
    assert await shop.ask_as_customer("Есть скидка на двери?") == [TEN]
    turn = (await shop.turns())[-1]
    told = await shop.app.db.read(explaining.why, turn.id)
    assert [(one.place, one.section) for one in told.used] == [("Обещания магазина", "Скидка")]


async def test_a_greater_discount_is_withheld(open_shop: OpenShop) -> None:
    shop = await open_shop(model=ScriptedModel([FIFTEEN, FIFTEEN]))
    await _promise(shop, **DISCOUNT)
    (said,) = await shop.ask_as_customer("Есть скидка на двери?")
    assert "15" not in said


@pytest.mark.parametrize("days", [{"valid_from": date(2026, 3, 12)}, {"valid_until": date(2026, 3, 10)}])
async def test_a_promise_of_another_day_proves_nothing(open_shop: OpenShop, days: dict[str, date]) -> None:
    shop = await open_shop(model=ScriptedModel([TEN, TEN]))
    await _promise(shop, **DISCOUNT | days)
    (said,) = await shop.ask_as_customer("Есть скидка на двери?")
    assert "10 %" not in said


async def test_it_holds_on_its_last_day_in_the_shops_own_zone(open_shop: OpenShop) -> None:
    shop = await open_shop(model=ScriptedModel([TEN]))
    await _promise(shop, **DISCOUNT, valid_from=date(2026, 3, 11), valid_until=date(2026, 3, 11))
    assert await shop.ask_as_customer("Есть скидка на двери?") == [TEN]


async def test_a_promise_taken_back_is_not_said_and_one_taken_up_again_is(open_shop: OpenShop) -> None:
    shop = await open_shop(model=ScriptedModel([TEN, TEN, TEN]))
    number = await _promise(shop, **DISCOUNT)
    await shop.app.db.run(promises.use, number, active=False, by="Марат", now=shop.clock.now())
    assert "10 %" not in (await shop.ask_as_customer("Есть скидка на двери?", chat="77010000002@c.us"))[0]
    await shop.app.db.run(promises.use, number, active=True, by="Марат", now=shop.clock.now())
    assert await shop.ask_as_customer("Есть скидка на двери?", chat="77010000003@c.us") == [TEN]


async def test_the_model_reads_todays_promises_in_its_briefing(open_shop: OpenShop) -> None:
    model = ScriptedModel(["Рассрочка есть."])
    shop = await open_shop(model=model)
    await _promise(
        shop, kind="instalments", words="Рассрочка без процентов", words_kk="Пайызсыз бөліп төлеу", figure=12
    )
    await shop.ask_as_customer("Сколько стоит дверь?")
    assert "[Обещания магазина] Рассрочка: Рассрочка без процентов." in model.briefings[0].instructions
    assert "Пайызсыз бөліп төлеу" in model.briefings[0].instructions


async def test_without_a_model_the_promise_itself_is_the_answer(open_shop: OpenShop) -> None:
    shop = await open_shop()
    await _promise(shop, kind="free_delivery", words="Бесплатно доставляем по городу", figure=50_000)
    (said,) = await shop.ask_as_customer("Доставка у вас бесплатная?")
    assert "от 50 000 ₸" in said


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (DISCOUNT | {"figure": 120}, "figure"),
        (DISCOUNT | {"figure": None}, "figure"),
        (DISCOUNT | {"words": ""}, "words"),
        (DISCOUNT | {"valid_from": date(2026, 3, 2), "valid_until": date(2026, 3, 1)}, "valid_until"),
    ],
)
def test_what_cannot_be_promised_is_told_by_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Wording(**wrong)
    assert [problem["loc"][0] for problem in caught.value.errors()] == [field]
