"""Whatever Wappi answers, every line is found and every answer is sent once, or a person is asked."""

import itertools
import logging
from collections.abc import Iterator

import pytest

from saudager.attention import Why
from saudager.errors import Unreachable
from saudager.gateway.models import LoggedMessage
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from tests.fakes.wappi import FakeWappi
from tests.gateway.wappi_shop import CUSTOMER, WappiShop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

PRICE = "Сколько стоит окно?"
OTHER = "77010000002@c.us"
LOST_READS = ["500", "hang", "hang_after", "cut_before", "cut_after"]
REFUSED_READS = ["400", "404", "garbage", "not_done", "crossed"]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Faults are logged; a test that fails shows the log anyway."""
    logger = logging.getLogger("saudager")
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize("fault", [*LOST_READS, *REFUSED_READS, "401", "429"])
@pytest.mark.parametrize("path", ["chats/get", "messages/get"])
async def test_polling_survives_and_finds_everything_afterwards(open_wappi_shop, wappi, path, fault):
    shop: WappiShop = await open_wappi_shop(timeout=0.1, polling_interval=30)
    for chat in (CUSTOMER, OTHER):
        wappi.customer_writes(chat, "Здравствуйте")
        wappi.customer_writes(chat, PRICE)
    wappi.fail(path, *[fault] * 5)
    await shop.time_passes(minutes=8)
    assert [asked.fault for asked in wappi.asked_for(path)].count(fault) == 5
    assert [len(shop.answers(chat)) for chat in (CUSTOMER, OTHER)] == [1, 1]
    assert [message.author for message in await shop.messages()] == ["customer", "customer", "bot"]
    assert await shop.waiting() == 0


async def test_a_chat_that_cannot_be_read_hides_no_other(open_wappi_shop, wappi, monkeypatch):
    broken = "77019999999@c.us"
    rows_of = FakeWappi.page

    def page(fake, chat, **window):
        if chat == broken:
            return [{"id": "3EB0BAD", "chatId": "79990000000@c.us", "type": "chat", "time": 1}], 1
        return rows_of(fake, chat, **window)

    monkeypatch.setattr(FakeWappi, "page", page)
    shop: WappiShop = await open_wappi_shop()
    wappi.customer_writes(CUSTOMER, PRICE)
    wappi.customer_writes(broken, PRICE)  # the newer one, so it is read first
    await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1
    monkeypatch.undo()
    await shop.time_passes(seconds=30)
    assert len(shop.answers(broken)) == 1


async def test_a_line_that_is_listed_before_it_is_shown_is_not_missed(open_wappi_shop, wappi, monkeypatch):
    rows_of = FakeWappi.page
    monkeypatch.setattr(FakeWappi, "page", lambda fake, chat, **window: ([], 0))
    shop: WappiShop = await open_wappi_shop()
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(seconds=12)
    assert await shop.messages() == []
    monkeypatch.setattr(FakeWappi, "page", rows_of)
    await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1


async def test_a_reaction_is_no_line_and_is_not_looked_at_for_ever(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=15)
    wappi.customer_writes(CUSTOMER, "👍", type="reaction")
    await shop.time_passes(minutes=2)
    looks = len(wappi.asked_for("messages/get"))
    await shop.time_passes(minutes=2)
    assert len(wappi.asked_for("messages/get")) == looks
    assert wappi.sent == []


@pytest.mark.parametrize("fault", ["cut_after", "hang_after", "garbage", "500", "cut_before", "hang"])
async def test_a_send_whose_answer_is_lost_is_looked_for_and_arrives_once(open_wappi_shop, wappi, fault):
    shop: WappiShop = await open_wappi_shop(timeout=0.1, polling_interval=3600)
    wappi.fail("message/send", fault)
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(hours=1, minutes=5)
    assert len(shop.answers()) == 1
    sends, arrived = wappi.asked_for("message/send"), fault in ("cut_after", "hang_after", "garbage")
    assert len(sends) == (1 if arrived else 2)
    # a look into the chat, due in the same hour, may already have seen it arrive
    assert (await shop.messages())[-1].delivery_state in ("sent", "delivered")
    assert await shop.desk() == []


async def test_a_poll_that_sees_the_lost_send_first_settles_it(open_wappi_shop, wappi):
    """Also when the messenger has tidied the text."""
    shop: WappiShop = await open_wappi_shop(model=ScriptedModel(["Сейчас расскажу.\n"]), polling_interval=1)
    wappi.fail("message/send", "cut_after")
    wappi.customer_writes(CUSTOMER, PRICE)
    while not wappi.sent:
        await shop.time_passes(seconds=0.1)
    wappi.rows[wappi.sent[0].id]["body"] = "Сейчас расскажу."
    await shop.time_passes(minutes=1)
    assert len(wappi.asked_for("message/send")) == 1
    assert [message.author for message in await shop.messages()] == ["customer", "bot"]
    assert [row.author for row in await shop.log()] == ["customer", "bot"]


async def test_a_poll_between_looking_and_deciding_does_not_send_it_again(open_wappi_shop, wappi, monkeypatch):
    """The look finds our line; before it is compared with the log, a poll has already written it there."""
    shop: WappiShop = await open_wappi_shop(polling_interval=3600)
    wappi.fail("message/send", "cut_after")
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(hours=1)
    await shop.time_passes(seconds=1.8)
    assert len(shop.answers()) == 1
    channel = next(iter(shop.app.channels.values()))
    lines_of = channel.lines

    async def lines(chat, **window):
        found = await lines_of(chat, **window)
        await shop.app.db.run(_note_echo, wappi.sent[0].id)
        return found

    monkeypatch.setattr(channel, "lines", lines)
    await shop.time_passes(minutes=2)
    assert len(shop.answers()) == 1
    assert (await shop.messages())[-1].delivery_state == "sent"


def _note_echo(session, message_id):
    (row,) = session.query(LoggedMessage).filter_by(queue_status="sending")
    row.message_id = message_id


async def test_a_send_that_shows_late_is_still_found_after_another_attempt_was_turned_away(
    open_wappi_shop, wappi, monkeypatch
):
    shop: WappiShop = await open_wappi_shop(polling_interval=3600)
    rows_of = FakeWappi.page

    def only_theirs(fake, chat, **window):
        rows, _ = rows_of(fake, chat, **window)
        theirs = [row for row in rows if not row["fromMe"]]
        return theirs, len(theirs)

    monkeypatch.setattr(FakeWappi, "page", only_theirs)
    wappi.fail("message/send", "cut_after", "429")
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(hours=1, seconds=5)
    assert len(wappi.asked_for("message/send")) == 2
    monkeypatch.undo()
    await shop.time_passes(minutes=1)
    assert len(wappi.asked_for("message/send")) == 2
    assert len(shop.answers()) == 1
    assert (await shop.messages())[-1].delivery_state == "sent"


async def test_what_certainly_did_not_arrive_is_tried_three_times_and_then_shown(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=30)
    wappi.fail_always("message/send", itertools.repeat("500"))
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=10)
    assert len(wappi.asked_for("message/send")) == 3
    assert shop.answers() == []
    assert len(await shop.dead("outgoing_messages")) == 1
    assert [kind for kind, _ in await shop.desk()] == [Why.UNSETTLED]


async def test_no_connection_at_all_is_tried_three_times_and_then_shown_as_not_delivered(
    open_wappi_shop, wappi, monkeypatch
):
    shop: WappiShop = await open_wappi_shop(polling_interval=60)
    channel = next(iter(shop.app.channels.values()))
    attempts = []

    async def send(chat, text, **how):
        attempts.append(text)
        raise Unreachable("Wappi: send a message: no connection")

    monkeypatch.setattr(channel, "send", send)
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=10)
    assert len(attempts) == 3
    ((kind, reason),) = await shop.desk()
    assert kind == Why.NOT_DELIVERED
    assert "no connection" in reason
    (turn,) = await shop.turns()
    assert turn.outcome == "silent"
    assert turn.reason.startswith("not_delivered")


@pytest.mark.parametrize("fault", ["400", "404", "not_done"])
async def test_a_refused_send_is_not_repeated_and_is_shown(open_wappi_shop, wappi, fault):
    shop: WappiShop = await open_wappi_shop(polling_interval=30)
    wappi.fail("message/send", fault)
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=5)
    assert len(wappi.asked_for("message/send")) == 1
    assert [kind for kind, _ in await shop.desk()] == [Why.NOT_DELIVERED]
    wappi.customer_writes(CUSTOMER, "А доставка есть?")
    await shop.time_passes(minutes=2)
    assert len(shop.answers()) == 1


async def test_what_cannot_be_settled_is_shown_not_sent_again_and_cleared_when_a_poll_sees_it(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=3600)
    wappi.customer_writes(CUSTOMER, PRICE)
    wappi.fail_always("messages/get", itertools.chain(["ok", "ok"], itertools.repeat("crossed")))
    wappi.fail("message/send", "cut_after")
    await shop.time_passes(hours=1, minutes=10)
    assert len(wappi.asked_for("message/send")) == len(wappi.sent) == 1
    assert [kind for kind, _ in await shop.desk()] == [Why.UNSETTLED]
    wappi.heal()
    await shop.time_passes(hours=2)
    assert len(wappi.sent) == 1
    said = await shop.messages()
    assert [message.author for message in said] == ["customer", "bot"]
    assert said[-1].delivery_state in ("sent", "delivered")
    assert await shop.desk() == []


async def test_a_person_may_have_an_unsettled_message_tried_again_and_it_still_arrives_once(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=3600)
    wappi.customer_writes(CUSTOMER, PRICE)
    wappi.fail_always("messages/get", itertools.chain(["ok", "ok"], itertools.repeat("crossed")))
    wappi.fail("message/send", "cut_after")
    await shop.time_passes(hours=1, minutes=10)
    wappi.heal()
    now = shop.clock.now()
    await shop.app.db.run(table.redrive, "outgoing_messages", now=now, lot_of=lambda body: body["account"])
    await shop.time_passes(minutes=1)
    assert len(wappi.asked_for("message/send")) == len(wappi.sent) == 1
    assert [row.queue_status for row in await shop.log()][-1] == "sent"
    assert await shop.waiting() == 0
    assert await shop.dead("outgoing_messages") == []


@pytest.mark.parametrize("path", ["chats/get", "message/send"])
async def test_a_key_that_is_not_accepted_pauses_the_account_until_it_is(open_wappi_shop, wappi, path):
    shop: WappiShop = await open_wappi_shop(polling_interval=10)
    wappi.profile = {"app_status": "close", "authorized": False}
    wappi.fail_always(path, itertools.repeat("401"))
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=3)
    assert (await shop.account()).paused_reason is not None
    assert len(wappi.asked_for("message/send")) <= 1
    assert [kind for kind, _ in await shop.desk()] == [Why.ACCOUNT]
    wappi.heal()
    wappi.profile = {"app_status": "open", "authorized": True}
    await shop.time_passes(minutes=3)
    assert (await shop.account()).paused_reason is None
    assert len(shop.answers()) == 1


async def test_sending_that_is_refused_while_reading_works_is_tried_again_once_a_minute_at_most(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=10)
    wappi.fail_always("message/send", itertools.repeat("401"))
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=10)
    assert 2 <= len(wappi.asked_for("message/send")) <= 11
    assert [kind for kind, _ in await shop.desk()] == [Why.ACCOUNT]


async def test_too_many_requests_holds_the_account_as_long_as_asked(open_wappi_shop, wappi, clock):
    shop: WappiShop = await open_wappi_shop(polling_interval=30)
    wappi.retry_after = "300"
    wappi.fail("message/send", "429")
    for chat in (CUSTOMER, OTHER):
        wappi.customer_writes(chat, PRICE)
    await shop.time_passes(seconds=320)
    assert len(wappi.asked_for("message/send")) == 1
    assert wappi.sent == []
    await shop.time_passes(seconds=60)
    assert [len(shop.answers(chat)) for chat in (CUSTOMER, OTHER)] == [1, 1]
    assert await shop.desk() == []


@pytest.mark.parametrize("fault", ["401", "429"])
async def test_an_account_that_must_wait_does_not_use_up_the_attempts_of_an_unsettled_send(
    open_wappi_shop, wappi, fault
):
    shop: WappiShop = await open_wappi_shop(polling_interval=300)
    wappi.customer_writes(CUSTOMER, PRICE)
    wappi.retry_after = "40"
    wappi.fail("message/send", "cut_after")
    wappi.fail("messages/get", "ok", "ok", *[fault] * 5)
    await shop.time_passes(minutes=50)
    assert len(wappi.sent) == 1
    assert (await shop.messages())[-1].delivery_state in ("sent", "delivered")
    assert Why.UNSETTLED not in [kind for kind, _ in await shop.desk()]


async def test_with_a_third_of_all_calls_failing_everyone_is_answered_exactly_once(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(timeout=2, polling_interval=20)
    faults = ("500", "cut_before", "cut_after", "garbage", "crossed", "429")
    wappi.retry_after = "1"
    wappi.fail_share("chats/get", 1 / 3, *faults, seed=1)
    wappi.fail_share("messages/get", 1 / 3, *faults, seed=2)
    wappi.fail_share("message/send", 1 / 3, "cut_before", "cut_after", "garbage", "429", seed=5)
    chats = [f"7701{number:07}@c.us" for number in range(60)]
    for chat in chats:
        wappi.customer_writes(chat, PRICE)
        await shop.time_passes(seconds=2)
    await shop.time_passes(minutes=20)
    assert sorted(sent.chat for sent in wappi.sent) == chats
    assert sum(asked.fault != "ok" for asked in wappi.requests) > 100
    assert await shop.desk() == []
    assert await shop.waiting() == 0
