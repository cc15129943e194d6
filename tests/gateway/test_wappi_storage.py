"""A full disk and a locked database: what was taken in is kept, what was not comes later, nobody is told twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.gateway.wappi_shop import ACCOUNT, WappiShop

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит окно?"
CHATS = [f"7701{number:07}@c.us" for number in range(12)]


async def test_a_short_lack_of_room_is_not_noticed_by_any_customer(open_wappi_shop, wappi):
    shop = await _lacks_room(open_wappi_shop, wappi, seconds=12)
    await _everyone_is_answered_once(shop)


async def test_a_long_lack_of_room_loses_nothing_and_answers_nobody_twice(open_wappi_shop, wappi):
    shop = await _lacks_room(open_wappi_shop, wappi, seconds=300)
    given_up = 0
    for chat in CHATS:
        (turn,) = await shop.turns(chat)
        assert len(shop.answers(chat)) == (turn.outcome == "answered")
        given_up += turn.outcome == "silent"
    assert len(await shop.desk()) == given_up < len(CHATS)
    assert await shop.waiting() == 0


async def _lacks_room(open_wappi_shop, wappi, *, seconds: float) -> WappiShop:
    """Half of the lines are taken in before the disk is full, half are written while it is."""
    shop: WappiShop = await open_wappi_shop()
    for chat in CHATS[:6]:
        wappi.customer_writes(chat, PRICE)
    await shop.time_passes(seconds=5)
    assert len(await shop.contacts()) == 6
    await shop.app.db.run(_allow_pages, await shop.app.db.read(_pages))
    for chat in CHATS[6:]:
        wappi.customer_writes(chat, f"{PRICE} {'Очень подробно. ' * 400}")
    await shop.time_passes(seconds=seconds)
    assert len(wappi.sent) < len(CHATS)
    await shop.app.db.run(_allow_pages, 1_000_000)
    await shop.time_passes(minutes=5)
    return shop


async def test_a_disk_that_fills_while_messages_are_being_sent_duplicates_none(open_wappi_shop, wappi, monkeypatch):
    shop: WappiShop = await open_wappi_shop()
    channel = shop.app.channels[ACCOUNT]
    send = channel.send

    async def fill_and_send(*message, **options):
        await shop.app.db.run(_allow_pages, await shop.app.db.read(_pages))
        return await send(*message, **options)

    monkeypatch.setattr(channel, "send", fill_and_send)
    for chat in CHATS:
        wappi.customer_writes(chat, PRICE)
    for _ in range(24):
        await shop.time_passes(seconds=15)
        await shop.app.db.run(_allow_pages, 1_000_000)
    monkeypatch.undo()
    await shop.time_passes(minutes=2)
    await _everyone_is_answered_once(shop)


async def test_a_database_locked_by_another_process_loses_nothing(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    await shop.app.db.run(_give_up_soon)
    for chat in CHATS[:6]:
        wappi.customer_writes(chat, PRICE)
    await shop.time_passes(seconds=5)
    with _locked(shop):
        for chat in CHATS[6:]:
            wappi.customer_writes(chat, PRICE)
        await shop.time_passes(minutes=1)
        assert wappi.sent == []
    await shop.time_passes(minutes=3)
    await _everyone_is_answered_once(shop)


async def test_a_database_locked_while_the_answer_to_a_send_is_noted_does_not_send_again(
    open_wappi_shop, wappi, monkeypatch
):
    shop: WappiShop = await open_wappi_shop()
    await shop.app.db.run(_give_up_soon)
    channel = shop.app.channels[ACCOUNT]
    send = channel.send
    locks = []

    async def send_and_lock(*message, **options):
        sent_id = await send(*message, **options)
        locks.append(_locked(shop))
        locks[-1].__enter__()
        return sent_id

    monkeypatch.setattr(channel, "send", send_and_lock)
    for chat in CHATS[:3]:
        wappi.customer_writes(chat, PRICE)
    for _ in range(12):
        await shop.time_passes(seconds=20)
        while locks:
            locks.pop().__exit__(None, None, None)
    monkeypatch.undo()
    await shop.time_passes(minutes=2)
    await _everyone_is_answered_once(shop, CHATS[:3])


async def test_a_pause_that_cannot_be_stored_does_not_end_the_polling(open_wappi_shop, wappi):
    shop: WappiShop = await open_wappi_shop()
    await shop.app.db.run(_give_up_soon)
    wappi.fail("chats/get", "401")
    with _locked(shop):
        await shop.time_passes(seconds=10)
    wappi.customer_writes(CHATS[0], PRICE)
    await shop.time_passes(minutes=3)
    assert len(shop.answers(CHATS[0])) == 1


async def _everyone_is_answered_once(shop: WappiShop, chats: list[str] = CHATS) -> None:
    assert sorted(sent.chat for sent in shop.wappi.sent) == chats
    for chat in chats:
        assert [turn.outcome for turn in await shop.turns(chat)] == ["answered"]
        assert [message.author for message in await shop.messages(chat)] == ["customer", "bot"]
    assert await shop.waiting() == 0
    assert await shop.desk() == []


@contextmanager
def _locked(shop: WappiShop) -> Iterator[None]:
    with closing(sqlite3.connect(shop.app.db.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


def _give_up_soon(session: Session) -> None:
    """Instead of waiting the usual 15 real seconds for whoever holds the lock."""
    session.execute(text("pragma busy_timeout = 20"))


def _pages(session: Session) -> int:
    return int(session.scalar(text("pragma page_count")) or 0)


def _allow_pages(session: Session, pages: int) -> None:
    """The fullest a database may become: as on a disk without room, what needs one page more fails."""
    session.execute(text(f"pragma max_page_count = {pages}"))
