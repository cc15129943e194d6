"""A shop's older orders are read once when it is connected, and on from where the reading was cut off."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from saudager.orders import backfill, reading, shops
from saudager.orders.models import Order
from saudager.queues import tasks
from saudager.rehearsal import OPENING
from tests.orders.market import stored

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
STATES = 6


@pytest.fixture
def older(watched):
    """Orders of ninety days, seven windows: more than a page of closed ones in the newest window alone."""
    places = [
        watched.kaspi.place(at=OPENING - n * DAY / 10, state="ARCHIVE", status="COMPLETED") for n in range(1, 121)
    ]
    places += [watched.kaspi.place(at=OPENING - n * 10 * DAY, state="PICKUP") for n in range(1, 9)]
    return places


async def _asked(watched, days=90):
    await watched.app.db.run(shops.read_older, watched.id, days=days, now=watched.clock.now())
    watched.requests()


async def _read(watched, task_id="backfill"):
    return await watched.ends(backfill.backfill_orders(watched.app, task_id, watched.id))


async def _shop(watched):
    return await watched.app.db.read(shops.one, watched.id)


async def _count(watched):
    return await watched.app.db.read(lambda session: session.scalar(select(func.count()).select_from(Order)))


async def test_all_older_orders_are_read_with_a_request_a_page(watched, older):
    await _asked(watched)
    assert await _read(watched) == len(older)
    assert await _count(watched) == len(older)
    assert watched.requests() == 7 * STATES + 1
    shop = await _shop(watched)
    assert shop.backfilled_at is not None
    assert (shop.backfill["read"], shop.backfill["total"], shop.backfill["left"]) == (128, 128, [])


async def test_nobody_is_written_to_about_them(watched, older):
    await _asked(watched)
    await _read(watched)
    waiting = "select count(*) from order_triggers where state <> 'refused'"
    count = await watched.app.db.read(lambda session: session.info["driver"].execute(waiting).fetchone()[0])
    assert count == 0
    assert (await stored(watched.app, older[0])).delivered_at is None


async def test_cut_off_it_goes_on_from_where_it_was(watched, older):
    await _asked(watched)
    work = asyncio.ensure_future(backfill.backfill_orders(watched.app, "backfill", watched.id))
    while sum(watched.kaspi.requests.values()) < 20:
        await asyncio.wait({work}, timeout=0.002)
        if (moment := watched.clock.next_wake()) is not None:
            watched.clock.move_to(moment)
    work.cancel()
    await asyncio.wait({work})
    before = watched.requests()
    assert 0 < await _count(watched) < len(older)
    assert await _read(watched) == len(older)
    assert await _count(watched) == len(older)
    in_vain = 2  # the page under way when it was cut off, and one pace before it
    assert before + watched.requests() <= 7 * STATES + 1 + in_vain


async def test_progress_is_told_in_words(watched, older):
    await _asked(watched)
    await watched.app.db.run(tasks.enqueue, shops.BACKFILL, task_id="backfill", now=OPENING, shop_id=watched.id)
    await _read(watched)
    status = await watched.app.db.read(tasks.status, "backfill", now=watched.clock.now())
    assert status.progress == "заказы: 128 из 128"
    assert backfill.words({"read": 1200, "total": 9800, "left": [[0, "NEW", 1]]}) == "заказы: 1\xa0200 из 9\xa0800"
    assert (
        backfill.words({"read": 1200, "total": 9800, "left": [[0, "NEW", 0]]}) == "заказы: 1\xa0200, считаем остальные"
    )


async def test_a_failure_leaves_the_rest_to_a_later_run(watched, older):
    await _asked(watched)
    watched.kaspi.fail_always("list", "500")
    await _read(watched)
    assert (await _shop(watched)).problem
    later = await watched.app.db.read(tasks.under_way, shops.BACKFILL, now=watched.clock.now())
    assert len(later) == 2  # the one that was asked for, which nothing runs in this test, and the later one
    watched.kaspi.heal()
    assert await _read(watched, later[1].task_id) == len(older)
    assert (await _shop(watched)).problem is None


async def test_new_orders_are_looked_for_meanwhile(watched, older):
    await _asked(watched)
    work = asyncio.ensure_future(backfill.backfill_orders(watched.app, "backfill", watched.id))
    placed = None
    while not work.done():
        await asyncio.wait({work}, timeout=0.002)
        if (moment := watched.clock.next_wake()) is not None:
            watched.clock.move_to(moment + timedelta(seconds=20))
        if placed is None and sum(watched.kaspi.requests.values()) > 10:
            placed = watched.kaspi.place()
        if placed is not None and sum(watched.kaspi.requests.values()) > 42:
            break
    assert (await stored(watched.app, placed)).stage == "approved"
    work.cancel()
    await asyncio.wait({work})


async def test_whoever_finds_the_shop_being_read_comes_back(watched, older):
    await _asked(watched)
    await watched.app.db.run(reading.claim, watched.id, "look", now=watched.clock.now())
    assert await _read(watched) == 0
    assert watched.requests() == 0
    assert len(await watched.app.db.read(tasks.under_way, shops.BACKFILL, now=watched.clock.now())) == 2


async def test_more_days_asked_for_meanwhile_are_read_too(watched, older):
    await _asked(watched, days=14)
    work = asyncio.ensure_future(watched.ends(backfill.backfill_orders(watched.app, "backfill", watched.id)))
    while sum(watched.kaspi.requests.values()) < 2:
        await asyncio.sleep(0.001)
    await watched.app.db.run(shops.read_older, watched.id, days=90, now=watched.clock.now())
    assert await work == 0
    assert await _read(watched, "again") == len(older)
    assert await _count(watched) == len(older)
