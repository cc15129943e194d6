"""What a customer is told when the model is wrong, when an action fails, when the shop sleeps."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from saudager.agent import moderator
from saudager.attention import Why
from saudager.calls.models import ScheduledCall
from saudager.clock import MovableClock
from saudager.knowledge import unanswered
from saudager.providers.llm import Action, Decision
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER

PRICES = """# Прайс-лист

## Столы

| Товар | Размер | Цена, ₸ |
|---|---|---|
| Стол «Дастархан» | 120×80 | 84 000 |
| Стол «Дастархан» | 140×80 | 96 500 |
"""
QUESTION = "Сколько стоит стол Дастархан 120 на 80?"
TRUE = "Стол «Дастархан», 120×80 — 84 000 ₸."
LIE = "Стол «Дастархан», 120×80 — 48 000 ₸."


@pytest.fixture
def table_shop(open_shop, tmp_path):
    """Open a shop whose only document is a price list of tables."""

    async def open_one(replies, **values):
        folder = tmp_path / "knowledge_base"
        folder.mkdir(exist_ok=True)
        (folder / "prices.md").write_text(PRICES, encoding="utf-8")
        return await open_shop(model=ScriptedModel(replies), **values)

    return open_one


async def _ask(shop, *questions):
    await shop.customer_says(*questions)
    await shop.time_passes(minutes=1)
    return shop.answers()


async def test_a_true_draft_goes_out_as_it_is(table_shop):
    assert await _ask(await table_shop([TRUE]), QUESTION) == [TRUE]


async def test_a_draft_with_a_wrong_price_is_written_again_with_the_reason(table_shop):
    shop = await table_shop([LIE, TRUE])
    assert await _ask(shop, QUESTION) == [TRUE]
    assert any("48 000" in remark for remark in shop.app.model.briefings[1].remarks)
    assert {briefing.temperature for briefing in shop.app.model.briefings} == {0.7}
    (turn,) = await shop.turns()
    assert turn.trace["rejected"][0]["draft"] == LIE


async def test_a_model_that_lies_twice_is_replaced_by_the_offline_answer(table_shop):
    shop = await table_shop([LIE, "Записал вас, стол 1 ₸."])
    (said,) = await _ask(shop, QUESTION)
    assert "84 000 ₸" in said
    assert "48 000" not in said
    (turn,) = await shop.turns()
    assert turn.trace["model"] == "offline"
    assert len(turn.trace["rejected"]) == 2


async def test_an_action_that_fails_comes_back_as_what_really_happened(table_shop):
    sent = Decision(reply="Отправляю фото.", actions=[Action(kind="send_picture", detail="стол")])
    shop = await table_shop([sent, "Фото сейчас отправить не получается, уточню у коллег."])
    assert await _ask(shop, "Пришлите фото, хочу купить стол") == [
        "Фото сейчас отправить не получается, уточню у коллег."
    ]
    assert any("Не сделано: отправить картинку" in remark for remark in shop.app.model.briefings[1].remarks)


async def test_a_call_a_model_books_is_a_row_before_it_is_said(table_shop):
    booked = Decision(reply="Сейчас запишу.", actions=[Action(kind="book", detail="завтра в 15:00")])
    shop = await table_shop([booked, "Записал вас на завтра, 12 марта, в 15:00."])
    assert await _ask(shop, "Хочу купить стол, сколько он стоит? И обсудим завтра в 15:00") == [
        "Записал вас на завтра, 12 марта, в 15:00."
    ]
    assert any(
        "Записан звонок в четверг, 12 марта, в 15:00" in remark for remark in shop.app.model.briefings[1].remarks
    )
    (call,) = await shop.app.db.read(lambda session: session.scalars(select(ScheduledCall)).all())
    assert (call.status, call.scheduled_at.isoformat()) == ("booked", "2026-03-12T10:00:00+00:00")


async def test_a_booking_a_model_only_claims_is_not_said(table_shop):
    shop = await table_shop(["Записал вас на завтра, 12 марта, в 15:00.", "Уточню у коллег и напишу вам."])
    assert await _ask(shop, "Хочу купить стол, сколько он стоит? И обсудим завтра в 15:00") == [
        "Уточню у коллег и напишу вам."
    ]


async def test_a_question_handed_over_waits_on_the_desk(table_shop):
    asks = Decision(reply="Уточню и напишу вам.", actions=[Action(kind="hand_over", detail="есть ли стол 160 см")])
    shop = await table_shop([asks])
    assert await _ask(shop, "Стол на 160 см есть?") == ["Уточню и напишу вам."]
    (entry,) = await shop.desk()
    assert entry.kind == Why.NO_ANSWER_FOUND
    assert "160 см" in entry.reason
    (kept,) = await shop.app.db.read(unanswered.waiting)
    assert kept.question == "есть ли стол 160 см"


async def test_the_conversation_never_stands_among_the_rules(table_shop):
    shop = await table_shop(["Добрый день.", TRUE])
    await _ask(shop, "Здравствуйте, есть столы на кухню?")
    await _ask(shop, QUESTION)
    rules = shop.app.model.briefings[-1].instructions
    assert QUESTION not in rules
    assert "на кухню" not in rules
    assert "среда, 11 марта 2026, 12:01 (время Астаны)" in rules


async def test_an_unclear_contact_is_greeted_once_and_then_shown_to_a_person(table_shop):
    shop = await table_shop([])
    assert await _ask(shop, "Здравствуйте") == ["Здравствуйте! Чем можем помочь?"]
    assert len(await _ask(shop, "ау")) == 1
    (entry,) = await shop.desk()
    assert entry.kind == Why.UNCLEAR_CONTACT


async def test_unclear_contacts_are_not_greeted_when_the_shop_does_not_want_it(table_shop):
    shop = await table_shop([], greet_unknown=False)
    assert await _ask(shop, "Здравствуйте") == []


async def test_with_more_lines_wanted_the_first_ones_are_answered_with_the_last(table_shop):
    shop = await table_shop([TRUE], moderator_min_messages=3, greet_unknown=False)
    assert await _ask(shop, "Здравствуйте") == []
    assert await _ask(shop, QUESTION) == []
    assert await _ask(shop, "Хочу купить, жду ответа") == [TRUE]
    assert shop.app.model.briefings[0].new_lines == ["Здравствуйте", QUESTION, "Хочу купить, жду ответа"]


async def test_what_a_person_decided_about_a_contact_stands(table_shop):
    shop = await table_shop([TRUE])
    await _ask(shop, "Здравствуйте")
    contact = await shop.contact()
    long_ago = shop.clock.now() - timedelta(days=40)
    await shop.app.db.run(moderator.overrule, contact.id, is_client=False, now=long_ago)
    assert len(await _ask(shop, QUESTION)) == 1


async def test_somebody_judged_not_a_customer_is_judged_again_on_words_of_buying(table_shop):
    shop = await table_shop([TRUE])
    assert await _ask(shop, "Здравствуйте, предлагаем вам услуги продвижения в Instagram") == []
    assert (await shop.contact()).is_client is False
    assert await _ask(shop, "А вообще хочу купить у вас стол, сколько стоит?") == [TRUE]


@pytest.fixture
def night():
    """23:30 in Almaty."""
    return MovableClock(datetime(2026, 3, 11, 18, 30, tzinfo=UTC))


async def test_outside_its_hours_the_shop_says_once_when_it_answers_and_then_does(table_shop, night):
    shop = await table_shop([TRUE], reply_hours="09:00-21:00", clock=night)
    shop.app.model.briefings.clear()
    assert await _ask(shop, QUESTION) == ["Спасибо за сообщение! Сейчас мы не отвечаем, напишем вам после 09:00."]
    assert len(await _ask(shop, "Ну что там?")) == 1
    await shop.time_passes(hours=10)
    assert shop.answers()[1:] == [TRUE]
    assert shop.app.model.briefings[0].new_lines == [QUESTION, "Ну что там?"]


async def test_a_shop_with_short_hours_still_answers_what_came_long_before_opening(table_shop, night):
    shop = await table_shop([TRUE], reply_hours="12:00-13:00", clock=night)
    await _ask(shop, QUESTION)
    await shop.time_passes(hours=13)
    assert shop.answers()[1:] == [TRUE]


async def test_the_first_answer_says_that_an_ai_writes_where_the_shop_wants_it(table_shop):
    shop = await table_shop([TRUE, TRUE], disclose_ai=True)
    assert await _ask(shop, QUESTION) == [f"Вам отвечает ИИ-помощник магазина.\n{TRUE}"]
    assert (await _ask(shop, "Точно?"))[1] == TRUE


async def test_every_turn_keeps_what_it_rests_on(table_shop):
    shop = await table_shop([TRUE])
    await _ask(shop, QUESTION)
    (turn,) = await shop.turns()
    assert turn.trace["who"]["is_client"] is True
    assert any("84 000" in fact["text"] and fact["score"] > 0 for fact in turn.trace["facts"])
    price = next(figure for figure in turn.trace["figures"] if "84 000" in figure["text"])
    assert (price["source"]["file"], price["source"]["row"]) == ("prices.md", 1)
    assert set(turn.trace["took_ms"]) == {"waited", "search", "model", "check"}


async def test_the_chat_of_a_customer_is_the_default_one(table_shop):
    shop = await table_shop([TRUE])
    assert await shop.ask_as_customer(QUESTION, chat=CUSTOMER) == [TRUE]
