"""A customer writes on WhatsApp and gets an answer: the whole product on a fake Wappi over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

import saudager
from saudager.attention import Why
from saudager.providers.llm.offline import OfflineModel
from saudager.providers.llm.scripted import ScriptedModel
from tests.gateway.wappi_shop import CUSTOMER, WappiShop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

PRICE = "Сколько стоит окно?"
PHONE = CUSTOMER.split("@")[0]
SAMPLE_SHOP = Path(saudager.__file__).parent / "demo" / "sample_shop"


async def test_a_customer_gets_the_answer_of_the_shops_documents(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(model=OfflineModel(), knowledge_dir=SAMPLE_SHOP)
    wappi.customer_writes(CUSTOMER, "Сколько стоит двустворчатое окно 1500 на 1500 в профиле Премиум 76?", name="Алия")
    await shop.time_passes(seconds=30)
    (answer,) = shop.answers()
    assert "131 000 ₸" in answer
    (turn,) = await shop.turns()
    assert turn.outcome == "answered"
    assert any(figure["source"]["file"] == "prices.pdf" for figure in turn.trace["figures"])
    (contact,) = await shop.contacts()
    assert (contact.name, contact.phone_number) == ("Алия", PHONE)


async def test_lines_written_between_two_polls_are_one_turn_in_the_order_of_writing(open_wappi_shop, wappi):
    model = ScriptedModel()
    shop: WappiShop = await open_wappi_shop(model=model)
    texts = ["Здравствуйте", "хочу окно", "полтора на полтора", PRICE]
    for text in texts:  # all in the same second: Wappi tells whole ones
        wappi.customer_writes(CUSTOMER, text)
    await shop.time_passes(seconds=30)
    assert [briefing.new_lines for briefing in model.briefings] == [texts]
    assert len(shop.answers()) == 1


async def test_more_lines_than_a_page_holds_are_all_found(open_wappi_shop, wappi, clock):
    model = ScriptedModel()
    shop: WappiShop = await open_wappi_shop(model=model)
    texts = [f"{PRICE} Вариант {number}" for number in range(130)]
    for number, text in enumerate(texts):
        wappi.customer_writes(CUSTOMER, text, at=clock.now() + timedelta(seconds=number // 50))
    await shop.time_passes(seconds=60)
    assert [line for briefing in model.briefings for line in briefing.new_lines] == texts
    assert len(shop.answers()) == len(model.briefings) == 1


async def test_more_chats_than_a_page_holds_are_all_answered(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    chats = [f"7701{number:07}@c.us" for number in range(102)]
    for chat in chats:
        wappi.customer_writes(chat, PRICE)
    await shop.time_passes(seconds=30)
    assert sorted(sent.chat for sent in wappi.sent) == chats


async def test_both_suffixes_of_a_number_are_one_conversation(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    wappi.customer_writes("77010000009@c.us", PRICE)  # so that the next chat is listed with the newer suffix
    wappi.customer_writes(f"{PHONE}@s.whatsapp.net", PRICE)
    await shop.time_passes(seconds=30)
    assert f"{PHONE}@s.whatsapp.net" in [dialog["id"] for dialog in wappi.dialogs()]
    wappi.customer_writes(f"{PHONE}@c.us", "А доставка есть?")
    await shop.time_passes(seconds=30)
    assert len(shop.answers(CUSTOMER)) == 2
    assert [message.author for message in await shop.messages(CUSTOMER)] == ["customer", "bot"] * 2
    assert len(await shop.contacts()) == 2


async def test_a_customer_behind_a_hidden_number_is_answered_there(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    wappi.customer_writes("147483648123456@lid", PRICE, name="Скрытый")
    await shop.time_passes(seconds=30)
    assert len(shop.answers("147483648123456@lid")) == 1
    (contact,) = await shop.contacts()
    assert (contact.phone_number, contact.name) == (None, "Скрытый")


async def test_a_whitelisted_number_is_never_answered_passed_on_or_kept_in_words(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(whitelist_numbers="+7 701 000 00 01", polling_interval=60)
    wappi.customer_writes(CUSTOMER, "Мама, купи хлеба")
    wappi.human_writes(CUSTOMER, "Хорошо")
    wappi.customer_writes(CUSTOMER, "", file=b"\xff\xd8", mime_type="image/jpeg", type="image")
    await shop.time_passes(minutes=5)
    assert wappi.sent == []
    assert await shop.messages() == []
    assert [(row.queue_status, row.message_text) for row in await shop.log()] == [("whitelisted", None)] * 3
    assert wappi.asked_for("media/download") == []


async def test_groups_statuses_newsletters_and_the_own_chat_are_no_customers(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=60)
    for chat in ("120363001@g.us", "status@broadcast", "120363002@newsletter", f"{wappi.own_phone}@c.us"):
        wappi.customer_writes(chat, PRICE)
    await shop.time_passes(minutes=5)
    assert wappi.sent == []
    assert await shop.contacts() == []
    assert wappi.asked_for("messages/get") == []


async def test_what_was_written_before_the_connection_is_context_and_never_answered(open_wappi_shop, wappi, clock):
    yesterday = clock.now() - timedelta(days=1)
    wappi.customer_writes(CUSTOMER, "Здравствуйте, делаете балконы?", at=yesterday)
    wappi.human_writes(CUSTOMER, "Да, делаем", at=yesterday + timedelta(minutes=1))
    wappi.customer_writes("77010000002@c.us", PRICE, at=clock.now() - timedelta(minutes=10))
    model = ScriptedModel()
    shop: WappiShop = await open_wappi_shop(model=model, polling_interval=60)
    await shop.time_passes(minutes=10)
    assert wappi.sent == []
    assert await shop.desk() == []
    wappi.customer_writes(CUSTOMER, "А окна сколько стоят?")
    await shop.time_passes(minutes=2)
    assert len(shop.answers()) == 1
    (briefing,) = model.briefings
    assert [said.text for said in briefing.history] == ["Здравствуйте, делаете балконы?", "Да, делаем"]
    assert briefing.new_lines == ["А окна сколько стоят?"]


async def test_a_first_line_brings_its_history_even_when_the_chat_was_not_read_yet(open_wappi_shop, wappi, clock):
    model = ScriptedModel()
    for number in range(45):
        wappi.customer_writes(f"7702{number:07}@c.us", "Раньше", at=clock.now() - timedelta(days=1))
    wappi.customer_writes(CUSTOMER, "Балконы делаете?", at=clock.now() - timedelta(days=9))
    shop: WappiShop = await open_wappi_shop(model=model)
    assert await shop.messages() == []
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(seconds=60)
    (briefing,) = model.briefings
    assert [said.text for said in briefing.history] == ["Балконы делаете?"]
    assert len(await shop.contacts()) == 46


async def test_what_came_while_the_shop_was_down_is_answered_once_and_what_is_too_old_goes_to_the_desk(
    open_wappi_shop, wappi, clock
):
    shop: WappiShop = await open_wappi_shop()
    await shop.time_passes(minutes=1)
    await shop.stops()
    wappi.customer_writes("77010000003@c.us", PRICE)
    clock.move_to(clock.now() + timedelta(hours=11))
    for chat in (CUSTOMER, "77010000002@c.us"):
        wappi.customer_writes(chat, "Здравствуйте")
        wappi.customer_writes(chat, PRICE)
    clock.move_to(clock.now() + timedelta(hours=2))
    await shop.starts()
    await shop.time_passes(minutes=1)
    assert [len(shop.answers(chat)) for chat in (CUSTOMER, "77010000002@c.us", "77010000003@c.us")] == [1, 1, 0]
    (late,) = await shop.turns("77010000003@c.us")
    assert (late.outcome, late.reason) == ("silent", "too_late")
    assert [kind for kind, _ in await shop.desk()] == [Why.TOO_LATE]
    assert await shop.waiting() == 0


async def test_a_shop_stopped_before_it_answered_answers_when_it_starts_again(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно")
    await shop.time_passes(seconds=5)
    assert len(await shop.messages()) == 1
    assert shop.answers() == []
    await shop.stops()
    await shop.starts()
    await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1


async def test_a_line_typed_on_the_phone_withdraws_the_reply_that_waits_to_be_sent(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(sends_per_minute=20, polling_interval=1)
    chats = {"77010000002@c.us", CUSTOMER}
    for chat in chats:
        wappi.customer_writes(chat, PRICE)
    while not wappi.sent:
        await shop.time_passes(seconds=0.5)
    (chat,) = chats - {sent.chat for sent in wappi.sent}
    wappi.human_writes(chat, "Это Асель, сейчас посчитаю")
    await shop.time_passes(minutes=1)
    assert shop.answers(chat) == []
    (turn,) = await shop.turns(chat)
    assert (turn.outcome, turn.reason) == ("withdrawn", "person_spoke")
    assert [row.queue_status for row in await shop.log(chat) if row.author == "bot"] == ["withdrawn"]
    assert len(wappi.sent) == 1


async def test_our_own_line_seen_on_the_phone_is_no_person_and_no_second_line(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(model=ScriptedModel(["Сейчас расскажу. ", "Доставим."]))
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=1)
    wappi.customer_writes(CUSTOMER, "А доставка есть?")
    await shop.time_passes(minutes=1)
    assert len(shop.answers()) == 2
    assert [message.author for message in await shop.messages()] == ["customer", "bot"] * 2
    assert [row.author for row in await shop.log()] == ["customer", "bot"] * 2
    assert [message.delivery_state for message in await shop.messages()] == [None, "delivered"] * 2


async def test_looking_for_news_marks_nothing_read(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=1)
    assert len(shop.answers()) == 1
    assert wappi.reads == []
    assert wappi.dialogs()[0]["unread_count"] == 1
    assert not any("mark_all" in asked.query for asked in wappi.requests)


async def test_a_look_without_news_is_one_request_and_one_query_for_a_page_of_chats(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=600)
    for number in range(20):
        wappi.customer_writes(f"7701{number:07}@c.us", "Спасибо")
    await shop.time_passes(seconds=1200)
    wappi.requests.clear()
    with _statements() as asked:
        await shop.time_passes(seconds=600)
    assert [request.path for request in wappi.requests] == ["/api/sync/chats/get"]
    assert len([statement for statement in asked if "chat_cursors" in statement]) == 1
    assert not any("message_log" in statement or "messages" in statement.split("queue")[0] for statement in asked)


async def test_a_new_line_costs_one_request_for_its_chat_alone(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=600)
    for number in range(20):
        wappi.customer_writes(f"7701{number:07}@c.us", "Спасибо")
    await shop.time_passes(seconds=1200)
    wappi.requests.clear()
    wappi.customer_writes("77010000007@c.us", PRICE)
    with _statements() as asked:
        await shop.time_passes(seconds=600)
    assert [request.query["chat_id"] for request in wappi.asked_for("messages/get")] == ["77010000007@c.us"]
    assert len([statement for statement in asked if statement.startswith("SELECT chat_cursors")]) <= 2


async def test_edits_and_deletions_change_what_is_answered(open_wappi_shop, wappi):
    model = ScriptedModel()
    shop: WappiShop = await open_wappi_shop(model=model, patience=30, patience_complete=30, patience_cap=60)
    door = wappi.customer_writes(CUSTOMER, "Сколько стоит дверь")
    mistake = wappi.customer_writes(CUSTOMER, "ой, не туда")
    await shop.time_passes(seconds=6)
    assert len(await shop.messages()) == 2
    wappi.edit(door, "Сколько стоит окно")
    wappi.delete(mistake)
    wappi.customer_writes(CUSTOMER, "полтора на полтора")
    await shop.time_passes(minutes=2)
    (briefing,) = model.briefings
    assert briefing.new_lines == ["Сколько стоит окно", "[удалено]", "полтора на полтора"]


async def test_a_photo_is_kept_and_its_caption_is_text(open_wappi_shop, wappi):
    model = ScriptedModel()
    shop: WappiShop = await open_wappi_shop(model=model)
    wappi.customer_writes(CUSTOMER, "такое окно сколько?", type="image", file=b"\xff\xd8photo", mime_type="image/jpeg")
    await shop.time_passes(seconds=30)
    assert [briefing.new_lines for briefing in model.briefings] == [["[фото] такое окно сколько?"]]
    photo = (await shop.messages())[0]
    assert (shop.settings.media_folder / photo.media["path"]).read_bytes() == b"\xff\xd8photo"
    assert photo.media["path"].endswith(".jpg")


async def test_a_file_wappi_no_longer_has_does_not_take_the_others_with_it(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=60)
    lost = wappi.customer_writes(CUSTOMER, "", type="image", file=b"lost", mime_type="image/jpeg")
    del wappi.files[lost]
    for number in range(3):
        wappi.customer_writes(CUSTOMER, PRICE, type="image", file=b"kept %d" % number, mime_type="image/jpeg")
    await shop.time_passes(minutes=10)
    kept = {file.read_bytes() for file in shop.settings.media_folder.rglob("*.jpg")}
    assert kept == {b"kept 0", b"kept 1", b"kept 2"}
    assert len(shop.answers()) == 1


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Every statement SQLAlchemy sends meanwhile."""
    asked: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
