"""Delivered orders become sales of private persons, what comes back a refund, and all of it follows its buyer."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.conversations import merging
from saudager.providers.marketplace import Buyer, Stage
from saudager.rehearsal import OPENING
from saudager.sales import from_orders
from saudager.sales.models import Company, Invoice, InvoiceLine, Person
from tests.orders.files import forward
from tests.orders.market import APPROVED, DELIVERED, KETTLE, connected, stored, take

pytestmark = pytest.mark.both_kinds

RETURNED = replace(DELIVERED, status="RETURNED", stage=Stage.RETURNED)
OTHER = replace(DELIVERED, code="496000002", id="2", buyer=Buyer("Ерлан", "77015550102", "CUST-2"))


@pytest.fixture
async def shop_id(app):
    return await connected(app)


async def _looks(app):
    return await from_orders.work(app, "look")


async def _all(app, table):
    return await app.db.read(lambda session: session.scalars(select(table).order_by(table.id)).all())


async def _sums(app):
    """The total of each company that has any, by the contact's key."""
    found = select(Company.key, Invoice.total).join(Invoice, Invoice.company_id == Company.id).order_by(Invoice.id)
    return await app.db.read(lambda session: [tuple(row) for row in session.execute(found)])


async def test_a_delivered_order_is_an_invoice_of_a_private_person(app, shop_id):
    await take(app, shop_id, DELIVERED)
    assert await _looks(app) == 1
    (company,), (person,), (invoice,), (line,) = [
        await _all(app, one) for one in (Company, Person, Invoice, InvoiceLine)
    ]
    order = await stored(app)
    assert (company.key, company.name, company.is_person) == (f"contact:{order.contact_id}", "Айгерим С.", True)
    assert (person.company_id, person.phone, person.contact_id) == (company.id, "77015550101", order.contact_id)
    assert (invoice.number, invoice.total, invoice.currency, invoice.order_id, invoice.person_id) == (
        order.code,
        Decimal(19_980),
        "KZT",
        order.id,
        person.id,
    )
    assert invoice.issued_on == OPENING.astimezone(app.settings.zone).date()
    assert (line.product, line.quantity, line.amount, line.category) == ("SKU-1", 2, 19_980, "Чайники")


async def test_only_what_changed_is_looked_at_and_nothing_twice(app, shop_id):
    await take(app, shop_id, DELIVERED, replace(APPROVED, code="3", id="3"))
    assert [await _looks(app), await _looks(app)] == [2, 0]
    assert await app.db.read(from_orders.next_due) is None
    forward(app, hours=1)
    await take(app, shop_id, replace(DELIVERED, total=Decimal("19980"), city="Алматы"))
    before = await _all(app, Invoice)
    assert await _looks(app) == 1
    assert [(one.id, one.updated_at) for one in await _all(app, Invoice)] == [
        (one.id, one.updated_at) for one in before
    ]


async def test_an_order_that_is_on_its_way_or_whose_buyer_is_unknown_is_no_sale(app, shop_id):
    nobody = replace(OTHER, buyer=Buyer())
    await take(app, shop_id, APPROVED, nobody)
    await _looks(app)
    assert await _all(app, Company) == []


async def test_what_comes_back_after_delivery_is_a_refund_and_before_it_nothing(app, shop_id):
    await take(app, shop_id, DELIVERED, replace(OTHER, stage=Stage.CANCELLED))
    await _looks(app)
    forward(app, days=3)
    await take(app, shop_id, RETURNED)
    await _looks(app)
    assert [(one.number, one.is_refund, one.total) for one in await _all(app, Invoice)] == [
        ("496000001", False, Decimal(19_980)),
        ("496000001", True, Decimal(-19_980)),
    ]
    assert [(line.quantity, line.amount) for line in await _all(app, InvoiceLine)] == [(2, 19_980), (-2, -19_980)]
    back = (await _all(app, Invoice))[1]
    assert back.issued_on == app.clock.now().astimezone(app.settings.zone).date() != date.min
    forward(app, days=1)
    await take(app, shop_id, DELIVERED)
    await _looks(app)
    assert [one.is_refund for one in await _all(app, Invoice)] == [False]


async def test_delivered_and_sent_back_between_two_looks_is_both(app, shop_id):
    await take(app, shop_id, DELIVERED)
    forward(app, days=1)
    await take(app, shop_id, RETURNED)
    await _looks(app)
    assert [one.total for one in await _all(app, Invoice)] == [Decimal(19_980), Decimal(-19_980)]


async def test_a_discount_on_the_whole_order_is_spread_over_its_lines_to_the_cent(app, shop_id):
    lines = tuple(replace(KETTLE, number=n, sku=f"S{n}", total=Decimal("33.33"), quantity=Decimal(1)) for n in range(3))
    await take(app, shop_id, replace(DELIVERED, total=Decimal("80.00"), lines=lines))
    await _looks(app)
    assert [line.amount for line in await _all(app, InvoiceLine)] == [
        Decimal(one) for one in ("26.67", "26.67", "26.66")
    ]


async def test_one_number_of_two_shops_is_two_invoices(app, shop_id):
    other = await connected(app, "Ozon")
    await take(app, shop_id, DELIVERED)
    await take(app, other, replace(DELIVERED, total=Decimal(500), lines=None))
    await _looks(app)
    assert [(one.number, one.total) for one in await _all(app, Invoice)] == [
        ("496000001", Decimal(19_980)),
        (f"496000001/{other}", Decimal(500)),
    ]
    assert [line.name for line in await _all(app, InvoiceLine)] == ["Чайник", "Товары заказа"]


async def test_invoices_follow_a_contact_that_proves_to_be_another_and_come_back(app, shop_id):
    await take(app, shop_id, DELIVERED, OTHER)
    await _looks(app)
    kept, merged = (await stored(app)).contact_id, (await stored(app, OTHER.code)).contact_id
    merge = await app.db.run(lambda session: merging.merge(session, kept, merged, now=app.clock.now()).id)
    await _looks(app)
    assert await _sums(app) == [(f"contact:{kept}", Decimal(19_980))] * 2
    assert {one.contact_id for one in [*await _all(app, Company), *await _all(app, Person)]} == {kept}
    await app.db.run(merging.undo, merge, now=app.clock.now())
    await _looks(app)
    assert await _sums(app) == [(f"contact:{kept}", Decimal(19_980)), (f"contact:{merged}", Decimal(19_980))]
    assert [one.contact_id for one in await _all(app, Company)] == [kept, merged]


async def test_sales_keep_up_with_orders_by_themselves(open_shop):
    shop = await open_shop()
    shop_id = await connected(shop.app)
    await take(shop.app, shop_id, DELIVERED)
    await shop.time_passes(hours=2)
    assert [one.number for one in await _all(shop.app, Invoice)] == ["496000001"]


async def test_a_backlog_is_looked_at_in_batches(settings):
    app = bootstrap(settings(), clock=MovableClock(OPENING), hosted=False, poll=None)
    shop_id = await connected(app)
    await take(app, shop_id, *(replace(DELIVERED, code=str(number), id=str(number)) for number in range(7)))
    counts = [await app.db.run(from_orders.take, zone=app.settings.zone, now=app.clock.now(), most=3) for _ in range(4)]
    assert counts == [3, 3, 1, 0] and len(await _all(app, Invoice)) == 7
    await app.close()
