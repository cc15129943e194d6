"""Orders are taken in once, however often and in whatever order they are told."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from sqlalchemy import Engine, event, func, select

from saudager.agent import moderator
from saudager.conversations.models import Contact
from saudager.orders.intake import FROM_PARSER
from saudager.orders.models import OrderLine, OrderStatus
from saudager.people import erasing
from saudager.providers.marketplace import Buyer, Stage
from saudager.queues.time_travel import settle
from saudager.rehearsal import OPENING
from tests.orders.market import APPROVED, DELIVERED, KETTLE, READY, connected, history_of, lines_of, stored, take


@pytest.fixture
async def shop_id(app):
    return await connected(app)


async def _contact(app, contact_id):
    return await app.db.read(lambda session: session.get_one(Contact, contact_id))


@contextmanager
def _told(statements):
    """What SQLAlchemy tells the database while the block runs."""

    def tell(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", tell)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", tell)


async def _rows(app):
    counts = [select(func.count()).select_from(model) for model in (OrderLine, OrderStatus, Contact)]
    return await app.db.read(lambda session: [session.scalar(count) for count in counts])


@pytest.mark.both_kinds
async def test_the_same_orders_ten_times_change_nothing(app, shop_id):
    orders = [replace(APPROVED, code=str(number)) for number in range(100)]
    first = await take(app, shop_id, *orders)
    assert (len(first.added), first.changed, first.unchanged, first.stale) == (100, [], 0, 0)
    rows = await _rows(app)
    for _ in range(10):
        again = await take(app, shop_id, *orders)
        assert (again.added, again.changed, again.unchanged) == ([], [], 100)
    assert await _rows(app) == rows == [100, 100, 1]


@pytest.mark.both_kinds
async def test_an_order_goes_its_way_and_its_history_has_a_row_for_each_step(app, shop_id):
    for told in (APPROVED, READY, READY, DELIVERED):
        await take(app, shop_id, told)
    order = await stored(app)
    assert await history_of(app, order.id) == ["approved", "ready", "delivered"]
    assert (order.status, order.state, order.is_open) == ("COMPLETED", "ARCHIVE", False)
    assert order.delivered_at == OPENING
    assert order.total == Decimal("19980.00")
    assert await lines_of(app, order.id) == [("Чайник", Decimal(19980))]


@pytest.mark.both_kinds
async def test_a_page_takes_few_statements_and_one_that_tells_nothing_new_writes_nothing(app, shop_id):
    orders = [replace(APPROVED, code=str(n), buyer=Buyer("Айгерим", f"7701555{n:04}", f"CUST-{n}")) for n in range(100)]
    first, again = [], []
    with _told(first):
        await take(app, shop_id, *orders)
    with _told(again):
        await take(app, shop_id, *orders)
    assert len(list(groupby(first))) < 20  # SQLite, where a statement is no round trip, is told each row by itself
    assert all(statement.lower().startswith("select") for statement in again), again
    assert len(again) <= 5


async def test_older_news_that_come_later_change_nothing(app, shop_id):
    await take(app, shop_id, DELIVERED)
    late = await take(app, shop_id, READY, read_at=app.clock.now() - timedelta(seconds=1))
    assert (late.stale, late.changed) == (1, [])
    assert (await stored(app)).stage == "delivered"


async def test_a_parser_never_moves_an_order_back_but_forward(app, shop_id):
    await take(app, shop_id, READY)
    assert (await take(app, shop_id, APPROVED, came_from=FROM_PARSER)).stale == 1
    assert len((await take(app, shop_id, DELIVERED, came_from=FROM_PARSER)).changed) == 1
    returned = replace(DELIVERED, status="RETURNED", stage=Stage.RETURNED)
    assert len((await take(app, shop_id, returned, came_from=FROM_PARSER)).changed) == 1
    assert (await take(app, shop_id, DELIVERED, came_from=FROM_PARSER)).stale == 1


async def test_an_unknown_status_is_kept_as_it_is_and_moves_nothing(app, shop_id):
    await take(app, shop_id, READY)
    await take(app, shop_id, replace(READY, status="TELEPORTED", stage=Stage.UNKNOWN))
    order = await stored(app)
    assert (order.status, order.stage, order.is_open) == ("TELEPORTED", "ready", True)
    new = replace(READY, code="2", status="TELEPORTED", stage=Stage.UNKNOWN)
    await take(app, shop_id, new)
    assert ((await stored(app, "2")).stage, (await stored(app, "2")).is_open) == ("unknown", True)


async def test_lines_that_changed_are_replaced_and_lines_not_told_are_kept(app, shop_id):
    await take(app, shop_id, replace(APPROVED, lines=None))
    order = await stored(app)
    assert not order.has_lines
    cup = replace(KETTLE, number=1, sku="SKU-2", name="Чашка", total=Decimal("500.005"))
    await take(app, shop_id, replace(APPROVED, lines=(cup, KETTLE)))
    assert (await stored(app)).has_lines
    assert await lines_of(app, order.id) == [("Чайник", Decimal(19980)), ("Чашка", Decimal("500.01"))]
    assert (await take(app, shop_id, replace(APPROVED, lines=(cup, KETTLE)))).unchanged == 1
    assert (await take(app, shop_id, replace(APPROVED, lines=None))).unchanged == 1
    await take(app, shop_id, replace(APPROVED, lines=(cup,)))
    assert await lines_of(app, order.id) == [("Чашка", Decimal("500.01"))]
    assert await history_of(app, order.id) == ["approved"]


async def test_lines_with_one_number_are_counted(app, shop_id):
    twins = (KETTLE, replace(KETTLE, name="Чашка"))
    await take(app, shop_id, replace(APPROVED, lines=twins))
    assert [name for name, _ in await lines_of(app, (await stored(app)).id)] == ["Чайник", "Чашка"]
    assert (await take(app, shop_id, replace(APPROVED, lines=twins))).unchanged == 1


async def test_two_shops_keep_orders_of_one_number_apart(app, shop_id):
    other = await connected(app, "Чашки")
    await take(app, shop_id, READY)
    await take(app, other, APPROVED)
    assert (await stored(app, shop_id=shop_id)).stage == "ready"
    assert (await stored(app, shop_id=other)).stage == "approved"


@pytest.mark.both_kinds
async def test_a_buyer_becomes_a_contact_who_is_a_customer(app, shop_id):
    await take(app, shop_id, APPROVED)
    order = await stored(app)
    contact = await _contact(app, order.contact_id)
    assert (contact.phone_number, contact.name) == ("77015550101", "Айгерим С.")
    assert (contact.is_client, contact.classified_by) == (True, "order")
    assert contact.last_purchase_at == OPENING
    later = OPENING + timedelta(days=1)
    unpaid = replace(APPROVED, code="2", stage=Stage.PLACED, placed_at=later)
    cancelled = replace(APPROVED, code="3", stage=Stage.CANCELLED, placed_at=later)
    await take(app, shop_id, unpaid, cancelled)
    assert (await _contact(app, order.contact_id)).last_purchase_at == OPENING
    assert {(await stored(app, code)).contact_id for code in ("2", "3")} == {order.contact_id}


async def test_who_wrote_before_he_bought_is_the_same_contact(open_shop):
    shop = await open_shop()
    await shop.customer_says("Здравствуйте!", chat="77015550101@c.us")
    await shop.settles()
    written = await shop.contact("77015550101@c.us")
    await take(shop.app, await connected(shop.app), APPROVED)
    assert (await stored(shop.app)).contact_id == written.id
    assert (await _contact(shop.app, written.id)).is_client


async def test_a_persons_word_on_who_he_is_stands(app, shop_id):
    await take(app, shop_id, APPROVED)
    contact_id = (await stored(app)).contact_id
    await app.db.run(moderator.overrule, contact_id, is_client=False, now=app.clock.now())
    await take(app, shop_id, READY)
    contact = await _contact(app, contact_id)
    assert (contact.is_client, contact.classified_by) == (False, "person")


async def test_a_hidden_number_that_is_told_later_gets_its_contact(app, shop_id):
    await take(app, shop_id, replace(APPROVED, buyer=Buyer("Айгерим", None, "CUST-1")))
    assert (await stored(app)).contact_id is None
    assert len((await take(app, shop_id, APPROVED)).changed) == 1
    contact_id = (await stored(app)).contact_id
    assert contact_id is not None
    hidden_again = replace(READY, buyer=Buyer(None, None, "CUST-1"))
    await take(app, shop_id, hidden_again)
    order = await stored(app)
    assert (order.contact_id, order.phone, order.stage) == (contact_id, "77015550101", "ready")


async def test_the_marketplaces_id_of_a_buyer_is_not_stored_but_tells_his_orders(app, shop_id):
    stranger = replace(APPROVED, code="3", buyer=Buyer("Данияр", "77015550102", "CUST-2"))
    await take(app, shop_id, APPROVED, replace(APPROVED, code="2"), stranger)
    keys = [(await stored(app, code)).buyer_key for code in (APPROVED.code, "2", "3")]
    assert keys[0] == keys[1] != keys[2]
    assert not any("CUST" in key for key in keys)


async def test_a_person_who_was_forgotten_is_not_learnt_again_from_his_old_orders(open_shop):
    app = (await open_shop()).app
    shop_id = await connected(app)
    await take(app, shop_id, APPROVED)
    contact_id = (await stored(app)).contact_id
    await app.db.run(erasing.ask, contact_id, "0101", now=app.clock.now())
    await settle(app.queues)
    assert (await stored(app)).phone is None
    await take(app, shop_id, READY)
    order = await stored(app)
    assert (order.stage, order.phone, order.buyer_name, order.buyer_key) == ("ready", None, None, None)
    assert order.contact_id == contact_id
    await take(app, shop_id, replace(APPROVED, code="2"))
    assert (await stored(app, "2")).contact_id != contact_id
