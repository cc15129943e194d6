"""A customer who has ordered is answered where his order is, when it comes and what is in it; never at old prices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager.orders import told
from saudager.providers.llm import Action, Briefing, Decision, OwnOrder
from saudager.providers.llm.offline import OfflineModel
from saudager.providers.llm.offline.own_orders import of_orders
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from saudager.rehearsal import CUSTOMER, Shop
from tests.orders import rows

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
KETTLE = ("kettle", "Чайник Bosch", 2, "12000")
LAMP = ("lamp", "Лампа настольная", 1, "7000")
OPEN = OwnOrder(
    number="496000001",
    heading="Заказ № 496000001 в магазине «Тёплый Дом»",
    is_open=True,
    state="Ваш заказ № 496000001 от 9 марта уже в пути.",
    arrival="Доставка заказа № 496000001 запланирована на 14 марта.",
    contents="В заказе № 496000001: Чайник Bosch — 2 шт.",
    total="Сумма заказа № 496000001 — 24 000 ₸ по ценам того дня, сегодня они могут быть другими.",
)
DONE = OwnOrder(
    number="495000001",
    heading="Заказ № 495000001 в магазине «Тёплый Дом»",
    is_open=False,
    state="Ваш заказ № 495000001 от 1 февраля уже у вас.",
    arrival="",
    contents="В заказе № 495000001: Лампа настольная — 1 шт.",
    total="Сумма заказа № 495000001 — 7 000 ₸ по ценам того дня, сегодня они могут быть другими.",
)


def said(asked: str, *orders: OwnOrder) -> list[str]:
    found = of_orders(asked, orders or (OPEN, DONE))
    return [f"{one.said}." for one in found.answers] if found else []


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("Где мой заказ?", [OPEN.state, OPEN.arrival]),
        ("где заказ", [OPEN.state, OPEN.arrival]),
        ("Подскажите статус заказа", [OPEN.state, OPEN.arrival]),
        ("Мой заказ уже отправили?", [OPEN.state, OPEN.arrival]),
        ("что с моим заказом", [OPEN.state, OPEN.arrival]),
        ("Заказ 495000001 где?", [DONE.state]),
        ("Когда привезут?", [OPEN.arrival]),
        ("Когда доставят мой заказ?", [OPEN.arrival]),
        ("когда привезёте чайник", [OPEN.arrival]),
        ("Что я заказал?", [OPEN.contents]),
        ("что в моём заказе 495000001", [DONE.contents]),
        ("Сколько я заплатил за заказ?", [OPEN.total]),
        ("здравствуйте, хочу узнать где мой заказ", [OPEN.state, OPEN.arrival]),
        ("Можно забирать заказ?", [OPEN.state, OPEN.arrival]),
        ("Заказ 496000001 когда будет?", [OPEN.arrival]),
        ("zakaz qayda", [OPEN.state, OPEN.arrival]),
        ("Тапсырысым қайда?", [OPEN.state, OPEN.arrival]),
        ("Қашан жеткізесіздер?", [OPEN.arrival]),
        ("Мен не тапсырыс бердім?", [OPEN.contents]),
        ("Where is my order?", [OPEN.state, OPEN.arrival]),
        ("When will it arrive?", [OPEN.arrival]),
        ("What did I order?", [OPEN.contents]),
    ],
)
def test_questions_about_an_order_are_answered_from_it(asked: str, answer: list[str]):
    assert said(asked) == answer


@pytest.mark.parametrize(
    "asked",
    [
        "Сколько стоит чайник Bosch?",
        "Сколько стоит чайник из моего заказа?",
        "Какая цена на лампу?",
        "Чайник Bosch бағасы қанша?",
        "How much is the kettle?",
        "Хочу сделать заказ",
        "Как оформить заказ?",
        "Можно заказать ещё один?",
        "Если закажу сегодня, когда привезёте?",
        "Когда доставите окно в Астану?",
        "Где вы находитесь?",
        "Где заказ 111222333?",
        "Есть доставка?",
        "Мне пришёл не тот заказ",
        "Хочу отменить заказ",
        "Почему заказ не привезли?",
        "Где можно забрать заказ?",
        "Когда приедете на замер?",
        "Какая гарантия на чайник?",
        "Спасибо",
        "Тапсырыс бергім келеді",
        "How do I place an order?",
    ],
)
def test_other_questions_are_left_to_the_shops_documents(asked: str):
    assert said(asked) == []


def test_after_the_last_order_came_nothing_is_awaited():
    assert said("Когда привезут?", DONE) == []
    assert said("Где мой заказ?", DONE) == [DONE.state]
    assert of_orders("Где мой заказ?", ()) is None


async def test_a_day_nobody_knows_is_asked_of_a_person():
    unplanned = OwnOrder("496000001", "", True, OPEN.state, "", OPEN.contents, OPEN.total)
    briefing = Briefing("", "", [], ["Когда привезут мой заказ?"], [], NOW, orders=[unplanned])
    decision = (await OfflineModel().decide(briefing)).value
    assert decision.reply == f"Здравствуйте! {OPEN.state} По остальному уточню и напишу вам."
    assert decision.actions == [Action(kind="hand_over", detail="Когда привезут мой заказ?")]


def _two_orders(session: Session, contact: int) -> None:
    market = rows.shop(session, at=NOW)
    rows.order(session, market, at=NOW - timedelta(days=30), contact=contact, code="495000001", lines=[LAMP])
    rows.order(
        session, market, at=NOW - timedelta(days=2), contact=contact, code="496000001", lines=[KETTLE, LAMP],
        stage=Stage.READY, state="KASPI_DELIVERY", handed_over_at=NOW - timedelta(days=1),
        planned_delivery_at=NOW + timedelta(days=3),
    )  # fmt: skip


async def buyers_shop(open_shop: Any, model: Any = None, **settings: Any) -> Shop:
    """A shop with a customer who has two orders."""
    shop: Shop = await open_shop(model=model, **settings)
    await shop.ask_as_customer("Здравствуйте")
    contact = await shop.contact()
    await shop.app.db.run(_two_orders, contact.id)
    return shop


@pytest.mark.both_kinds
async def test_a_buyer_asks_the_whole_house_in_three_languages(open_shop: Any):
    shop = await buyers_shop(open_shop)
    for asked, answer in (
        (
            "Где мой заказ?",
            "Ваш заказ № 496000001 от 9 марта уже в пути. Доставка заказа № 496000001 запланирована на 14 марта.",
        ),
        ("Что я заказал?", "В заказе № 496000001: Чайник Bosch — 2 шт., Лампа настольная — 1 шт."),
        ("А заказ 495000001 где?", "Ваш заказ № 495000001 от 9 февраля уже у вас."),
        ("Тапсырысым қашан келеді?", "№ 496000001 тапсырысыңызды жеткізу күні — 14 наурыз."),
        ("Where is my order?", "Your order № 496000001 of 9 March is on its way. The delivery of your order"),
    ):
        [reply] = await shop.ask_as_customer(asked)
        assert answer in reply
    assert await shop.desk() == []


async def test_what_he_once_paid_is_no_price_of_today(open_shop: Any):
    shop = await buyers_shop(open_shop)
    for asked in ("Сколько стоит чайник Bosch?", "Какая цена на настольную лампу?"):
        [reply] = await shop.ask_as_customer(asked)
        assert "12 000" not in reply
        assert "24 000" not in reply
        assert "7 000" not in reply


@pytest.mark.parametrize(
    "reply",
    [
        "В вашем заказе № 496000001 вы заплатили за всё 31 000 ₸, он уже в пути.",
        "Ваш заказ в пути, привезут его 14 марта.",
        "Вы заказали 2 чайника Bosch и лампу, сумма заказа 31 000 ₸.",
        "Заказ № 495000001 доставлен, а 496000001 отправлен.",
    ],
)
async def test_what_a_model_says_of_an_order_is_proved_by_it(open_shop: Any, reply: str):
    shop = await buyers_shop(open_shop, ScriptedModel(lambda _: Decision(reply=reply)))
    assert await shop.ask_as_customer("расскажите про мой заказ, пожалуйста") == [reply]


@pytest.mark.parametrize(
    "reply",
    [
        "Лампа настольная стоит 7 000 ₸.",
        "Ваш заказ в пути. Лампа настольная — 7 000 ₸, берёте ещё одну?",
        "Ваш заказ привезут 15 марта.",
        "Сумма заказа № 496000001 — 32 000 ₸.",
        "Ваш заказ: 3 чайника Bosch.",
        "Заказ № 496000002 уже в пути.",
    ],
)
async def test_what_no_order_proves_is_not_said(open_shop: Any, reply: str):
    shop = await buyers_shop(open_shop, ScriptedModel(lambda _: Decision(reply=reply)))
    [sent] = await shop.ask_as_customer("а лампа сколько, и когда привезут мой заказ?")
    assert reply not in sent
    assert "7 000" not in sent


async def test_a_hosted_model_reads_the_orders_in_its_instructions(open_shop: Any):
    model = ScriptedModel(lambda briefing: "Ваш заказ уже в пути.")
    shop = await buyers_shop(open_shop, model)
    await shop.ask_as_customer("Где мой заказ?")
    last = model.briefings[-1]
    assert "[Заказы покупателя] Заказ № 496000001 в магазине «Тёплый Дом»: Ваш заказ" in last.instructions
    assert "31 000 ₸ по ценам того дня" in last.instructions
    assert [one.number for one in last.orders] == ["496000001", "495000001"]
    assert told.SOURCE not in {fact.file for fact in last.facts}


async def test_who_has_ordered_nothing_costs_no_statement_more(open_shop: Any, monkeypatch: pytest.MonkeyPatch):
    asked_for: list[int] = []

    def watched(*args: Any, **circumstances: Any) -> list[OwnOrder]:
        asked_for.append(args[1])
        return []

    monkeypatch.setattr(told, "orders", watched)
    shop: Shop = await open_shop()
    await shop.ask_as_customer("Где мой заказ?")
    assert asked_for == []
    contact = await shop.contact(CUSTOMER)
    await shop.app.db.run(_two_orders, contact.id)
    await shop.ask_as_customer("Где мой заказ?")
    assert asked_for == [contact.id]
