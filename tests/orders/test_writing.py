"""A message about an order: the model's words when every one of them stands in the order's rows, else our own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.errors import Refused
from saudager.orders import words, writing
from saudager.orders.models import Product, Trigger
from saudager.orders.writing import FALLBACK, Subject, Written
from saudager.providers.llm import Task
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from saudager.rehearsal import Shop
from tests.orders import rows

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
KETTLE = ("kettle", "Чайник Bosch TWK 3A", 1, "12000")


class Writer:
    """Writes these texts one after the other, and keeps what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[Task] = []

    def __call__(self, task: Task) -> str:
        self.asked.append(task)
        return self.texts[min(len(self.asked), len(self.texts)) - 1]


@pytest.fixture
def about(open_shop: Any) -> Callable[..., Any]:
    """A shop whose model writes these texts, and the message about one order in it."""

    async def make(
        trigger: Trigger,
        *texts: str,
        first_contact: bool = False,
        said: str = "",
        offers: bool = False,
        shop_name: str = "Тёплый Дом",
        **order: Any,
    ) -> tuple[Shop, Subject, Writer]:
        writer = Writer(*texts)
        model = ScriptedModel(writes=writer) if texts else None
        shop: Shop = await open_shop(model=model, shop_name=shop_name)
        read = await shop.app.db.run(_placed, shop, trigger, first_contact, said, offers, order)
        return shop, read, writer

    return make


def _placed(
    session: Session, shop: Shop, trigger: Trigger, first_contact: bool, said: str, offers: bool, order: dict[str, Any]
) -> Subject:
    market = rows.shop(session, at=NOW)
    buyer = rows.buyer(session, 1, at=NOW, name=order.pop("name", "Айгүль Серікова"))
    if said:
        rows.say(session, buyer, said, at=NOW)
    usual = {"lines": [KETTLE], "code": "496000001", "stage": Stage.READY}
    placed = rows.order(session, market, at=NOW - timedelta(days=2), contact=buyer, **usual | order)
    if offers:
        for sku, name, price in (("filter", "Фильтр Аквафор", 3490), ("cups", "Чашки Luminarc", 5000)):
            product = Product(
                shop_id=market, sku=sku, name=name, price=Decimal(price), currency="KZT", stock=5, updated_at=NOW
            )
            session.add(product)
            for _ in range(2 if sku == "cups" else 3):
                rows.order(session, market, at=NOW, lines=[KETTLE, (sku, name, 1, str(price))])
    return writing.subject(
        session, placed.id, trigger, first_contact=first_contact, settings=shop.app.settings, now=NOW
    )


async def written(shop: Shop, subject: Subject) -> Written:
    return await writing.write(shop.app, subject, now=NOW)


async def test_what_a_model_writes_from_the_order_goes_out_as_it_is(about: Any):
    good = (
        "Здравствуйте, Айгүль! Это магазин «Тёплый Дом». Ваш заказ № 496000001 (Чайник Bosch TWK 3A, 12 000 ₸) готов, "
        "можно забирать."
    )
    shop, subject, writer = await about(Trigger.ORDER_READY, good)
    assert await written(shop, subject) == Written(good, "scripted", [])
    [task] = writer.asked
    for known in ("Тёплый Дом", "496000001", "Чайник Bosch TWK 3A", "12 000 ₸", "Айгүль", "забирает сам", "русский"):
        assert known in task.instructions
    assert "Серікова" not in task.instructions


@pytest.mark.parametrize(
    ("trigger", "draft", "remark"),
    [
        (Trigger.ORDER_READY, "Здравствуйте! Ваш заказ № 496000001 на 13 000 ₸ готов.", "13 000"),
        (Trigger.ORDER_READY, "Здравствуйте! Заказ № 496000002 готов.", "496000002"),
        (Trigger.ORDER_READY, "Здравствуйте! Ваш заказ № 496000001 отгружен, курьер уже выехал.", "отгружен"),
        (Trigger.ORDER_READY, "Здравствуйте! Заказ № 496000001 готов, привезём 15 марта.", "15 марта"),
        (Trigger.POST_PURCHASE, "Здравствуйте! Заказ № 496000001 доставлен.", "доставлен"),
        (Trigger.POST_PURCHASE, "Спасибо за заказ № 496000001! Дарим скидку 5 % на следующий.", "5 %"),
        (Trigger.REVIEW_REQUEST, "Как вам заказ № 496000001? За отзыв дадим бонус.", "бонус"),
        (Trigger.REVIEW_REQUEST, "Как вам заказ № 496000001? За отзыв вас ждёт сюрприз.", "сюрприз"),
        (Trigger.ORDER_DELIVERED, "Спасибо за заказ № 496000001! У нас распродажа, заходите.", "распродажа"),
        (Trigger.ORDER_READY, "Ваш заказ № 496000001 возвращён, деньги на карте.", "возвращен"),
        (Trigger.ORDER_DELIVERED, "Спасибо за заказ № 496000001! Подробности: bit.ly/xyz", "bit.ly"),
        (Trigger.ORDER_DELIVERED, "Спасибо за заказ № 496000001! Подробности: goo.gl/xyz", "goo.gl"),
        (Trigger.ORDER_READY, "Заказ № 496000001 готов. Курьер приедет сегодня.", "сегодня"),
        (Trigger.POST_PURCHASE, "Спасибо за заказ № 496000001! Переведите предоплату.", "переведите"),
        (Trigger.ORDER_DELIVERED, "Спасибо за заказ № 496000001! Не подойдёт — вернём деньги.", "вернём деньги"),
        (Trigger.POST_PURCHASE, "Спасибо за заказ № 496000001! Успейте, осталось мало.", "успейте"),
        (Trigger.ORDER_DELIVERED, "Как модель ИИ, я рада, что заказ № 496000001 у вас.", "о себе"),
        (Trigger.ORDER_READY, "Заказ № 496000001.", "коротко"),
        (Trigger.ORDER_DELIVERED, "Здравствуйте, Марат! Вы получили заказ № 496000001.", "марат"),
        (
            Trigger.ORDER_DELIVERED,
            "Спасибо за заказ № 496000001! Подробности: https://kaspi.example/1",
            "kaspi.example",
        ),
    ],
)
async def test_what_no_row_shows_is_asked_to_be_written_again_and_then_said_by_us(
    about: Any, trigger: Trigger, draft: str, remark: str
):
    shop, subject, writer = await about(trigger, draft)
    sent = await written(shop, subject)
    assert sent.engine == FALLBACK
    assert draft not in sent.text
    assert "496000001" in sent.text
    assert [len(task.remarks) > 0 for task in writer.asked] == [False, True]
    assert any(remark in told.lower() for told in writer.asked[1].remarks), writer.asked[1].remarks


async def test_a_second_try_that_is_right_goes_out(about: Any):
    good = "Здравствуйте, Айгүль! Пишет магазин «Тёплый Дом»: спасибо за заказ № 496000001."
    shop, subject, _ = await about(Trigger.POST_PURCHASE, "Спасибо за заказ на 99 000 ₸!", good)
    assert await written(shop, subject) == Written(good, "scripted", [])


async def test_who_never_wrote_gets_no_link_and_no_long_text_and_one_offer_at_most(about: Any):
    link = "Здравствуйте! Это магазин «Тёплый Дом». Заказ № 496000001 получен, наш сайт teplo.kz."
    long = f"Здравствуйте! Вы получили заказ № 496000001. {'Надеемся, что вам всё понравилось и подошло. ' * 7}"
    shop, subject, writer = await about(Trigger.POST_PURCHASE, link, long, first_contact=True, offers=True)
    assert [one.sku for one in subject.recommended] == ["filter"]
    sent = await written(shop, subject)
    assert sent.engine == FALLBACK
    assert len(sent.text) <= 300
    assert sent.offered == ["filter"]
    assert "Фильтр Аквафор» — 3 490 ₸" in sent.text
    assert "ссылок" in " ".join(writer.asked[1].remarks)


@pytest.mark.parametrize(
    ("draft", "remark"),
    [
        ("Здравствуйте! Вы получили заказ № 496000001, спасибо за покупку!", "какой магазин"),
        ("Здравствуйте! Это магазин «Тёплый Дом». Спасибо за покупку!", "о каком заказе"),
    ],
)
async def test_who_never_wrote_is_told_who_writes_and_about_which_order(about: Any, draft: str, remark: str):
    shop, subject, writer = await about(Trigger.ORDER_DELIVERED, draft, first_contact=True)
    assert (await written(shop, subject)).engine == FALLBACK
    assert remark in " ".join(writer.asked[1].remarks)
    assert (await written(shop, replace(subject, first_contact=False))).text == draft


async def test_an_offer_names_prices_of_the_catalogue_and_ends_with_the_way_out(about: Any):
    shop, subject, writer = await about(
        Trigger.CROSS_SELL,
        "Здравствуйте, Айгүль! К чайнику из заказа № 496000001 подойдут «Чашки Luminarc» — 4 500 ₸.",
        "Здравствуйте, Айгүль! К чайнику из заказа № 496000001 подойдут «Чашки Luminarc» — 5 000 ₸.",
        offers=True,
    )
    assert [one.sku for one in subject.recommended] == ["filter", "cups"]
    sent = await written(shop, subject)
    assert sent.text.endswith(f"— 5 000 ₸.\n{words.OPT_OUT['ru']}")
    assert (sent.engine, sent.offered) == ("scripted", ["cups"])
    assert "4 500" in " ".join(writer.asked[1].remarks)


async def test_an_offer_that_names_no_product_is_none(about: Any):
    shop, subject, _ = await about(Trigger.CROSS_SELL, "Как вам заказ № 496000001? Есть что предложить.", offers=True)
    sent = await written(shop, subject)
    assert (sent.engine, sent.offered) == (FALLBACK, ["filter", "cups"])


async def test_with_nothing_to_offer_no_offer_is_written(about: Any):
    shop, subject, _ = await about(Trigger.CROSS_SELL)
    assert subject.is_pointless
    with pytest.raises(Refused, match="Предложить нечего"):
        await written(shop, subject)


async def test_thanks_without_the_offer_are_a_service_message(about: Any):
    shop, subject, _ = await about(Trigger.POST_PURCHASE, offers=True)
    assert words.OPT_OUT["ru"] in (await written(shop, subject)).text
    sent = await written(shop, subject.without_offer())
    assert sent.offered == []
    assert words.OPT_OUT["ru"] not in sent.text
    assert "₸" not in sent.text


@pytest.mark.parametrize(
    ("said", "usual", "begins"),
    [("Сәлеметсіз бе, тапсырысым қашан келеді?", "ru", "Сәлеметсіз бе"), ("", "en", "Hello"), ("ok", "kk", "Сәлем")],
)
async def test_a_buyer_is_written_to_in_the_language_he_writes(open_shop: Any, said: str, usual: str, begins: str):
    shop = await open_shop(ai_seller_language=usual)
    order: dict[str, Any] = {}
    subject = await shop.app.db.run(_placed, shop, Trigger.ORDER_DELIVERED, False, said, False, order)
    sent = await written(shop, subject)
    assert (sent.engine, sent.text.startswith(begins)) == (FALLBACK, True)


@pytest.mark.parametrize(
    ("planned", "told"), [(NOW.replace(day=14, hour=20), date(2026, 3, 15)), (NOW - timedelta(days=1), None)]
)
async def test_a_planned_day_is_told_in_the_shops_zone_and_not_once_it_is_past(
    about: Any, planned: datetime, told: date | None
):
    _, subject, _ = await about(Trigger.ORDER_READY, planned_delivery_at=planned)
    assert subject.planned_on == told


async def test_an_order_without_lines_or_name_is_written_about_all_the_same(about: Any):
    shop, subject, _ = await about(Trigger.ORDER_DELIVERED, lines=[], name=None)
    assert (await written(shop, subject)).text == (
        "Здравствуйте! Пишет магазин «Тёплый Дом». Вы получили заказ № 496000001, спасибо за покупку! Если что-то не "
        "так, напишите сюда — поможем."
    )


async def test_a_shop_called_by_its_address_is_named_without_a_link_to_who_never_wrote(about: Any):
    good = "Здравствуйте! Пишет магазин «Mebel». Спасибо за заказ № 496000001."
    shop, subject, _ = await about(Trigger.ORDER_DELIVERED, good, first_contact=True, shop_name="Mebel.kz")
    assert await written(shop, subject) == Written(good, "scripted", [])
    assert all("Mebel»" in line for line in words.lines(subject))


async def test_a_product_called_like_an_offer_is_named_all_the_same(about: Any):
    good = "Вы получили заказ № 496000001 («Чайник Акция»), спасибо!"
    shop, subject, _ = await about(Trigger.ORDER_DELIVERED, good, lines=[("kettle", "Чайник Акция", 1, "12000")])
    assert await written(shop, subject) == Written(good, "scripted", [])
