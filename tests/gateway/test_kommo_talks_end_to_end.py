"""A customer writes in the chat of a lead in Kommo and gets an answer there: the whole product on form webhooks."""

import logging
from typing import Any

import pytest
from sqlalchemy import select

from saudager import doctor
from saudager.attention import Why
from saudager.contracts import CONTRACT, DeliveryState
from saudager.conversations.models import Conversation
from saudager.gateway import webhooks
from tests.fakes.kommo_talks import FakeKommoTalks
from tests.gateway.kommo_talks_shop import TalksShop

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит окно?"


@pytest.fixture
async def shop(open_talks_shop: Any) -> TalksShop:
    opened: TalksShop = await open_talks_shop()
    return opened


async def answered(shop: TalksShop, kommo: FakeKommoTalks) -> str:
    """A customer's question is answered; the talk it was asked in."""
    talk = kommo.begins_a_talk("Алия Серикова")
    assert await shop.told(kommo.customer_writes(talk, PRICE)) == 200
    await shop.time_passes(seconds=10)
    assert len(shop.answers(talk)) == 1
    return talk


class TestALine:
    @pytest.mark.both_kinds
    async def test_it_is_answered_once_however_often_it_is_told(self, shop, kommo):
        talk = kommo.begins_a_talk("Алия Серикова")
        line, other = kommo.customer_writes(talk, PRICE), kommo.customer_writes(talk, "А доставка есть?")
        for told in (line, line, other, line):
            assert await shop.told(told) == 200
        await shop.time_passes(seconds=10)
        assert await shop.told(other) == 200
        await shop.time_passes(minutes=20)
        assert len(shop.answers()) == 1
        chat = f"{talk}@talk"
        assert [message.author for message in await shop.messages(chat)] == ["customer", "customer", "bot"]
        (contact,) = await shop.contacts()
        assert (contact.phone_number, contact.full_name) == ("77010000001", "Алия Серикова")

    async def test_our_answer_shown_by_the_webhook_is_not_taken_for_a_managers(self, shop, kommo):
        talk = await answered(shop, kommo)
        (sent,) = kommo.sent
        for _ in range(2):
            assert await shop.told(kommo.shows(sent)) == 200
        await shop.told(kommo.customer_writes(talk, "А доставка есть?"))
        await shop.time_passes(seconds=10)
        assert len(shop.answers(talk)) == 2
        assert [message.author for message in await shop.messages(f"{talk}@talk")].count("human") == 0

    @pytest.mark.both_kinds
    async def test_a_managers_line_silences_the_salesperson(self, shop, kommo):
        talk = kommo.begins_a_talk()
        await shop.told(kommo.customer_writes(talk, PRICE))
        await shop.told(kommo.leaves(talk, "Это Асель, сейчас посчитаю"))
        await shop.time_passes(minutes=5)
        assert kommo.sent == []
        assert [message.author for message in await shop.messages(f"{talk}@talk")] == ["customer", "human"]

    async def test_a_salesbots_line_is_context_and_silences_nobody(self, shop, kommo):
        talk = kommo.begins_a_talk()
        await shop.told(
            kommo.leaves(talk, "Спасибо, что написали нам!", **{"author[type]": "bot", "author[user_id]": ""})
        )
        await shop.told(kommo.customer_writes(talk, PRICE))
        await shop.time_passes(seconds=10)
        assert len(shop.answers(talk)) == 1

    async def test_the_next_talk_of_the_same_person_is_his(self, shop, kommo):
        """Kommo closes a talk and begins another; in Telegram nobody tells a phone."""
        first = kommo.begins_a_talk(phone=None)
        await shop.told(kommo.customer_writes(first, PRICE))
        second = kommo.begins_a_talk(contact=kommo.contact_of(first))
        await shop.told(kommo.customer_writes(second, "А доставка есть?"))
        await shop.time_passes(seconds=10)
        assert (len(shop.answers(first)), len(shop.answers(second))) == (1, 1)
        assert len(await shop.contacts()) == 1
        conversations = await shop.app.db.read(lambda session: session.scalars(select(Conversation)).all())
        assert {conversation.chat for conversation in conversations} == {f"{first}@talk", f"{second}@talk"}


class TestSending:
    async def test_an_answer_whose_fate_is_unknown_is_settled_by_the_webhook(self, shop, kommo):
        kommo.faults.add("/send_message", "cut_after")
        talk = kommo.begins_a_talk()
        await shop.told(kommo.customer_writes(talk, PRICE))
        await shop.time_passes(seconds=20)
        (sent,) = kommo.sent
        assert await shop.told(kommo.shows(sent)) == 200
        await shop.time_passes(minutes=20)
        assert kommo.sends() == 1
        assert (await shop.messages(f"{talk}@talk"))[-1].delivery_state == DeliveryState.SENT
        assert await shop.desk() == []

    async def test_one_that_nobody_shows_is_shown_to_a_person_and_not_sent_again(self, shop, kommo):
        kommo.faults.add("/send_message", "cut_after")
        await shop.told(kommo.customer_writes(kommo.begins_a_talk(), PRICE))
        await shop.time_passes(minutes=20)
        assert kommo.sends() == 1
        assert [kind for kind, _ in await shop.desk()] == [Why.UNSETTLED]

    async def test_without_the_add_on_every_answer_is_shown_to_a_person_in_words_that_help(self, shop, kommo):
        kommo.denied = 402
        await shop.told(kommo.customer_writes(kommo.begins_a_talk(), PRICE))
        await shop.time_passes(minutes=5)
        ((kind, reason),) = await shop.desk()
        assert kind == Why.NOT_DELIVERED
        assert "«Отправка во внешние чаты»" in reason
        assert kommo.sends() == 1

    async def test_too_many_requests_wait(self, shop, kommo):
        kommo.faults.add("/send_message", "429")
        talk = kommo.begins_a_talk()
        await shop.told(kommo.customer_writes(talk, PRICE))
        await shop.time_passes(seconds=5)
        assert kommo.sent == []
        await shop.time_passes(seconds=20)
        assert len(shop.answers(talk)) == 1

    async def test_a_token_that_ended_pauses_the_account_until_it_is_accepted_again(self, shop, kommo):
        kommo.faults.add("/send_message", "401")
        kommo.faults.add("/account", "401")
        await shop.told(kommo.customer_writes(kommo.begins_a_talk(), PRICE))
        await shop.time_passes(seconds=20)
        assert [kind for kind, _ in await shop.desk()] == [Why.ACCOUNT]
        await shop.time_passes(minutes=12)
        assert (await shop.account()).paused_reason is None
        assert len(kommo.sent) == 1


class TestFiles:
    async def test_a_photo_is_fetched_and_its_caption_answered(self, shop, kommo):
        kommo.files["окно.jpg"] = (b"\xff\xd8photo", "image/jpeg")
        talk = kommo.begins_a_talk()
        photo = {"attachment[type]": "picture", "attachment[link]": f"{kommo.base_url}/attachments/окно.jpg"}
        await shop.told(kommo.customer_writes(talk, PRICE, message_type="picture", **photo))
        await shop.time_passes(seconds=10)
        (kept,) = [message for message in await shop.messages(f"{talk}@talk") if message.media]
        assert (shop.settings.media_folder / kept.media["path"]).read_bytes() == b"\xff\xd8photo"
        assert len(shop.answers(talk)) == 1

    async def test_a_link_into_a_private_network_is_not_followed_and_the_line_answered(self, shop, kommo):
        talk = kommo.begins_a_talk()
        inside = {"attachment[type]": "picture", "attachment[link]": "https://169.254.169.254/latest/meta-data/"}
        await shop.told(kommo.customer_writes(talk, PRICE, message_type="picture", **inside))
        await shop.time_passes(minutes=5)
        assert len(shop.answers(talk)) == 1
        assert [*shop.settings.media_folder.rglob("*.*")] == []
        assert ["private network" in reason for reason in await shop.dead("media_files")] == [True]


class TestStrangers:
    @pytest.mark.parametrize("secret", ["0" * 32, "webhook"])
    async def test_a_forged_call_is_refused_and_its_words_are_not_logged(self, shop, kommo, caplog, secret):
        talk = kommo.begins_a_talk()
        with caplog.at_level(logging.INFO):
            assert await shop.told(kommo.customer_writes(talk, "чужие слова"), secret=secret) == 401
        assert "чужие слова" not in caplog.text
        assert await shop.contacts() == []
        assert kommo.asked_for("/contacts/") == 0

    async def test_what_is_no_call_of_kommo_is_refused(self, shop):
        assert await shop.told(b"\xff") == 400

    async def test_a_full_queue_makes_kommo_come_again(self, shop, kommo, monkeypatch):
        line = kommo.customer_writes(kommo.begins_a_talk(), PRICE)
        full = CONTRACT["incoming_messages"].model_copy(update={"max_length": 0})
        with monkeypatch.context() as patch:
            patch.setitem(CONTRACT, "incoming_messages", full)
            assert await shop.told(line) == 503
        assert await shop.told(line) == 200
        await shop.time_passes(seconds=10)
        assert len(kommo.sent) == 1


async def test_kommo_is_told_where_to_call(open_talks_shop: Any, kommo: FakeKommoTalks):
    shop: TalksShop = await open_talks_shop(public_url="https://shop.example")
    (webhook,) = kommo.webhooks
    assert webhook["destination"] == "https://shop.example" + webhooks.address_of(shop.app, shop.account_name)


async def test_the_doctor_shows_where_kommo_should_call(shop):
    findings = {finding.about: finding async for finding in doctor.examine(shop.app)}
    assert webhooks.address_of(shop.app, shop.account_name) in findings[shop.account_name].says
