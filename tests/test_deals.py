"""A customer who says yes has a deal, and the merchant hears of it at once with a summary of the talk."""

import pytest
from sqlalchemy import select, update

from saudager.agent.agreement import is_offer, takes
from saudager.agent.summary import LONGEST
from saudager.conversations.models import Contact
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER, Shop
from saudager.sales import deals
from saudager.sales.models import Deal

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

OWNER = "77470000000"
ON_HIS_PHONE = f"{OWNER}@c.us"
OFFER = "Окно подойдёт. Оформляем заказ?"


@pytest.fixture
def shop_of(open_shop):
    async def open_one(*replies, **values):
        shop: Shop = await open_shop(model=ScriptedModel(replies), alert_numbers=(OWNER,), **values)
        return shop

    return open_one


async def _say(shop, *lines, chat=CUSTOMER):
    before = len(shop.answers(chat))
    await shop.customer_says(*lines, chat=chat)
    await shop.time_passes(seconds=30)
    return shop.answers(chat)[before:]


def _alerts(shop):
    return [line for line in shop.answers(ON_HIS_PHONE) if not line.startswith("Итоги")]


async def _deals(shop):
    return await shop.app.db.read(lambda session: session.scalars(select(Deal).order_by(Deal.id)).all())


async def test_a_yes_to_an_offer_opens_a_deal_and_tells_the_merchant(shop_of):
    shop = await shop_of(OFFER, "Отлично, тогда уточню детали.")
    await _say(shop, "Сколько стоит окно 150 на 150?")
    assert await _say(shop, "Да, давайте") == ["Отлично, тогда уточню детали."]
    (deal,) = await _deals(shop)
    (alert,) = _alerts(shop)
    assert alert == f"Клиент согласился!\n{deal.summary}"
    assert deal.summary.splitlines() == [
        "Без имени, +77010000001",
        "Клиент: Сколько стоит окно 150 на 150?",
        f"Продавец: {OFFER}",
        "Клиент: Да, давайте",
        f"Договорились: {OFFER}",
    ]


async def test_the_summary_names_who_it_is_and_stays_short(shop_of):
    shop = await shop_of("Расскажу, как мы ставим окна в частном доме зимой и летом. " + OFFER, "Отлично.")
    await _say(shop, *("Здравствуйте, хочу заказать окна в дом, и ещё вот что важно " * 3 for _ in range(6)))
    named = update(Contact).values(name="Айгерим")
    await shop.app.db.run(lambda session: session.execute(named) and None)
    await _say(shop, "Да")
    (deal,) = await _deals(shop)
    assert deal.summary.startswith("Айгерим, +77010000001\n")
    assert len(deal.summary) <= LONGEST
    assert deal.summary.splitlines()[-1].startswith("Договорились: ")


async def test_a_yes_to_a_question_that_offers_nothing_is_no_deal(shop_of):
    shop = await shop_of("Вы писали нам раньше?", "Вам с доставкой?", "Понял.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await _say(shop, "Да")
    await _say(shop, "Да")
    assert await _deals(shop) == []
    assert _alerts(shop) == []


async def test_no_and_maybe_and_a_question_are_no_deal(shop_of):
    shop = await shop_of(OFFER, OFFER, OFFER, "Хорошо.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await _say(shop, "Я подумаю")
    await _say(shop, "Нет, не надо")
    await _say(shop, "А доставка есть?")
    assert await _deals(shop) == []


async def test_words_of_taking_are_a_deal_where_only_a_price_was_named(shop_of):
    shop = await shop_of("Рады помочь с окном.", "Отлично.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await _say(shop, "Беру")
    assert len(await _deals(shop)) == 1


async def test_a_yes_to_a_follow_up_is_a_deal(shop_of):
    shop = await shop_of("Рады помочь с окном.", "Отлично.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await shop.time_passes(hours=30)
    assert len(await shop.messages()) == 3
    await _say(shop, "Да, давайте")
    (deal,) = await _deals(shop)
    assert "Договорились: Здравствуйте! " in deal.summary
    assert len(_alerts(shop)) == 1


async def test_a_yes_to_a_person_of_the_shop_is_the_persons(shop_of):
    shop = await shop_of("Рады помочь с окном.", "Отлично.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await shop.person_says(OFFER)
    await _say(shop, "Да, давайте")
    await shop.time_passes(hours=5)
    assert await _deals(shop) == []


async def test_a_customer_has_one_open_deal_and_a_yes_of_another_day_is_told_again(shop_of):
    shop = await shop_of(OFFER, OFFER, OFFER, "Отлично.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await _say(shop, "Да")
    await _say(shop, "Да, давайте")
    assert len(_alerts(shop)) == 1
    await shop.time_passes(hours=23)
    await _say(shop, "Да, берём ещё одно")
    assert len(await _deals(shop)) == 1
    assert [line.splitlines()[0] for line in _alerts(shop)] == ["Клиент согласился!", "Клиент снова согласился."]


async def test_a_closed_deal_makes_room_for_the_next(shop_of):
    shop = await shop_of(OFFER, "Хорошо. Записать вас на замер?", "Отлично.")
    await _say(shop, "Здравствуйте, сколько стоит окно?")
    await _say(shop, "Да")
    contact = await shop.contact()
    now = shop.clock.now()
    assert await shop.app.db.run(deals.open_deal, contact.id, 1, "", now) is None
    await shop.app.db.run(lambda session: session.execute(update(Deal).values(closed_at=now)) and None)
    await _say(shop, "Да")
    assert len(await _deals(shop)) == 2


OFFERS = [
    "Оформляем заказ?",
    "Могу забронировать за вами этот столик. Бронируем?",
    "Записать вас на замер завтра?",
    "Подходит?",
    "Вас устраивает такая цена?",
    "Выставить вам счёт?",
    "Хотите оформить сегодня?",
    "Привезти вам в среду?",
    "Можем созвониться. Вам удобно?" + " Созвонимся?",
    "Рәсімдейік пе?",
    "Сізге қолайлы ма?",
    "Тапсырыс бересіз бе?",
    "Shall I place the order?",
    "Would you like to book it?",
    "Does it suit you?",
]
QUESTIONS = [
    "Вы писали нам раньше?",
    "Вы уже заказывали у нас?",
    "Вы у нас раньше покупали?",
    "Вам с доставкой?",
    "Какой размер подойдёт?",
    "Когда вам удобно созвониться?",
    "Куда доставить?",
    "Вы берёте для себя или в подарок?",
    "Посчитать вам всё вместе?",
    "Подскажите, что вы подбираете?",
    "К какому сроку вам нужно?",
    "Оформили заказ, ждите.",
    "Есть ли у вас замеры?",
    "Сізге қай уақытқа керек?",
    "Have you ordered from us before?",
    "When do you need it?",
    "Вы получили прайс?",
]


@pytest.mark.parametrize("line", OFFERS)
def test_a_question_that_would_commit_the_customer_is_an_offer(line):
    assert is_offer(line)


@pytest.mark.parametrize("line", QUESTIONS)
def test_a_question_that_only_asks_is_none(line):
    assert not is_offer(line)


@pytest.mark.parametrize("line", ["Беру", "оформляйте", "Да, заказываю две", "аламын", "I'll take it"])
def test_words_of_taking_are_known(line):
    assert takes(line)


@pytest.mark.parametrize("line", ["Не беру", "да", "хорошо", "сколько берёте за доставку?", "оформление платное?"])
def test_other_words_take_nothing(line):
    assert not takes(line)
