"""Messages leave one number no faster than a person would write, the urgent ones first, and the forbidden never."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest

from saudager.attention import Why
from saudager.contracts import MessageClass, OutgoingMessage, lane_key
from saudager.gateway import accounts
from saudager.queues import table
from tests.gateway.wappi_shop import ACCOUNT, CUSTOMER, WappiShop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

PRICE = "Сколько стоит окно?"
MINUTE = 60
CHATS = [f"7701{number:07}@c.us" for number in range(60)]


async def test_at_most_twenty_leave_in_any_minute_however_many_wait(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(sends_per_minute=20, polling_interval=600)
    for chat in CHATS:
        await _publish(shop, chat, MessageClass.REPLY, text="Ок")
    await shop.time_passes(minutes=10)
    moments = sorted(sent.at for sent in wappi.sent)
    assert len(moments) == len(CHATS)
    assert all(later - earlier >= MINUTE for earlier, later in zip(moments, moments[20:], strict=False))
    assert len({round(b - a, 3) for a, b in itertools.pairwise(moments)}) > 1


async def test_replies_overtake_what_nobody_asked_for(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(sends_per_minute=20, polling_interval=600)
    classes = (MessageClass.MARKETING, MessageClass.FOLLOW_UP, MessageClass.SERVICE, MessageClass.REPLY)
    for place, chat in enumerate(CHATS[:20]):
        await _publish(shop, chat, classes[place // 5], text=classes[place // 5])
    await shop.time_passes(minutes=5)
    first, *rest = (sent.text for sent in wappi.sent)
    assert first == "marketing"  # it was already being typed
    assert rest == ["reply"] * 5 + ["service"] * 5 + ["follow_up"] * 5 + ["marketing"] * 4


async def test_the_customer_sees_us_read_and_type_before_an_answer(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(sends_per_minute=20)
    asked = wappi.customer_writes(CUSTOMER, PRICE)
    await shop.time_passes(minutes=1)
    assert wappi.reads == [(asked, False)]
    assert wappi.typing == [(CUSTOMER, "start")]
    assert len(shop.answers()) == 1


async def test_two_numbers_do_not_wait_for_each_other(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(sends_per_minute=2, polling_interval=600)
    second = "wappi:second"
    await shop.app.db.run(accounts.connect, second, vendor="wappi", sealed_config="", now=shop.clock.now())
    shop.app.channels[second] = shop.app.channels[ACCOUNT]
    for chat in CHATS[:4]:
        await _publish(shop, chat, MessageClass.REPLY, text="первый номер")
        await _publish(shop, chat, MessageClass.REPLY, text="второй номер", account=second)
    await shop.time_passes(seconds=20)
    assert sorted(sent.text for sent in wappi.sent) == ["второй номер", "первый номер"]
    await shop.time_passes(minutes=5)
    assert len(wappi.sent) == 8


async def test_what_waited_longer_than_the_queue_keeps_it_is_not_sent_but_shown(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=3600)
    wappi.customer_writes(CUSTOMER, PRICE)
    await shop.app.db.run(accounts.pause, ACCOUNT, "Проверка", now=shop.clock.now())
    await shop.time_passes(hours=2, minutes=30)
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.time_passes(minutes=5)
    assert wappi.sent == []
    assert await shop.dead("outgoing_messages") == ["expired"]
    assert {kind for kind, _ in await shop.desk()} == {Why.ACCOUNT, Why.NOT_DELIVERED}
    (turn,) = await shop.turns()
    assert (turn.outcome, turn.reason) == ("silent", "not_delivered: expired")


async def test_a_reply_older_than_a_persons_line_is_withdrawn_and_nothing_else_is(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=1, handover_hours=0.01)
    asked = wappi.customer_writes(CUSTOMER, "Спасибо")
    await shop.time_passes(seconds=10)
    wappi.sent.clear()
    typed = wappi.human_writes(CUSTOMER, "Я сам отвечу")
    await shop.time_passes(seconds=10)
    await _publish(shop, CUSTOMER, MessageClass.REPLY, text="до человека", based_on=asked)
    await _publish(shop, CUSTOMER, MessageClass.REPLY, text="после человека", based_on=typed)
    await _publish(shop, CUSTOMER, MessageClass.SERVICE, text="не ответ", based_on=asked)
    await shop.time_passes(minutes=1)
    assert [sent.text for sent in wappi.sent] == ["после человека", "не ответ"]


@pytest.mark.parametrize(
    "address",
    [
        {"chat": CUSTOMER},
        {"chat": "77010000001@s.whatsapp.net"},
        {"phone_number": "+7 (701) 000-00-01"},
        {"phone_number": "87010000001"},
        {"chat": CUSTOMER, "phone_number": "77010000002"},
    ],
)
async def test_a_whitelisted_number_gets_nothing_not_even_by_hand(open_wappi_shop, wappi, address):
    shop: WappiShop = await open_wappi_shop(sends_per_minute=600, polling_interval=600, whitelist_numbers="77010000001")
    for message_class in (MessageClass.REPLY, MessageClass.SERVICE, MessageClass.FOLLOW_UP, MessageClass.MARKETING):
        await _publish(shop, address.get("chat"), message_class, phone_number=address.get("phone_number"))
    await shop.time_passes(minutes=1)
    assert (wappi.sent, wappi.typing, wappi.reads) == ([], [], [])
    assert await shop.waiting() == 0


async def test_an_alert_reaches_even_a_whitelisted_number(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=600, whitelist_numbers="77010000001")
    await _publish(shop, CUSTOMER, MessageClass.ALERT, text="Ждёт человек")
    await shop.time_passes(minutes=1)
    assert shop.answers() == ["Ждёт человек"]


async def test_a_number_written_by_hand_finds_its_chat(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop(polling_interval=10)
    wappi.fail("message/send", "cut_after")
    await _publish(shop, None, MessageClass.SERVICE, phone_number="8 701 000 00 01", text="Заказ готов")
    await shop.time_passes(minutes=2)
    assert shop.answers(CUSTOMER) == ["Заказ готов"]
    assert [row.queue_status for row in await shop.log(CUSTOMER)] == ["sent"]


async def _publish(
    shop: WappiShop,
    chat: str | None,
    message_class: MessageClass,
    *,
    text: str = "Здравствуйте",
    account: str = ACCOUNT,
    **told: str | None,
) -> None:
    """What a third party puts into ``outgoing_messages`` by hand."""
    message = OutgoingMessage(
        id=str(uuid4()),
        created_at=shop.clock.now() - timedelta(seconds=1),
        account=account,
        chat=chat,
        message_text=text,
        message_class=message_class,
        **told,
    )
    await shop.app.db.run(
        table.publish,
        "outgoing_messages",
        message.model_dump_json(by_alias=True, exclude_none=True),
        id=message.id,
        key=lane_key(account, chat or str(message.phone_number)),
        now=shop.clock.now(),
        rank=message_class.rank,
        lot=account,
    )
