"""One turn at a time, one answer a burst, and nobody is talked over."""

import asyncio

import pytest
from sqlalchemy import update

from saudager.attention import Why
from saudager.bootstrap import SIMULATOR
from saudager.contracts import DeliveryReport, DeliveryState, Kind
from saudager.conversations import outbox
from saudager.conversations.models import Message
from saudager.gateway import accounts
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop

pytestmark = pytest.mark.both_kinds

PRICE = "Сколько стоит окно?"


async def test_a_question_gets_one_answer(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel(["Сейчас расскажу."]))
    await shop.customer_says(PRICE)
    await shop.time_passes(seconds=30)
    assert shop.answers() == ["Сейчас расскажу."]
    (turn,) = await shop.turns()
    assert turn.outcome == "answered"


async def test_a_burst_of_lines_gets_one_answer_after_it_ends(open_shop):
    model = ScriptedModel()
    shop: Shop = await open_shop(model=model)
    for text in ("Здравствуйте", "хочу окно", "полтора на полтора", PRICE):
        await shop.customer_says(text)
        await shop.time_passes(seconds=1)
        assert shop.answers() == []
    await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1
    assert model.briefings[-1].new_lines == ["Здравствуйте", "хочу окно", "полтора на полтора", PRICE]


async def test_a_complete_question_is_answered_sooner_than_an_unfinished_one(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    await shop.customer_says("а сколько стоит окно")
    await shop.time_passes(seconds=2)
    assert shop.answers() == []
    await shop.customer_says(PRICE, chat="77010000002@c.us")
    await shop.time_passes(seconds=1.6)
    assert len(shop.answers("77010000002@c.us")) == 1
    await shop.time_passes(seconds=0.5)
    assert len(shop.answers()) == 1


async def test_patience_ends_at_its_cap_however_much_is_written(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    for _ in range(25):
        await shop.customer_says("и ещё сколько стоит")
        await shop.time_passes(seconds=1)
    assert len(shop.answers()) == 1


async def test_a_line_while_the_model_thinks_makes_the_reply_out_of_date(open_shop):
    hold = asyncio.Event()
    model = ScriptedModel(["Первый ответ.", "Ответ на всё."], hold=hold)
    shop: Shop = await open_shop(model=model)
    await shop.customer_says(PRICE)
    moving = asyncio.create_task(shop.time_passes(seconds=1.6))
    await _until(lambda: len(model.briefings) == 1)
    await shop.customer_says("А доставка?")
    await _until_heard(shop, 2)
    hold.set()
    await moving
    await shop.time_passes(seconds=10)
    assert shop.answers() == ["Ответ на всё."]
    assert model.briefings[-1].new_lines == [PRICE, "А доставка?"]


async def test_past_the_cap_a_newer_line_opens_the_next_turn_instead(open_shop):
    model = ScriptedModel(["Первый ответ.", "Второй ответ."], thinking=30)
    shop: Shop = await open_shop(model=model)
    model._clock = shop.clock
    await shop.customer_says(PRICE)
    await shop.time_passes(seconds=25)
    await shop.customer_says("А доставка?")
    await shop.time_passes(seconds=60)
    assert shop.answers() == ["Первый ответ.", "Второй ответ."]
    assert [briefing.new_lines for briefing in model.briefings] == [[PRICE], ["А доставка?"]]


async def test_a_person_who_writes_while_the_model_thinks_is_not_talked_over(open_shop):
    hold = asyncio.Event()
    model = ScriptedModel(["Ответ продавца."], hold=hold)
    shop: Shop = await open_shop(model=model)
    await shop.customer_says(PRICE)
    moving = asyncio.create_task(shop.time_passes(seconds=1.6))
    await _until(lambda: len(model.briefings) == 1)
    await shop.person_says("Здравствуйте, это Асель, сейчас посчитаю")
    await _until_heard(shop, 2)
    hold.set()
    await moving
    await shop.time_passes(hours=5)
    assert shop.answers() == []
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason) == ("withdrawn", "person_spoke")


async def test_after_a_person_spoke_the_salesperson_wakes_when_the_silence_ends(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    await shop.customer_says(PRICE)
    await shop.person_says("Сейчас отвечу")
    await shop.time_passes(minutes=30)
    await shop.customer_says("Так сколько стоит?")
    await shop.time_passes(hours=3)
    assert shop.answers() == []
    await shop.time_passes(hours=1)
    assert len(shop.answers()) == 1


async def test_a_line_too_old_to_answer_is_closed_and_shown_to_a_person(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    old = shop.phone.write("77010000001@c.us", PRICE)
    await shop.time_passes(hours=13)
    await shop.arrives(old)
    await shop.time_passes(minutes=1)
    assert shop.answers() == []
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason) == ("silent", "too_late")
    (entry,) = await shop.desk()
    assert entry.kind == Why.TOO_LATE


async def test_nothing_of_a_line_that_is_seen_twice_is_answered_twice(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    (line,) = await shop.customer_says(PRICE)
    await shop.arrives(line)
    await shop.time_passes(minutes=1)
    await shop.arrives(line)
    await shop.time_passes(minutes=1)
    assert len(shop.answers()) == 1


async def test_kinds_without_words_are_lines_the_transcript_shows(open_shop):
    model = ScriptedModel()
    shop: Shop = await open_shop(model=model)
    await shop.customer_says(PRICE)
    await shop.customer_says(None, kind=Kind.IMAGE, file=(b"\x89PNG", "image/png"))
    await shop.customer_says("вот такое", kind=Kind.IMAGE)
    await shop.customer_says("51.1, 71.4", kind=Kind.LOCATION)
    await shop.time_passes(seconds=30)
    assert model.briefings[-1].new_lines == [PRICE, "[фото]", "[фото] вот такое", "[геопозиция] 51.1, 71.4"]
    with_file = (await shop.messages())[1]
    assert (shop.app.settings.media_folder / with_file.media["path"]).read_bytes() == b"\x89PNG"


async def test_a_missed_call_gets_an_offer_to_write(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    await shop.customer_says(None, kind=Kind.MISSED_CALL)
    await shop.time_passes(seconds=30)
    assert "Напишите" in shop.answers()[0]


async def test_an_edit_and_a_deletion_change_what_is_answered(open_shop):
    model = ScriptedModel()
    shop: Shop = await open_shop(model=model)
    first, second = await shop.customer_says("Сколько стоит дверь", "и окно")
    await shop.arrives(shop.phone.change(first.message_id, text="Сколько стоит окно"))
    await shop.arrives(shop.phone.change(second.message_id, deleted=True))
    await shop.time_passes(seconds=30)
    assert model.briefings[-1].new_lines == ["Сколько стоит окно", "[удалено]"]


async def test_a_turn_that_keeps_failing_closes_silent_and_asks_for_a_person(open_shop):
    model = ScriptedModel(lambda briefing: RuntimeError("нет связи с моделью"))
    shop: Shop = await open_shop(model=model)
    await shop.customer_says(PRICE)
    await shop.time_passes(hours=1)
    assert shop.answers() == []
    assert len(model.briefings) == 5
    (turn,) = await shop.turns()
    assert turn.outcome == "silent"
    assert [entry.kind for entry in await shop.desk()] == [Why.TURN_FAILED]


async def _until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def _until_heard(shop, lines):
    async with asyncio.timeout(5):
        while len(await shop.messages()) < lines:
            await asyncio.sleep(0.001)


async def test_a_reply_nobody_heard_of_again_is_shown_to_a_person(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel(["Сейчас расскажу."]))
    await shop.app.db.run(accounts.pause, SIMULATOR, "проверка", now=shop.clock.now())
    await shop.customer_says(PRICE)
    await shop.time_passes(hours=1, minutes=50)
    assert Why.UNSETTLED not in [entry.kind for entry in await shop.desk()]
    await shop.time_passes(minutes=50)
    assert Why.UNSETTLED in [entry.kind for entry in await shop.desk()]
    assert (await shop.messages())[-1].delivery_state == "unsettled"
    assert shop.answers() == []


async def test_an_unsettled_reply_keeps_its_place_on_the_desk_until_the_last_of_its_chat_is_proven(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel(["Сейчас расскажу.", "Доставим."]))
    for question in (PRICE, "А доставка есть?"):
        await shop.customer_says(question)
        await shop.time_passes(minutes=1)
    replies = [message for message in await shop.messages() if message.author == "bot"]
    await shop.app.db.run(lambda session: session.execute(update(Message).values(delivery_state="queued")))
    left = []
    for state in (DeliveryState.UNSETTLED, DeliveryState.READ):
        for reply in replies:
            report = DeliveryReport(
                id=f"{reply.outgoing_id}:{state}:test",
                created_at=shop.clock.now(),
                account=SIMULATOR,
                for_=reply.outgoing_id,
                state=state,
            )
            await shop.app.db.run(outbox.note_delivery, report, now=shop.clock.now())
            left.append([entry.kind for entry in await shop.desk()])
    assert left == [[Why.UNSETTLED]] * 3 + [[]]


async def test_a_line_deleted_before_it_was_answered_closes_its_turn_in_silence(open_shop):
    shop: Shop = await open_shop(model=ScriptedModel())
    (line,) = await shop.customer_says(PRICE)
    await shop.arrives(shop.phone.change(line.message_id, deleted=True))
    await shop.time_passes(seconds=30)
    assert shop.answers() == []
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason) == ("silent", "deleted")
