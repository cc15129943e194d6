"""A customer writes on WhatsApp and gets an answer: the whole product on a fake WAHA over real HTTP."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from saudager.attention import Why
from saudager.doctor import examine
from saudager.gateway import webhooks
from saudager.providers.speech.scripted import ScriptedTranscriber
from tests.fakes.waha import PNG, FakeWaha
from tests.gateway.waha_shop import ACCOUNT, CUSTOMER, OpenWahaShop, WahaShop
from tests.gateway.wappi_shop import WappiShop

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит окно?"
STRANGER = "77010000009@c.us"
LID = "147483648123456@lid"
OTHER_LID = "147483648123457@lid"


@pytest.fixture
async def pushed(open_waha_shop: OpenWahaShop) -> WahaShop:
    """A shop that asks for news once an hour, so that what happens came by a webhook."""
    shop: WahaShop = await open_waha_shop(polling_interval=3600, patience=2, patience_complete=2)
    await shop.time_passes(seconds=5)
    return shop


class TestAsked:
    """Without webhooks, WAHA is asked for news."""

    @pytest.mark.both_kinds
    async def test_a_customer_is_answered_again_and_again(self, open_waha_shop: OpenWahaShop, waha: FakeWaha):
        shop: WahaShop = await open_waha_shop()
        for asked in range(3):
            waha.customer_writes(CUSTOMER, f"{PRICE} {asked}")
            await shop.time_passes(seconds=30)
        assert len(shop.answers()) == 3
        assert {message.author for message in await shop.messages()} == {"customer", "bot"}

    async def test_a_line_typed_on_the_phone_silences_the_salesperson(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha
    ):
        shop: WahaShop = await open_waha_shop()
        waha.human_writes(CUSTOMER, "Я отвечу сам")
        await shop.time_passes(seconds=30)
        waha.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(minutes=5)
        assert shop.answers() == []

    @pytest.mark.parametrize("fault", ["cut_after", "garbage"])
    async def test_a_message_whose_answer_was_lost_is_found_by_a_poll_and_no_persons(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha, fault: str
    ):
        shop: WahaShop = await open_waha_shop(polling_interval=5)
        waha.fail("sendText", fault)
        waha.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(minutes=2)
        assert len(shop.answers()) == 1
        assert {message.author for message in await shop.messages()} == {"customer", "bot"}
        waha.customer_writes(CUSTOMER, "А дверь?")
        await shop.time_passes(minutes=2)
        assert len(shop.answers()) == 2

    @pytest.mark.parametrize("waited", [20, 300])
    async def test_a_line_still_waited_for_is_answered_when_its_words_come(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha, waited: int
    ):
        shop: WahaShop = await open_waha_shop()
        row = waha.customer_writes(CUSTOMER, "", _data={"type": "ciphertext"})
        await shop.time_passes(seconds=waited)
        assert await shop.messages() == []
        row |= {"body": PRICE, "_data": {"type": "chat"}}
        await shop.time_passes(seconds=30)
        assert len(shop.answers()) == 1
        assert (await shop.messages())[0].text == PRICE
        looks = len(waha.asked_for("/messages"))
        await shop.time_passes(minutes=3)
        assert len(waha.asked_for("/messages")) <= looks + 1

    async def test_a_starting_session_keeps_nothing_from_being_answered(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha
    ):
        shop: WahaShop = await open_waha_shop()
        waha.customer_writes(CUSTOMER, PRICE)
        waha.status = "STARTING"
        await shop.time_passes(seconds=30)
        waha.status = "WORKING"
        await shop.time_passes(minutes=3)
        assert len(shop.answers()) == 1
        assert await shop.desk() == []

    async def test_an_unlinked_phone_keeps_the_answer_waiting_until_it_is_linked_again(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha
    ):
        shop: WahaShop = await open_waha_shop()
        waha.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=5)
        waha.status = "SCAN_QR_CODE"
        await shop.time_passes(minutes=10)
        assert shop.answers() == []
        ((_, reason),) = await shop.desk()
        assert "отсканируйте" in reason
        waha.status = "WORKING"
        await shop.time_passes(minutes=3)
        assert len(shop.answers()) == 1

    async def test_a_voice_note_waits_for_an_account_that_is_not_accepted_and_becomes_words_afterwards(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha
    ):
        shop: WahaShop = await open_waha_shop()
        shop.app.transcriber = transcriber = ScriptedTranscriber(clock=shop.clock)
        waha.fail(".bin", "401", "401")
        waha.customer_writes(CUSTOMER, "", file=PRICE.encode(), mime_type="audio/ogg")
        await shop.time_passes(seconds=30)
        assert (shop.answers(), transcriber.recordings) == ([], [])
        ((kind, reason),) = await shop.desk()
        assert (kind, "не принимает ключ" in reason) == (Why.ACCOUNT, True)
        await shop.time_passes(minutes=5)
        assert len(shop.answers()) == 1
        assert (await shop.messages())[0].voice_transcription == PRICE
        assert (await shop.account()).paused_reason is None
        assert await shop.desk() == []

    async def test_a_customers_file_is_kept(self, open_waha_shop: OpenWahaShop, waha: FakeWaha):
        shop: WahaShop = await open_waha_shop()
        waha.customer_writes(CUSTOMER, "вот проём", file=b"\xff\xd8", mime_type="image/jpeg")
        await shop.time_passes(seconds=30)
        (kept,) = [path for path in shop.settings.media_folder.rglob("*") if path.is_file()]
        assert kept.read_bytes() == b"\xff\xd8"


class TestTold:
    """WAHA tells its news by itself."""

    async def test_a_line_is_answered_once_however_often_it_is_told_and_seen(self, pushed: WahaShop, waha: FakeWaha):
        row = waha.customer_writes(CUSTOMER, PRICE)
        told = waha.event("message.any", row)
        for body in (told, told, waha.event("message", row), waha.event("message.any", row)):
            assert await pushed.is_told(body) == 200
        await pushed.time_passes(seconds=5)
        assert len(pushed.answers()) == 1
        await pushed.time_passes(hours=2)
        assert await pushed.is_told(told) == 200
        await pushed.time_passes(minutes=5)
        assert len(pushed.answers()) == 1
        assert len(waha.asked_for("/messages")) > 0

    async def test_a_line_told_before_its_words_is_answered_by_them(self, pushed: WahaShop, waha: FakeWaha):
        row = waha.customer_writes(CUSTOMER, PRICE)
        undecrypted = row | {"body": "", "_data": {"type": "ciphertext"}}
        for told in (undecrypted, row):
            await pushed.is_told(waha.event("message.any", told))
            await pushed.time_passes(seconds=5)
        assert [message.author for message in await pushed.messages()] == ["customer", "bot"]
        assert (await pushed.messages())[0].text == PRICE

    async def test_our_own_answer_told_back_is_nobodys_line(self, pushed: WahaShop, waha: FakeWaha):
        for question in (PRICE, "А дверь?"):
            await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, question)))
            await pushed.time_passes(seconds=5)
            assert await pushed.is_told(waha.event("message.any", waha.rows[CUSTOMER][-1])) == 200
            await pushed.time_passes(seconds=5)
        assert len(pushed.answers()) == 2
        assert [message.author for message in await pushed.messages()] == ["customer", "bot"] * 2

    @pytest.mark.parametrize(("chat", "number"), [(CUSTOMER, None), (LID, CUSTOMER), (LID, None)])
    async def test_a_message_whose_answer_was_lost_is_settled_by_its_echo_in_whichever_chat(
        self, pushed: WahaShop, waha: FakeWaha, chat: str, number: str | None
    ):
        waha.lids |= {chat: number} if number else {}
        waha.fail("sendText", "cut_after")
        await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, PRICE)))
        await pushed.time_passes(seconds=2)
        echo = waha.rows[CUSTOMER][-1]
        there = {"to": chat, "id": echo["id"].replace(CUSTOMER, chat)}
        assert await pushed.is_told(waha.event("message.any", echo | there)) == 200
        await pushed.time_passes(minutes=5)
        assert len(pushed.answers()) == 1
        assert [message.author for message in await pushed.messages()] == ["customer", "bot"]
        assert (await pushed.messages())[-1].delivery_state == "sent"

    @pytest.mark.parametrize("told_in", [CUSTOMER, LID])
    async def test_an_echo_settles_the_message_of_its_own_chat_when_two_of_the_same_words_wait(
        self, pushed: WahaShop, waha: FakeWaha, told_in: str
    ):
        """The other never left, and goes out all the same."""
        waha.fail("sendText", "cut_after", "cut_before")
        for chat in (told_in, CUSTOMER if told_in == LID else LID):
            await pushed.writes_by_hand(chat, chat, "Здравствуйте!", seconds=0.5)
        assert await pushed.is_told(waha.event("message.any", waha.rows[told_in][-1])) == 200
        await pushed.time_passes(minutes=5)
        assert [pushed.answers(chat) for chat in (CUSTOMER, LID)] == [["Здравствуйте!"]] * 2

    async def test_an_echo_that_may_be_of_two_hidden_chats_settles_neither(self, pushed: WahaShop, waha: FakeWaha):
        waha.fail("sendText", "cut_before", "cut_before")
        for chat in (LID, OTHER_LID):
            await pushed.writes_by_hand(chat, chat, "Здравствуйте!", seconds=0.5)
        waha.human_writes(CUSTOMER, "Здравствуйте!")
        assert await pushed.is_told(waha.event("message.any", waha.rows[CUSTOMER][-1] | {"source": None})) == 200
        await pushed.time_passes(minutes=5)
        assert [pushed.answers(chat) for chat in (LID, OTHER_LID)] == [["Здравствуйте!"]] * 2

    async def test_a_line_typed_on_the_phone_silences_the_salesperson(self, pushed: WahaShop, waha: FakeWaha):
        await pushed.is_told(waha.event("message.any", waha.human_writes(CUSTOMER, "Я отвечу сам")))
        await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, PRICE)))
        await pushed.time_passes(minutes=5)
        assert pushed.answers() == []

    @pytest.mark.parametrize(("asked_in", "typed_in"), [(LID, CUSTOMER), (CUSTOMER, LID)])
    async def test_a_line_typed_in_the_other_id_of_a_chat_silences_the_salesperson(
        self, pushed: WahaShop, waha: FakeWaha, asked_in: str, typed_in: str
    ):
        waha.lids[LID] = CUSTOMER
        await pushed.is_told(waha.event("message.any", waha.customer_writes(asked_in, PRICE)))
        await pushed.time_passes(seconds=1)
        await pushed.is_told(waha.event("message.any", waha.human_writes(typed_in, "Я отвечу сам")))
        await pushed.time_passes(minutes=5)
        await pushed.is_told(waha.event("message.any", waha.customer_writes(asked_in, "А дверь?")))
        await pushed.time_passes(minutes=5)
        assert waha.sent == []
        assert [turn.outcome for turn in await pushed.turns(asked_in)] == ["withdrawn"]

    async def test_a_chat_that_first_shows_its_other_id_in_the_silence_is_silent_too(
        self, pushed: WahaShop, waha: FakeWaha
    ):
        waha.lids[LID] = CUSTOMER
        await pushed.is_told(waha.event("message.any", waha.human_writes(CUSTOMER, "Я отвечу сам")))
        await pushed.time_passes(seconds=1)
        await pushed.is_told(waha.event("message.any", waha.customer_writes(LID, PRICE)))
        await pushed.time_passes(minutes=5)
        assert waha.sent == []

    @pytest.mark.parametrize(("asked_in", "typed_in"), [(LID, CUSTOMER), (CUSTOMER, LID)])
    @pytest.mark.parametrize("is_known", [True, False])
    async def test_a_line_typed_in_the_other_id_of_a_chat_withdraws_the_reply_that_waits_to_be_sent(
        self, pushed: WahaShop, waha: FakeWaha, asked_in: str, typed_in: str, is_known: bool
    ):
        waha.lids[LID] = CUSTOMER
        asked = waha.customer_writes(asked_in, "Спасибо")
        await pushed.is_told(waha.event("message.any", asked))
        await pushed.is_told(waha.event("message.any", waha.human_writes(typed_in, "Я отвечу сам")))
        await pushed.time_passes(seconds=5)
        before = pushed.clock.now() - timedelta(minutes=1)
        based_on = {"based_on": asked["id"].split("_")[2]} if is_known else {"created_at": before.isoformat()}
        await pushed.writes_by_hand("late", asked_in, "Окно стоит 45 000 ₸", **{"class": "reply"} | based_on)
        assert waha.sent == []
        assert [row.queue_status for row in await pushed.log(asked_in) if row.author == "bot"] == ["withdrawn"]

    async def test_lines_told_in_another_order_are_read_in_the_order_of_writing(
        self, pushed: WahaShop, waha: FakeWaha, clock: Any
    ):
        first = waha.customer_writes(CUSTOMER, "Здравствуйте", at=clock.now() - timedelta(seconds=2))
        second = waha.customer_writes(CUSTOMER, PRICE)
        for row in (second, first):
            await pushed.is_told(waha.event("message.any", row))
        await pushed.time_passes(seconds=10)
        assert len(pushed.answers()) == 1
        said = sorted(await pushed.messages(), key=lambda message: message.sent_at)
        assert [message.text for message in said][:2] == ["Здравствуйте", PRICE]

    @pytest.mark.parametrize("signature", ["", "0" * 128, "не подпись"])
    async def test_a_stranger_is_refused_and_his_words_are_not_logged(
        self, pushed: WahaShop, waha: FakeWaha, caplog: pytest.LogCaptureFixture, signature: str
    ):
        body = waha.event("message.any", waha.customer_writes(CUSTOMER, "чужие слова"))
        with caplog.at_level(logging.INFO):
            assert await pushed.is_told(body, signature=signature.encode().hex() if signature else "") == 401
        assert ACCOUNT in caplog.text
        assert "чужие слова" not in caplog.text
        assert await pushed.contacts() == []

    async def test_reports_move_a_message_forward_and_never_back(self, pushed: WahaShop, waha: FakeWaha):
        await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, PRICE)))
        await pushed.time_passes(seconds=5)
        sent = waha.rows[CUSTOMER][-1]
        for ack, expected in ((2, "delivered"), (3, "read"), (2, "read"), (0, "read"), (4, "read")):
            assert await pushed.is_told(waha.event("message.ack", sent | {"ack": ack})) == 200
            await pushed.time_passes(seconds=1)
            assert (await pushed.messages())[-1].delivery_state == expected

    async def test_an_edit_and_a_deletion_reach_their_line_once(self, pushed: WahaShop, waha: FakeWaha):
        row = waha.customer_writes(CUSTOMER, "Сколько стоит дверь?")
        bare = row["id"].split("_")[2]
        notice = row | {"id": f"false_{CUSTOMER}_3EB0EDIT"}
        now = int(pushed.clock.now().timestamp() * 1000)
        edits = [notice | {"editedMessageId": bare, "body": text} for text in ("Сколько стоят двери?", PRICE)]
        first, second = (
            waha.event("message.edited", edit, timestamp=now + age) for age, edit in enumerate(edits, start=1)
        )
        for body in (waha.event("message.any", row), second, first, second, waha.event("message.any", row)):
            assert await pushed.is_told(body) == 200
        await pushed.time_passes(seconds=1)
        (line,) = await pushed.messages()
        assert line.text == PRICE
        gone = waha.event("message.revoked", {"revokedMessageId": bare, "after": notice | {"body": ""}})
        for body in (gone, gone, second):
            assert await pushed.is_told(body) == 200
        await pushed.time_passes(minutes=5)
        said = [message for message in await pushed.messages() if message.author == "customer"]
        assert [(message.deleted, message.text) for message in said] == [(True, PRICE)]

    async def test_a_whitelisted_number_behind_a_hidden_id_is_never_answered(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha
    ):
        shop: WahaShop = await open_waha_shop(whitelist_numbers="+7 701 000 00 01", polling_interval=3600)
        waha.lids[LID] = CUSTOMER
        await shop.is_told(waha.event("message.any", waha.customer_writes(LID, "Мама, купи хлеба")))
        await shop.is_told(waha.event("message.any", waha.human_writes(LID, "Хорошо")))
        await shop.time_passes(hours=2)
        assert waha.sent == []
        assert {(row.queue_status, row.message_text) for row in await shop.log(LID)} == {("whitelisted", None)}

    async def test_a_customer_behind_a_hidden_id_is_answered_where_he_wrote(self, pushed: WahaShop, waha: FakeWaha):
        await pushed.is_told(waha.event("message.any", waha.customer_writes(LID, PRICE, name="Скрытый")))
        await pushed.time_passes(seconds=10)
        assert len(pushed.answers(LID)) == 1
        (contact,) = await pushed.contacts()
        assert (contact.phone_number, contact.name) == (None, "Скрытый")

    async def test_an_unlinked_phone_is_told_to_a_person_and_what_waits_goes_out_when_it_is_back(
        self, pushed: WahaShop, waha: FakeWaha
    ):
        await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, PRICE)))
        for _ in range(2):
            assert await pushed.is_told(waha.status_event("SCAN_QR_CODE")) == 200
        await pushed.time_passes(minutes=5)
        assert pushed.answers() == []
        ((_, reason),) = await pushed.desk()
        assert "отсканируйте" in reason
        assert await pushed.is_told(waha.status_event("WORKING")) == 200
        await pushed.time_passes(seconds=30)
        assert len(pushed.answers()) == 1
        assert (await pushed.account()).paused_reason is None


class TestFirstContacts:
    """WhatsApp may forbid an account to begin conversations (error 463)."""

    async def test_after_463_none_is_begun_open_ones_go_on_and_a_person_knows_until_when(
        self, pushed: WahaShop, waha: FakeWaha
    ):
        await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, PRICE)))
        await pushed.time_passes(seconds=5)
        waha.fail("sendText", "463")
        await pushed.writes_by_hand("first", STRANGER, "Ваш заказ готов")
        tried = len(waha.asked_for("sendText"))
        await pushed.writes_by_hand("second", "77010000008@c.us", "Ваш заказ готов")
        assert len(waha.asked_for("sendText")) == tried
        assert [row.queue_status for row in await pushed.log("77010000008@c.us")] == ["failed"]
        until = (await pushed.account()).no_first_contacts_until
        assert until == pushed.clock.now() - timedelta(seconds=2) + timedelta(days=7)
        reasons = [reason for _, reason in await pushed.desk() if "писать первым" in reason]
        assert [f"{until:%d.%m.%Y %H:%M}" in reason for reason in reasons] == [True]
        await pushed.writes_by_hand("open", CUSTOMER, "Ваш заказ готов")
        await pushed.is_told(waha.event("message.any", waha.customer_writes(CUSTOMER, "А дверь?")))
        await pushed.time_passes(seconds=10)
        assert len(pushed.answers()) == 3
        assert len([reason for _, reason in await pushed.desk() if "писать первым" in reason]) == 1
        (finding,) = [finding async for finding in examine(pushed.app) if finding.about == ACCOUNT]
        assert f"до {until:%d.%m.%Y %H:%M} UTC" in finding.says

    async def test_the_stranger_who_writes_himself_is_answered(self, pushed: WahaShop, waha: FakeWaha):
        waha.fail("sendText", "463")
        await pushed.writes_by_hand("first", STRANGER, "Ваш заказ готов")
        await pushed.is_told(waha.event("message.any", waha.customer_writes(STRANGER, PRICE)))
        await pushed.time_passes(seconds=10)
        assert len(pushed.answers(STRANGER)) == 1

    async def test_who_wrote_behind_his_hidden_id_is_no_first_contact_by_his_number(
        self, pushed: WahaShop, waha: FakeWaha
    ):
        waha.lids[LID] = CUSTOMER
        waha.fail("sendText", "463")
        await pushed.writes_by_hand("first", STRANGER, "Ваш заказ готов")
        await pushed.is_told(waha.event("message.any", waha.customer_writes(LID, "Спасибо")))
        await pushed.time_passes(seconds=5)
        await pushed.writes_by_hand("second", CUSTOMER, "Ваш заказ готов")
        assert pushed.answers() == ["Ваш заказ готов"]

    @pytest.mark.parametrize(
        "restriction",
        [
            {"reachoutTimelock": {"isActive": True, "timeEnforcementEnds": None}},
            {"messageCapping": {"cappingStatus": "CAPPED", "cycleEnd": None}},
        ],
    )
    async def test_a_restriction_the_session_tells_of_holds_until_its_end(
        self, pushed: WahaShop, waha: FakeWaha, restriction: dict[str, dict[str, Any]]
    ):
        ends = pushed.clock.now() + timedelta(days=2)
        for told in restriction.values():
            told |= {key: ends.isoformat() for key, value in told.items() if value is None}
        waha.me |= restriction
        for _ in range(2):
            await pushed.is_told(waha.status_event("WORKING"))
        await pushed.writes_by_hand("first", STRANGER, "Ваш заказ готов")
        assert pushed.answers(STRANGER) == []
        assert len([reason for _, reason in await pushed.desk() if "писать первым" in reason]) == 1
        await pushed.time_passes(days=2, seconds=1)
        await pushed.writes_by_hand("later", STRANGER, "Ваш заказ готов")
        assert pushed.answers(STRANGER) == ["Ваш заказ готов"]

    async def test_the_report_says_why_it_was_not_sent(self, pushed: WahaShop, waha: FakeWaha):
        waha.fail("sendText", "463")
        await pushed.writes_by_hand("first", STRANGER, "тайные слова")
        (reason,) = await pushed.dead("outgoing_messages")
        assert "463" in reason
        assert "тайные слова" not in reason


class TestSubscribing:
    async def test_with_a_public_address_waha_is_told_to_call_us_and_calls_are_accepted(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha
    ):
        shop: WahaShop = await open_waha_shop(public_url="https://shop.example/bot/", polling_interval=3600)
        assert waha.session is not None
        (hook,) = waha.session["config"]["webhooks"]
        assert hook["url"] == f"https://shop.example/bot/webhooks/{ACCOUNT}"
        assert hook["hmac"]["key"] == webhooks.secret_of(shop.app, ACCOUNT)
        await shop.stops()
        await shop.starts()
        assert len([asked for asked in waha.requests if asked.method == "PUT"]) == 1

    async def test_without_one_nothing_of_the_session_is_changed(self, open_waha_shop: OpenWahaShop, waha: FakeWaha):
        await open_waha_shop()
        assert {asked.method for asked in waha.requests} == {"GET"}

    async def test_a_waha_that_does_not_answer_does_not_stop_the_start_and_is_asked_again(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha, caplog: pytest.LogCaptureFixture
    ):
        waha.fail_always("/sessions/shop", iter(["500"] * 8))
        shop: WahaShop = await open_waha_shop(public_url="https://shop.example", polling_interval=3600)
        await shop.time_passes(minutes=1)
        assert "saudager doctor" in caplog.text
        assert waha.session == {"config": {}}
        await shop.time_passes(minutes=10)
        assert len(waha.session["config"]["webhooks"]) == 1

    async def test_wappi_gets_our_address_and_types_of_news_only_when_it_has_others(
        self, open_wappi_shop: Any, wappi: Any
    ):
        wappi.profile |= {"webhook_url": "https://old.example", "webhook_types": ["application_status"]}
        shop: WappiShop = await open_wappi_shop(public_url="https://shop.example", polling_interval=3600)
        (set_url,) = wappi.asked_for("webhook/url/set")
        (set_types,) = wappi.asked_for("webhook/types/set")
        name = next(iter(shop.app.channels))
        assert set_url.query["url"] == f"https://shop.example{webhooks.address_of(shop.app, name)}"
        assert set_url.query["url"].endswith(f"/{webhooks.secret_of(shop.app, name)}")
        assert set_types.body == [
            "application_status",
            "incoming_message",
            "outgoing_message_phone",
            "delivery_status",
            "incoming_call",
        ]
        await shop.stops()
        await shop.starts()
        assert len(wappi.asked_for("webhook/url/set")) == len(wappi.asked_for("webhook/types/set")) == 1


class TestDoctor:
    async def test_an_unlinked_phone_gets_the_code_to_scan(
        self, open_waha_shop: OpenWahaShop, waha: FakeWaha, tmp_path: Path
    ):
        shop: WahaShop = await open_waha_shop()
        waha.status = "SCAN_QR_CODE"
        (finding,) = [finding async for finding in examine(shop.app) if finding.about == ACCOUNT]
        assert not finding.good
        assert "отсканируйте QR-код" in finding.says
        assert str(tmp_path / "waha-shop-qr.png") in finding.says
        assert (tmp_path / "waha-shop-qr.png").read_bytes() == PNG

    async def test_a_working_session_shows_where_waha_should_call_and_its_key(self, open_waha_shop: OpenWahaShop):
        shop: WahaShop = await open_waha_shop()
        (finding,) = [finding async for finding in examine(shop.app) if finding.about == ACCOUNT]
        assert finding.good
        assert f"/webhooks/{ACCOUNT} " in finding.says
        assert webhooks.secret_of(shop.app, ACCOUNT) in finding.says
