"""What nobody asked for leaves only to numbers that exist, and not once somebody has spoken."""

from datetime import timedelta
from uuid import uuid4

import pytest

from saudager.contracts import MessageClass, OutgoingMessage, lane_key
from saudager.errors import RateLimited, Rejected
from saudager.gateway.models import LoggedMessage
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from saudager.rehearsal import CUSTOMER, Shop

pytestmark = pytest.mark.both_kinds

STRANGER = "77010000009@c.us"
TALKED_OVER = [(cls, cls in (MessageClass.FOLLOW_UP, MessageClass.MARKETING)) for cls in MessageClass]


@pytest.fixture
async def shop(open_shop):
    return await open_shop(model=ScriptedModel())


def written(shop: Shop, chat: str, message_class: MessageClass, text: str = "Новость") -> OutgoingMessage:
    """A message written at this moment."""
    return OutgoingMessage(
        id=f"unasked:{uuid4()}",
        created_at=shop.clock.now(),
        account=shop.account.name,
        chat=chat,
        message_text=text,
        message_class=message_class,
    )


async def publish(shop: Shop, chat: str, message_class: MessageClass) -> None:
    await shop.app.db.run(_publish, written(shop, chat, message_class), now=shop.clock.now())


async def states(shop: Shop) -> list[str]:
    def read(session):
        return [row.queue_status for row in session.query(LoggedMessage).filter_by(author="bot").order_by("id")]

    return await shop.app.db.read(read)


@pytest.mark.parametrize(("message_class", "is_withdrawn"), TALKED_OVER)
@pytest.mark.parametrize("speaks", ["customer", "person"])
async def test_follow_ups_and_offers_are_withdrawn_once_somebody_has_spoken(
    shop: Shop, message_class, is_withdrawn, speaks
):
    await shop.customer_says("Сколько стоит окно?")
    await shop.time_passes(minutes=1)
    if message_class is MessageClass.REPLY:
        is_withdrawn = speaks == "person"  # what the turn decides about the customer's lines is not the gateway's
    said = len(shop.answers())
    waiting = written(shop, CUSTOMER, message_class)
    await shop.time_passes(seconds=1)
    await (shop.customer_says("Беру") if speaks == "customer" else shop.person_says("Я отвечу"))
    await shop.app.db.run(_publish, waiting, now=shop.clock.now())
    await shop.settles()
    assert shop.answers()[said:] == ([] if is_withdrawn else ["Новость"])
    assert (await states(shop))[-1] == ("withdrawn" if is_withdrawn else "sent")


async def test_a_number_is_asked_about_once_before_it_is_first_written_to(shop: Shop):
    for _ in range(2):
        await publish(shop, STRANGER, MessageClass.MARKETING)
        await shop.settles()
    assert shop.phone.checked == [STRANGER]
    assert shop.answers(STRANGER) == ["Новость"] * 2


async def test_a_number_that_is_not_there_is_not_written_to_nor_asked_about_again(shop: Shop):
    shop.phone.absent.add(STRANGER)
    for _ in range(2):
        await publish(shop, STRANGER, MessageClass.SERVICE)
        await shop.settles()
    assert shop.phone.checked == [STRANGER]
    assert shop.answers(STRANGER) == []
    assert await states(shop) == ["no_whatsapp"] * 2
    shop.clock.move_to(shop.clock.now() + timedelta(days=31))
    shop.phone.absent.clear()
    await publish(shop, STRANGER, MessageClass.SERVICE)
    await shop.settles()
    assert shop.answers(STRANGER) == ["Новость"]


@pytest.mark.parametrize("message_class", [MessageClass.REPLY, MessageClass.MARKETING])
async def test_who_has_written_and_what_answers_are_not_asked_about(shop: Shop, message_class):
    if message_class is MessageClass.MARKETING:
        await shop.customer_says("Здравствуйте", chat=STRANGER)
        await shop.time_passes(minutes=1)
    await publish(shop, STRANGER, message_class)
    await shop.settles()
    assert shop.phone.checked == []
    assert shop.answers(STRANGER)[-1] == "Новость"


async def test_a_hidden_id_is_not_asked_about(shop: Shop):
    await publish(shop, "147483648123456@lid", MessageClass.MARKETING)
    await shop.settles()
    assert (shop.phone.checked, len(shop.answers("147483648123456@lid"))) == ([], 1)


async def test_a_messenger_that_cannot_tell_is_sent_to_and_one_that_asks_for_patience_is_asked_later(
    shop: Shop, monkeypatch
):
    answers = iter([RateLimited("later", retry_after=30), Rejected("not implemented by the engine")])

    async def check(chat):
        raise next(answers)

    monkeypatch.setattr(shop.phone, "has_account", check)
    await publish(shop, STRANGER, MessageClass.MARKETING)
    await shop.settles()
    assert shop.answers(STRANGER) == []
    await shop.time_passes(seconds=30)
    assert shop.answers(STRANGER) == ["Новость"]


def _publish(session, outgoing: OutgoingMessage, *, now) -> None:
    table.publish(
        session,
        "outgoing_messages",
        outgoing.model_dump_json(by_alias=True, exclude_none=True),
        id=outgoing.id,
        key=lane_key(outgoing.account, outgoing.chat or ""),
        now=now,
        rank=outgoing.message_class.rank,
        lot=outgoing.account,
    )
