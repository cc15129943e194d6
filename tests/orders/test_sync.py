"""A look at a shop finds what is new and what moved, with as few requests as the marketplace allows."""

import asyncio
import contextlib
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from saudager import attention
from saudager.bench.kaspi_shop import MASKED
from saudager.errors import NotFound, Refused
from saudager.orders import reading, shops, sync
from saudager.orders.models import Order, OrderStatus
from saudager.orders.windows import Known, Span, cut, listings, rereads
from saudager.rehearsal import OPENING
from saudager.vault import Vault
from tests.orders.market import connected, history_of, stored

STATES = 6
DAY = timedelta(days=1)


async def _count(app, model):
    return await app.db.read(lambda session: session.scalar(select(func.count()).select_from(model)))


async def _shop(watched):
    return await watched.app.db.read(shops.one, watched.id)


async def _desk(app):
    return [entry.reason for entry in await app.db.read(attention.waiting)]


async def test_an_idle_look_takes_a_request_for_each_state(watched):
    looked = await watched.looks()
    assert watched.requests() == looked.requests == STATES
    assert (looked.added, looked.problem) == (0, None)


@pytest.mark.both_kinds
async def test_ten_looks_at_the_same_orders_store_them_once(watched):
    codes = [watched.kaspi.place(at=OPENING - n * timedelta(hours=1)) for n in range(120)]
    first = await watched.looks()
    assert (first.added, first.requests) == (120, STATES + 1)
    rows = [await _count(watched.app, model) for model in (Order, OrderStatus)]
    for _ in range(10):
        watched.clock.move_to(watched.clock.now() + timedelta(minutes=5))
        again = await watched.looks()
        assert (again.added, again.changed, again.requests) == (0, 0, STATES + 1)
    assert [await _count(watched.app, model) for model in (Order, OrderStatus)] == rows == [120, 120]
    assert (await stored(watched.app, codes[0])).came_from == "marketplace"


async def test_what_moved_among_the_open_states_costs_nothing_more(watched):
    code = watched.kaspi.place()
    await watched.looks()
    watched.kaspi.move(code, state="PICKUP", status="ACCEPTED_BY_MERCHANT")
    looked = await watched.looks()
    assert (looked.changed, looked.requests) == (1, STATES)
    order = await stored(watched.app, code)
    assert await history_of(watched.app, order.id) == ["approved", "ready"]


async def test_an_order_that_left_the_open_states_is_read_by_its_number(watched):
    codes = [watched.kaspi.place(at=OPENING - DAY) for _ in range(3)]
    await watched.looks()
    watched.requests()
    watched.kaspi.move(codes[1], state="ARCHIVE", status="COMPLETED")
    looked = await watched.looks()
    assert (looked.changed, looked.requests) == (1, STATES + 1)
    assert watched.kaspi.requests["code"] == 1
    order = await stored(watched.app, codes[1])
    assert (order.stage, order.is_open, order.delivered_at is not None) == ("delivered", False, True)
    assert (await watched.looks()).requests == STATES


async def test_many_that_left_at_once_are_found_in_the_closed_states_list(watched):
    codes = [watched.kaspi.place(at=OPENING - DAY - n * timedelta(hours=1)) for n in range(30)]
    await watched.looks()
    for code in codes:
        watched.kaspi.move(code, state="ARCHIVE", status="COMPLETED")
    looked = await watched.looks()
    assert (looked.changed, looked.requests) == (30, STATES + 1)
    assert watched.kaspi.requests["code"] == 0


async def test_a_list_that_is_longer_than_we_knew_is_left_for_the_numbers(watched):
    codes = [watched.kaspi.place(at=OPENING - DAY - n * timedelta(hours=12)) for n in range(3)]
    await watched.looks()
    for n in range(900):
        watched.kaspi.place(at=OPENING - DAY - n * timedelta(minutes=1), state="ARCHIVE", status="COMPLETED")
    for code in codes:
        watched.kaspi.move(code, state="ARCHIVE", status="COMPLETED")
    watched.requests()
    looked = await watched.looks()
    assert {(await stored(watched.app, code)).stage for code in codes} == {"delivered"}
    assert looked.requests <= STATES + 1 + len(codes)


async def test_an_order_that_was_placed_and_closed_between_two_looks_is_seen(watched):
    await watched.looks()
    watched.clock.move_to(watched.clock.now() + timedelta(minutes=5))
    code = watched.kaspi.place(at=watched.clock.now() - timedelta(minutes=2), state="ARCHIVE", status="CANCELLED")
    assert (await watched.looks()).requests == STATES
    assert (await stored(watched.app, code)).stage == "cancelled"


async def test_old_open_orders_are_listed_where_two_stand_and_read_by_number_where_one_does(watched):
    for days, state in ((20, "DELIVERY"), (21, "DELIVERY"), (22, "DELIVERY"), (40, "PICKUP")):
        watched.kaspi.place(at=OPENING - days * DAY, state=state)
    await watched.app.db.run(shops.read_older, watched.id, days=60, now=watched.clock.now())
    await watched.ends(_backfilled(watched))
    looked = await watched.looks()
    assert looked.requests == STATES + 1 + 1


async def test_after_a_long_pause_nothing_is_missed(watched):
    await watched.looks()
    watched.clock.move_to(OPENING + 40 * DAY)
    codes = [watched.kaspi.place(at=OPENING + day * DAY) for day in (1, 15, 39)]
    codes += [watched.kaspi.place(at=OPENING + day * DAY, state="ARCHIVE", status="COMPLETED") for day in (1, 15, 39)]
    looked = await watched.looks()
    assert (looked.added, looked.requests) == (6, 3 * STATES)


async def test_an_order_kaspi_knows_no_more_is_not_asked_for_for_ever(watched):
    code = watched.kaspi.place()
    await watched.looks()
    watched.kaspi.remove(code)
    assert (await watched.looks()).requests == STATES + 1
    assert (await watched.looks()).requests == STATES
    assert (await stored(watched.app, code)).stage == "approved"


async def test_an_unknown_status_is_followed_while_open_and_not_once_it_is_closed(watched):
    code = watched.kaspi.place(status="BEING_ENGRAVED")
    await watched.looks()
    assert (await stored(watched.app, code)).is_open
    watched.kaspi.move(code, state="ARCHIVE")
    await watched.looks()
    order = await stored(watched.app, code)
    assert (order.status, order.stage, order.is_open) == ("BEING_ENGRAVED", "unknown", False)
    assert (await watched.looks()).requests == STATES


async def test_lines_that_a_listing_does_not_tell_are_asked_for_once(watched):
    watched.kaspi.tells_lines = False
    code = watched.kaspi.place()
    assert (await watched.looks()).requests == STATES + 1
    assert (await stored(watched.app, code)).has_lines
    assert (await watched.looks()).requests == STATES


async def test_a_masked_number_is_no_contact(watched):
    code = watched.kaspi.place(phone=MASKED)
    await watched.looks()
    assert (await stored(watched.app, code)).contact_id is None


@pytest.mark.both_kinds
async def test_a_shop_whose_token_dies_asks_for_a_person_and_is_settled_when_well_again(watched):
    watched.kaspi.token = "another-token"
    looked = await watched.looks()
    assert looked.problem
    assert (await _shop(watched)).problem == looked.problem
    assert len(await _desk(watched.app)) == 1
    watched.kaspi.token = "fake-kaspi-token"
    assert (await watched.looks()).problem is None
    assert ((await _shop(watched)).problem, await _desk(watched.app)) == (None, [])


async def test_a_form_that_cannot_be_opened_asks_for_a_person_at_once(watched):
    seal = Vault(watched.app.environment.data_dir / "other.key").seal(json.dumps(watched.kaspi.form))
    await watched.app.db.run(lambda session: setattr(shops.one(session, watched.id), "config", seal))
    assert (await watched.ends(sync.sync_orders(watched.app, "cron")))["shops"] == 1
    assert "vault.key" in (await _shop(watched)).problem
    assert len(await _desk(watched.app)) == 1
    assert await watched.app.db.read(sync.next_due) > watched.clock.now()


async def test_a_disconnected_shop_is_not_gone_on_with(watched):
    watched.kaspi.place()
    looking = asyncio.ensure_future(watched.ends(sync.look(watched.app, watched.id, owner="look")))
    await watched.app.db.run(shops.disconnect, watched.id, now=watched.clock.now())
    with contextlib.suppress(NotFound):
        looked = await looking
        assert looked is None or looked.problem
    assert await _count(watched.app, Order) == 0


async def test_trouble_is_told_to_a_person_only_when_it_lasts(watched):
    await watched.looks()
    watched.kaspi.fail_always("list", "500")
    assert (await watched.looks()).problem
    assert await _desk(watched.app) == []
    watched.clock.move_to(watched.clock.now() + timedelta(minutes=61))
    await watched.looks()
    assert len(await _desk(watched.app)) == 1


async def test_the_trouble_of_one_shop_stops_no_other(watched):
    other = await connected(
        watched.app,
        "Чашки",
        marketplace="kaspi",
        sealed_config=watched.app.vault.seal(json.dumps(watched.kaspi.form | {"token": "wrong"})),
    )
    watched.kaspi.place()
    done = await watched.ends(sync.sync_orders(watched.app, "cron"))
    assert (done["shops"], done["added"]) == (2, 1)
    assert (await watched.app.db.read(shops.one, other)).problem
    assert (await _shop(watched)).problem is None


async def test_a_shop_is_due_five_minutes_after_it_was_looked_at(watched):
    assert await watched.app.db.read(sync.next_due) == OPENING
    await watched.ends(sync.sync_orders(watched.app, "cron"))
    due = await watched.app.db.read(sync.next_due)
    assert timedelta(minutes=5) <= due - OPENING < timedelta(minutes=6)
    assert (await watched.ends(sync.sync_orders(watched.app, "cron")))["shops"] == 0


async def test_who_asks_for_patience_is_left_alone_as_long_as_he_asks(watched):
    watched.kaspi.retry_after = "1800"
    watched.kaspi.fail_always("list", "429")
    assert (await watched.looks()).problem
    assert await watched.app.db.read(sync.next_due) >= OPENING + timedelta(minutes=30)


async def test_one_reader_at_a_time_and_a_dead_ones_turn_runs_out(watched):
    app = watched.app
    assert await app.db.run(reading.claim, watched.id, "dead", now=app.clock.now())
    assert await watched.ends(sync.look(app, watched.id, owner="look")) is None
    assert watched.requests() == 0
    watched.clock.move_to(OPENING + timedelta(minutes=6))
    assert (await watched.looks()).requests == STATES


async def test_a_shop_elsewhere_is_not_read(app):
    shop_id = await connected(app)
    with pytest.raises(Refused):
        await sync.look(app, shop_id, owner="look")
    assert await app.db.read(sync.next_due) is None


async def test_one_order_is_read_again_by_its_number(watched):
    code = watched.kaspi.place()
    await watched.looks()
    watched.requests()
    watched.kaspi.move(code, state="ARCHIVE", status="CANCELLED", cancellationReason="BUYER_NOT_REACHABLE")
    order = await stored(watched.app, code)
    again = await watched.ends(sync.read_again(watched.app, order.id))
    assert (again.stage, again.cancellation_reason, watched.requests()) == ("cancelled", "BUYER_NOT_REACHABLE", 1)


async def _backfilled(watched):
    from saudager.orders import backfill

    return await backfill.backfill_orders(watched.app, "backfill", watched.id)


def test_a_span_is_cut_into_as_few_windows_as_cover_it():
    assert cut(OPENING - 28 * DAY, OPENING, 14 * DAY) == [
        Span(OPENING - 14 * DAY, OPENING),
        Span(OPENING - 28 * DAY, OPENING - 14 * DAY - timedelta(milliseconds=1)),
    ]
    assert len(cut(OPENING - 29 * DAY, OPENING, 14 * DAY)) == 3
    assert cut(OPENING, OPENING, 14 * DAY) == [Span(OPENING, OPENING)]


def test_older_windows_are_listed_only_where_a_list_is_cheaper():
    newest = [Span(OPENING - 14 * DAY, OPENING)]
    known = [Known(str(days), "PICKUP", OPENING - days * DAY) for days in (3, 20, 25, 60)]
    asked = listings(known, ("NEW", "PICKUP"), newest, 14 * DAY)
    assert asked[2:] == [("PICKUP", Span(OPENING - 25 * DAY, OPENING - 20 * DAY))]


@pytest.mark.parametrize(
    ("left", "closed", "requests"), [(1, 0, 1), (2, 0, 1), (2, 99, 2), (50, 0, 1), (50, 550, 6), (50, 9000, 50)]
)
def test_orders_that_left_are_read_the_cheaper_way(left, closed, requests):
    """``closed`` orders lie evenly among the ``left`` ones, over ten days."""
    gone = [Known(str(n), "PICKUP", OPENING + n * 10 * DAY / left) for n in range(left)]
    others = [OPENING + (n + 0.5) * (left - 1) / max(left, 1) * 10 * DAY / closed for n in range(closed)]
    found = rereads(gone, others, 14 * DAY, 100)
    assert sum(1 if reread.span and len(reread.orders) > 1 else len(reread.orders) for reread in found) <= requests
    assert sorted(order.code for reread in found for order in reread.orders) == sorted(order.code for order in gone)
