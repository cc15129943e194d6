"""A customer writes through Meta's Cloud API and gets an answer: the whole product on signed webhooks."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from saudager import doctor
from saudager.attention import Why
from saudager.contracts import CONTRACT, MessageClass, OutgoingMessage, lane_key
from saudager.conversations.models import Identity
from saudager.gateway import webhooks
from saudager.gateway.models import Account
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from tests.fakes.whatsapp_cloud import PHONE_NUMBER_ID
from tests.gateway.whatsapp_cloud_shop import ACCOUNT, CUSTOMER, PHONE, CloudShop

PRICE = "Сколько стоит окно?"
BSUID = "KZ.13491208655302741918"
TEMPLATE = {"name": "come_back", "language": {"policy": "deterministic", "code": "ru"}}


@pytest.fixture
async def shop(open_cloud_shop: Any) -> CloudShop:
    opened: CloudShop = await open_cloud_shop()
    return opened


async def answered(shop: CloudShop, **message: Any) -> str:
    """A customer's question is answered; the id of the answer at Meta."""
    assert await shop.told(shop.meta.message(PHONE, PRICE, **message)) == 200
    await shop.time_passes(seconds=10)
    return shop.meta.sent[-1].id


async def later(shop: CloudShop, **span: float) -> None:
    """Nothing happened for so long."""
    shop.clock.move_to(shop.clock.now() + timedelta(**span))
    await shop.settles()


async def put(shop: CloudShop, id: str, text: str, **fields: Any) -> None:
    """Another program wants a message sent."""
    outgoing = OutgoingMessage(
        id=id,
        created_at=shop.clock.now(),
        account=ACCOUNT,
        chat=CUSTOMER,
        message_text=text,
        message_class=MessageClass.SERVICE,
        **fields,
    )
    await shop.app.db.run(_publish, outgoing)
    await shop.time_passes(seconds=10)


def _publish(session: Session, outgoing: OutgoingMessage) -> None:
    table.publish(
        session,
        "outgoing_messages",
        outgoing.model_dump_json(by_alias=True, exclude_none=True),
        id=outgoing.id,
        key=lane_key(outgoing.account, CUSTOMER),
        now=outgoing.created_at,
        rank=outgoing.message_class.rank,
        lot=outgoing.account,
    )


def _connected_long_ago(session: Session) -> None:
    session.get_one(Account, ACCOUNT).connected_at -= timedelta(days=2)


async def reported(shop: CloudShop, outgoing_id: str) -> list[tuple[str, str | None]]:
    """What the agent was told of a message: state and reason."""
    bodies = await shop.app.db.read(_reports)
    return [(body["state"], body.get("reason")) for body in bodies if body["for"] == outgoing_id]


def _reports(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(text("select body from queue_messages where queue = 'delivery_reports' order by id"))
    return [json.loads(row.body) for row in rows]


class TestALine:
    async def test_it_is_answered_once_however_often_it_is_told(self, shop, meta):
        line, other = meta.message(PHONE, PRICE), meta.message(PHONE, "А доставка есть?")
        for values in ((line,), (line, line), (other, line), (other,)):
            assert await shop.told(*values) == 200
        await shop.time_passes(seconds=10)
        assert await shop.told(line, other) == 200
        await shop.time_passes(minutes=5)
        assert len(shop.answers()) == 1
        assert [message.author for message in await shop.messages()] == ["customer", "customer", "bot"]
        (contact,) = await shop.contacts()
        assert (contact.name, contact.phone_number) == ("Алия", PHONE)

    async def test_the_customer_sees_it_read_and_us_typing_before_the_answer(self, open_cloud_shop, meta):
        shop: CloudShop = await open_cloud_shop(sends_per_minute=20)
        line = meta.message(PHONE, PRICE)
        await shop.told(line)
        await shop.time_passes(seconds=30)
        posts = [body for method, _, body in meta.requests if method == "POST"]
        assert [(body.get("status"), body.get("type")) for body in posts] == [("read", None), (None, "text")]
        assert meta.reads == [line["messages"][0]["id"]]

    async def test_a_person_who_types_on_the_phone_silences_the_salesperson(self, shop, meta):
        await shop.told(meta.message(PHONE, PRICE), meta.echo(PHONE, "Это Асель, сейчас посчитаю"))
        await shop.time_passes(minutes=5)
        assert meta.sent == []
        assert [message.author for message in await shop.messages()] == ["customer", "human"]

    async def test_a_photo_is_fetched_by_its_media_id_and_its_caption_answered(self, shop, meta):
        meta.files["88"] = (b"\xff\xd8photo", "image/jpeg")
        await shop.told(
            meta.message(PHONE, type="image", image={"id": "88", "mime_type": "image/jpeg", "caption": PRICE})
        )
        await shop.time_passes(seconds=10)
        (photo,) = [message for message in await shop.messages() if message.media]
        assert (shop.settings.media_folder / photo.media["path"]).read_bytes() == b"\xff\xd8photo"
        assert len(shop.answers()) == 1

    async def test_a_deleted_line_is_not_answered_even_when_its_deletion_is_told_first(self, shop, meta):
        line = meta.message(PHONE, PRICE)
        gone = {"original_message_id": line["messages"][0]["id"]}
        await shop.told(meta.message(PHONE, type="revoke", revoke=gone))
        await shop.told(line)
        await shop.time_passes(minutes=5)
        assert meta.sent == []
        assert await shop.desk() == []

    async def test_an_edit_changes_what_is_answered(self, open_cloud_shop, meta):
        model = ScriptedModel()
        shop: CloudShop = await open_cloud_shop(model=model, patience=30, patience_complete=30)
        line = meta.message(PHONE, "Сколько стоит дверь?")
        changed = {
            "original_message_id": line["messages"][0]["id"],
            "message": {"type": "text", "text": {"body": PRICE}},
        }
        edit = meta.message(PHONE, type="edit", edit=changed)
        for value in (line, edit, line, edit):
            await shop.told(value)
        await shop.time_passes(minutes=2)
        assert [briefing.new_lines for briefing in model.briefings] == [[PRICE]]

    async def test_a_full_queue_makes_meta_come_again(self, shop, meta, monkeypatch):
        line = meta.message(PHONE, PRICE)
        full = CONTRACT["incoming_messages"].model_copy(update={"max_length": 0})
        with monkeypatch.context() as patch:
            patch.setitem(CONTRACT, "incoming_messages", full)
            assert await shop.told(line) == 503
        assert await shop.told(line) == 200
        await shop.time_passes(seconds=10)
        assert len(shop.answers()) == 1


@pytest.mark.both_kinds
class TestACustomerWithoutANumber:
    async def test_he_is_answered_at_his_bsuid(self, shop, meta):
        await shop.told(meta.message(BSUID, PRICE, name="Скрытый"))
        await shop.time_passes(seconds=10)
        (sent,) = meta.sent
        assert (sent.body["recipient"], "to" in sent.body) == (BSUID, False)
        (contact,) = await shop.contacts()
        assert (contact.name, contact.phone_number) == ("Скрытый", None)
        assert {row.phone_number for row in await shop.log(f"{BSUID}@bsuid")} == {None}

    async def test_a_bsuid_that_looks_like_a_phone_is_none(self, shop, meta):
        await shop.told(meta.message(f"KZ.{PHONE}", PRICE))
        await shop.time_passes(seconds=10)
        assert [sent.to for sent in meta.sent] == [f"KZ.{PHONE}"]
        assert [row.phone_number for row in await shop.log(f"KZ.{PHONE}@bsuid")] == [None, None]

    @pytest.mark.parametrize("first", ["phone", "bsuid"])
    async def test_his_number_and_his_bsuid_lead_to_one_contact(self, shop, meta, first: str):
        with_phone, without = meta.message(PHONE, PRICE, bsuid=BSUID), meta.message(BSUID, "А доставка есть?")
        for value in (with_phone, without) if first == "phone" else (without, with_phone):
            await shop.told(value)
            await shop.time_passes(seconds=10)
        assert [sent.to for sent in meta.sent] == ([PHONE, BSUID] if first == "phone" else [BSUID, PHONE])
        (contact,) = await shop.contacts()
        assert contact.phone_number == PHONE
        identities = await shop.app.db.read(lambda session: session.scalars(select(Identity)).all())
        assert {(one.kind, one.value) for one in identities} == {
            ("phone", PHONE),
            ("chat", CUSTOMER),
            ("chat", f"{BSUID}@bsuid"),
            ("bsuid", BSUID),
        }


@pytest.mark.both_kinds
class TestStatuses:
    async def test_they_move_an_answer_forward_and_never_back(self, shop, meta):
        sent = await answered(shop)
        for word, expected in (
            ("sent", "sent"),
            ("delivered", "delivered"),
            ("sent", "delivered"),
            ("read", "read"),
            ("delivered", "read"),
            ("read", "read"),
        ):
            assert await shop.told(meta.status(sent, word)) == 200
            await shop.time_passes(seconds=1)
            assert (await shop.messages())[-1].delivery_state == expected
            assert (await shop.log())[-1].vendor_status == expected

    async def test_a_failure_is_shown_to_a_person_in_metas_words(self, shop, meta):
        sent = await answered(shop)
        error = {"code": 131049, "title": "Not delivered to maintain healthy ecosystem engagement"}
        await shop.told(meta.status(sent, "failed", errors=[error]))
        await shop.time_passes(seconds=1)
        assert await shop.desk() == [
            (Why.NOT_DELIVERED, "131049 Not delivered to maintain healthy ecosystem engagement")
        ]
        (turn,) = await shop.turns()
        assert (turn.outcome, turn.reason) == ("silent", f"not_delivered: 131049 {error['title']}")

    async def test_one_of_a_message_nobody_knows_changes_nothing(self, shop, meta):
        assert await shop.told(meta.status("wamid.UNKNOWN", "read", biz_opaque_callback_data="reply:unknown")) == 200
        assert await shop.waiting() == 0

    @pytest.mark.parametrize("word", ["sent", "delivered", "read"])
    async def test_one_settles_the_answer_whose_own_answer_was_lost(self, shop, meta, word: str):
        meta.faults.add("/messages", "cut_after")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(seconds=3)
        assert len(meta.sent) == 1
        assert (await shop.messages())[-1].delivery_state == "queued"
        await shop.told(meta.status(meta.sent[0].id, word))
        await shop.time_passes(minutes=20)
        assert meta.sends() == 1
        assert (await shop.messages())[-1].delivery_state == word
        assert (await shop.messages())[-1].message_id == meta.sent[0].id
        assert await shop.desk() == []

    @pytest.mark.parametrize("words", [("sent", "delivered"), ("sent", "delivered", "read"), ("read", "sent")])
    async def test_several_in_one_call_settle_a_lost_answer_as_far_as_the_furthest(self, shop, meta, words):
        meta.faults.add("/messages", "cut_after")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(seconds=3)
        await shop.told(*(meta.status(meta.sent[0].id, word) for word in words))
        await shop.time_passes(minutes=1)
        furthest = max(words, key=("sent", "delivered", "read").index)
        assert (await shop.messages())[-1].delivery_state == furthest

    async def test_without_one_a_lost_answer_is_shown_as_unsettled_and_never_sent_again(self, shop, meta):
        meta.faults.add("/messages", "cut_after")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(minutes=30)
        assert meta.sends() == 1
        assert (await shop.messages())[-1].delivery_state == "unsettled"
        assert [kind for kind, _ in await shop.desk()] == [Why.UNSETTLED]

    async def test_one_that_comes_after_all_settles_an_unsettled_message_and_clears_the_desk(self, shop, meta):
        meta.faults.add("/messages", "cut_after")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(minutes=30)
        for word in ("sent", "delivered", "read", "sent"):
            await shop.told(meta.status(meta.sent[0].id, word))
            await shop.time_passes(seconds=1)
        said = (await shop.messages())[-1]
        assert (said.delivery_state, said.delivery_reason) == ("read", None)
        logged = (await shop.log())[-1]
        assert (logged.vendor_status, logged.queue_status) == ("read", "sent")
        assert await shop.desk() == []

    async def test_one_that_comes_before_our_own_answer_is_not_undone_by_it(self, shop, meta, monkeypatch):
        """Meta's webhook overtakes the answer to our call."""
        channel = shop.app.channels[ACCOUNT]
        send = channel.send
        failed = {"errors": [{"code": 131026, "title": "Message undeliverable"}]}

        async def slow(*message: Any, **options: Any) -> str:
            message_id = await send(*message, **options)
            await shop.told(meta.status(message_id, "failed", **failed))
            return str(message_id)

        monkeypatch.setattr(channel, "send", slow)
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(minutes=5)
        assert meta.sends() == 1
        assert (await shop.messages())[-1].delivery_state == "failed"
        assert (await shop.log())[-1].vendor_status == "failed"
        assert await shop.desk() == [(Why.NOT_DELIVERED, "131026 Message undeliverable")]


class TestRefusals:
    async def test_a_refused_answer_is_shown_with_metas_reason_and_not_tried_again(self, shop, meta):
        meta.refuse_send(131026, "Message undeliverable")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(minutes=5)
        assert meta.sends() == 1
        ((kind, reason),) = await shop.desk()
        assert kind == Why.NOT_DELIVERED
        assert "Message undeliverable" in reason

    async def test_too_many_messages_to_one_customer_wait_six_seconds(self, shop, meta):
        meta.refuse_send(131056, "Pair rate limit hit")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(seconds=5)
        assert meta.sent == []
        await shop.time_passes(seconds=10)
        assert len(meta.sent) == 1

    async def test_an_ended_token_pauses_the_account_until_it_is_accepted_again(self, shop, meta):
        meta.faults.add("/messages", "401")
        meta.faults.add(f"/{PHONE_NUMBER_ID}", "401")
        await shop.told(meta.message(PHONE, PRICE))
        await shop.time_passes(seconds=20)
        assert meta.sent == []
        assert [kind for kind, _ in await shop.desk()] == [Why.ACCOUNT]
        assert (await shop.account()).paused_reason is not None
        await shop.time_passes(minutes=12)
        assert (await shop.account()).paused_reason is None
        assert len(meta.sent) == 1

    async def test_a_number_that_is_cut_off_is_noticed_before_a_customer_does(self, shop, meta):
        meta.number["status"] = "DISCONNECTED"
        await shop.time_passes(minutes=6)
        ((kind, reason),) = await shop.desk()
        assert kind == Why.ACCOUNT
        assert "DISCONNECTED" in reason


@pytest.mark.both_kinds
class TestTheWindow:
    async def test_inside_it_anything_may_be_sent(self, shop, meta):
        await answered(shop)
        await later(shop, hours=23)
        await put(shop, "notice:1", "Ваш заказ готов")
        assert [sent.text for sent in meta.sent[1:]] == ["Ваш заказ готов"]

    async def test_outside_it_a_text_is_not_sent_and_says_why(self, shop, meta):
        await answered(shop)
        await later(shop, hours=24)
        await put(shop, "notice:1", "Ваш заказ готов")
        assert len(meta.sent) == 1
        assert await reported(shop, "notice:1") == [("failed", "window_closed")]

    async def test_outside_it_a_template_goes_out(self, shop, meta):
        await answered(shop)
        await later(shop, hours=48)
        await put(shop, "notice:1", "Вы спрашивали про окна", template=TEMPLATE)
        assert [sent.body.get("template") for sent in meta.sent[1:]] == [TEMPLATE]

    async def test_a_new_line_opens_it_again(self, shop, meta):
        await answered(shop)
        await later(shop, hours=48)
        await answered(shop)
        assert len(shop.answers()) == 2

    async def test_a_stranger_gets_no_text(self, shop, meta):
        await put(shop, "notice:1", "Здравствуйте")
        assert meta.sent == []
        assert await reported(shop, "notice:1") == [("failed", "window_closed")]

    async def test_a_late_answer_is_shown_to_a_person(self, open_cloud_shop, meta):
        """The line is nearly a day old when it comes, and Meta asks for a minute of patience."""
        shop: CloudShop = await open_cloud_shop(answer_within=24)
        sent = meta.message(PHONE, PRICE)
        sent["messages"][0]["timestamp"] = str(int((shop.clock.now() - timedelta(hours=23, minutes=59)).timestamp()))
        await shop.app.db.run(_connected_long_ago)
        meta.refuse_send(130429, "Rate limit hit")
        await shop.told(sent)
        await shop.time_passes(minutes=5)
        assert meta.sent == []
        assert await shop.desk() == [(Why.NOT_DELIVERED, "window_closed")]


class TestStrangers:
    @pytest.mark.parametrize("headers", [{}, {"x-hub-signature-256": f"sha256={'0' * 64}"}])
    async def test_an_unsigned_call_is_refused_and_its_words_are_not_logged(self, shop, meta, caplog, headers):
        with caplog.at_level(logging.INFO):
            assert await shop.told(meta.message(PHONE, "чужие слова"), headers=headers) == 401
        assert ACCOUNT in caplog.text
        assert "чужие слова" not in caplog.text
        assert await shop.contacts() == []

    async def test_our_own_secret_is_no_signature(self, shop, meta):
        secret = webhooks.secret_of(shop.app, ACCOUNT)
        body = meta.call(meta.message(PHONE, PRICE))
        async with shop.web() as http:
            assert (await http.post(f"/webhooks/{ACCOUNT}/{secret}", content=body)).status_code == 401
            assert (
                await http.post(f"/webhooks/{ACCOUNT}", content=body, headers={"authorization": secret})
            ).status_code == 401

    async def test_meta_is_answered_when_it_asks_with_our_word(self, shop):
        asks = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
        async with shop.web() as http:
            known = asks | {"hub.verify_token": webhooks.secret_of(shop.app, ACCOUNT)}
            answer = await http.get(f"/webhooks/{ACCOUNT}", params=known)
            assert (answer.status_code, answer.text) == (200, "1158201444")
            assert answer.headers["content-type"].startswith("text/plain")

    @pytest.mark.parametrize("token", ["", "wrong", "токен", None])
    async def test_whoever_asks_without_it_gets_nothing(self, shop, token):
        asks = {"hub.mode": "subscribe", "hub.challenge": "1158201444"} | (
            {} if token is None else {"hub.verify_token": token}
        )
        async with shop.web() as http:
            answer = await http.get(f"/webhooks/{ACCOUNT}", params=asks)
            assert answer.status_code == 403
            assert "1158201444" not in answer.text
            assert (await http.get("/webhooks/whatsapp_cloud:1", params=asks)).status_code == 403


async def test_the_doctor_shows_where_meta_should_call(shop):
    findings = {finding.about: finding async for finding in doctor.examine(shop.app)}
    says = findings[ACCOUNT].says
    assert f"/webhooks/{ACCOUNT} " in says
    assert webhooks.secret_of(shop.app, ACCOUNT) in says
