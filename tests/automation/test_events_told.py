"""Every room tells what happens in it, once, in the transaction in which it happens, with the facts the page names."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.automation.names import TOLD, Kind
from saudager.calls import booking
from saudager.contracts import DeliveryReport, DeliveryState
from saudager.contracts import Kind as LineKind
from saudager.conversations import cases
from saudager.conversations.models import Conversation, Message
from saudager.events import Happened
from saudager.orders import shops, triggers
from saudager.orders.models import Order
from saudager.outreach import consent, suppressed
from saudager.providers.llm import Decision
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from saudager.providers.speech.scripted import ScriptedTranscriber
from saudager.rehearsal import CUSTOMER, OPENING, Shop
from tests.automation.ruled import Ruled
from tests.orders.market import APPROVED, DELIVERED, READY, connected, stored, take

MAIL = "aigul@firm.example"
_KINDS = {Kind.NUMBER: (int, float), Kind.TEXT: str, Kind.TRUTH: bool}


@pytest.fixture
def told(ruled: Ruled) -> Any:
    """The facts of what happened of a kind, oldest first; each is what the page says it is."""

    async def told_of(kind: Happened) -> list[dict[str, Any]]:
        found = [dict(facts) for _, _, facts in await ruled.told(kind)]
        for facts in found:
            assert set(facts) == set(TOLD[kind])
            for fact, value in facts.items():
                assert value is None or isinstance(value, _KINDS[TOLD[kind][fact].kind]), fact
        return found

    return told_of


@pytest.mark.both_kinds
async def test_a_line_is_told_of_when_its_words_are_known_and_history_is_not(ruled: Ruled, told: Any):
    shop = ruled.shop
    await shop.customer_says("Здравствуйте", "Сколько стоит окно?")
    await shop.settles()
    lines = await told(Happened.CUSTOMER_WROTE)
    assert [(line["text"], line["is_first"], line["is_client"]) for line in lines] == [
        ("Здравствуйте", True, None),
        ("Сколько стоит окно?", False, None),
    ]
    again = (await shop.messages())[0]
    await shop.arrives(replace(shop.phone.chat(CUSTOMER)[0], message_id=again.message_id))
    await shop.time_passes(minutes=2)
    await shop.person_says("Добрый день")
    await shop.customer_says("Ещё вопрос")
    await shop.settles()
    lines = await told(Happened.CUSTOMER_WROTE)
    assert [(line["text"], line["is_client"]) for line in lines[2:]] == [("Ещё вопрос", True)]


async def test_a_voice_note_is_told_of_once_in_the_words_it_was_put_into_or_as_unheard(open_shop: Any):
    transcriber = ScriptedTranscriber(["Сколько стоит окно?", ""], listening=3)
    ruled = Ruled(await open_shop(model=ScriptedModel(), transcriber=transcriber))
    transcriber._clock = ruled.shop.clock
    for said, expected in ((b"1", ["Сколько стоит окно?"]), (b"2", ["Сколько стоит окно?", "[голосовое]"])):
        before = await ruled.told(Happened.CUSTOMER_WROTE)
        await ruled.shop.customer_says(None, kind=LineKind.VOICE, file=(said, "audio/ogg; codecs=opus"))
        assert await ruled.told(Happened.CUSTOMER_WROTE) == before
        await ruled.shop.time_passes(minutes=3)
        assert [facts["text"] for *_, facts in await ruled.told(Happened.CUSTOMER_WROTE)] == expected


async def test_a_letter_to_us_is_an_answer_when_there_is_one_of_ours_before_it(ruled: Ruled, told: Any):
    shop = ruled.shop
    await shop.mail_arrives(MAIL, "Каталог недели", not_answered="list")
    await shop.mail_arrives(MAIL, "Сколько стоит стол?", subject="Вопрос")
    await shop.time_passes(minutes=2)
    (ours,) = shop.letters(MAIL)
    assert await told(Happened.LETTER_ANSWERED) == []
    await shop.mail_arrives(MAIL, "Спасибо, беру", answers=ours, subject="Re: Вопрос")
    await shop.settles()
    assert await told(Happened.LETTER_ANSWERED) == [{"subject": "Re: Вопрос", "text": "Спасибо, беру"}]
    assert [line["text"] for line in await told(Happened.CUSTOMER_WROTE)] == ["Сколько стоит стол?", "Спасибо, беру"]

    await shop.app.db.run(_complain, now=shop.clock.now())
    assert await told(Happened.LETTER_BOUNCED) == [{"address": MAIL, "reason": "complained"}]
    assert await told(Happened.CUSTOMER_STOPPED) == [{"wish": "offers"}]


def _complain(session: Session, *, now: Any) -> None:
    id = session.scalars(select(Message.outgoing_id).where(Message.author == "bot")).one()
    report = DeliveryReport(
        id="r", created_at=now, account="x", for_=id, state=DeliveryState.FAILED, reason="spam", suppressed="complained"
    )
    suppressed.note(session, report, now=now)


async def test_a_wish_not_to_be_written_to_is_told_of_and_its_end_is_not(ruled: Ruled, told: Any):
    await ruled.shop.customer_says("Не пишите мне больше")
    await ruled.shop.time_passes(minutes=2)
    assert await told(Happened.CUSTOMER_STOPPED) == [{"wish": "everything"}]
    await ruled.shop.app.db.run(consent.note, 1, consent.RESUME, "пишите", ruled.shop.clock.now())
    assert len(await told(Happened.CUSTOMER_STOPPED)) == 1


async def test_a_conversation_is_handed_over_once_a_case(ruled: Ruled, told: Any):
    shop = ruled.shop
    await shop.customer_says("Позовите человека")
    await shop.time_passes(minutes=2)
    (handed,) = await told(Happened.HANDED_OVER)
    assert handed["reason"]
    await shop.app.db.run(_hand_over, shop)
    assert len(await told(Happened.HANDED_OVER)) == 1


def _hand_over(session: Session, shop: Shop) -> None:
    conversation = session.get_one(Conversation, 1)
    cases.open_case(session, conversation, "ещё раз", "", shop.app.settings, shop.clock.now())


async def test_calls_are_told_of_when_they_are_booked_moved_and_cancelled(ruled: Ruled, told: Any):
    shop = ruled.shop
    await shop.customer_says("Здравствуйте")
    await shop.time_passes(minutes=2)
    for hours in (24, 25):
        at = OPENING + timedelta(hours=hours)
        await shop.app.db.run(booking.book, 1, 1, at, settings=shop.app.settings, notes="", now=shop.clock.now())
    await shop.app.db.run(_cancel, shop)
    booked, moved = await told(Happened.CALL_BOOKED)
    assert (booked["at"], moved["at"]) == (
        "в четверг, 12 марта, в 12:00 (время Астаны)",
        "в четверг, 12 марта, в 13:00 (время Астаны)",
    )
    assert [one["at"] for one in await told(Happened.CALL_CANCELLED)] == [moved["at"]]


def _cancel(session: Session, shop: Shop) -> None:
    call = booking.standing(session, 1, now=shop.clock.now())
    assert call is not None
    booking.cancel(session, call, settings=shop.app.settings, now=shop.clock.now())


async def test_follow_ups_are_told_of_when_they_end_by_themselves_or_by_an_answer(ruled: Ruled, told: Any):
    shop = ruled.shop
    shop.app.model._queue = None
    shop.app.model._compose = lambda briefing: Decision(reply="Здравствуйте! Какое окно нужно?")
    await shop.customer_says("Сколько стоит окно?")
    await shop.time_passes(hours=30)
    assert await told(Happened.FOLLOW_UPS_ENDED) == []
    await shop.customer_says("Я подумаю ещё")
    await shop.time_passes(minutes=2)
    assert [one["reason"] for one in await told(Happened.FOLLOW_UPS_ENDED)] == ["client_responded"]


@pytest.mark.both_kinds
async def test_an_order_tells_of_each_step_once_and_of_nothing_old(ruled: Ruled, told: Any):
    app = ruled.shop.app
    shop_id = await connected(app)
    old = replace(READY, code="1", placed_at=OPENING - timedelta(days=1))
    await take(app, shop_id, APPROVED, old)
    assert await told(Happened.ORDER_PLACED) == [
        {"code": APPROVED.code, "total": 19980, "currency": "KZT", "shop": "Чайники", "stage": "approved"}
    ]
    assert await told(Happened.ORDER_READY) == []
    await take(app, shop_id, READY)
    await take(app, shop_id, replace(READY, total=READY.total + 1))
    await app.db.run(_deliver_by_hand, shop_id, (await stored(app)).id, ruled.shop)
    await take(app, shop_id, DELIVERED)
    assert [one["stage"] for one in await told(Happened.ORDER_READY)] == ["ready"]
    assert [one["stage"] for one in await told(Happened.ORDER_DELIVERED)] == ["delivered"]
    await take(app, shop_id, replace(old, stage=Stage.RETURNED, status="RETURNED", state="ARCHIVE"))
    assert [(one["code"], one["stage"]) for one in await told(Happened.ORDER_CANCELLED)] == [("1", "returned")]
    filed = replace(APPROVED, code="2", stage=Stage.PLACED)
    await take(app, shop_id, filed, came_from="file")
    await take(app, shop_id, replace(filed, stage=Stage.CANCELLED, status="CANCELLED"), came_from="file")
    assert len(await told(Happened.ORDER_PLACED)) == len(await told(Happened.ORDER_CANCELLED)) == 1


def _deliver_by_hand(session: Session, shop_id: int, order_id: int, shop: Shop) -> None:
    market = shops.one(session, shop_id)
    order = session.get_one(Order, order_id)
    triggers.deliver_now(session, order, shop=market, settings=shop.app.settings, now=shop.clock.now())
