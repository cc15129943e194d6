"""A merchant's own parser posts orders over HTTP, as often as it likes."""

import json
import re
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from saudager import keys
from saudager.api import orders
from saudager.keys import Scope
from saudager.orders.models import Order
from saudager.orders.posted import PostedLine, PostedOrder
from saudager.web import make_web
from tests.orders.market import connected, history_of, lines_of, stored

DOCUMENT = Path(__file__).parents[2] / "docs" / "orders.md"
FLAT = {
    "code": "496000001",
    "status": "ACCEPTED_BY_MERCHANT",
    "state": "PICKUP",
    "total": 19980,
    "placed_at": "2026-03-11T12:00:00+05:00",
    "phone": "+7 701 555 01 01",
    "name": "Айгерим",
    "lines": [{"sku": "SKU-1", "name": "Чайник", "quantity": 2, "price": 9990}],
}
NOTHING = {"added": 0, "changed": 0, "unchanged": 0, "stale": 0}


def _as_kaspi(status="ACCEPTED_BY_MERCHANT", state="PICKUP", **attributes):
    """The same order in Kaspi's own form."""
    known = {
        "code": "496000001",
        "totalPrice": 19980.0,
        "creationDate": 1_773_212_400_000,
        "state": state,
        "status": status,
        "customer": {"id": "Q1VTVC0x", "cellPhone": "7015550101", "firstName": "Айгерим", "lastName": "С."},
    }
    entry = {
        "type": "orderentries",
        "id": "E1",
        "attributes": {
            "quantity": 2,
            "totalPrice": 19980.0,
            "basePrice": 9990.0,
            "entryNumber": 0,
            "offer": {"code": "SKU-1", "name": "Чайник"},
        },
    }
    lines = {"entries": {"data": [{"type": "orderentries", "id": "E1"}]}}
    row = {"type": "orders", "id": "T1", "attributes": known | attributes, "relationships": lines}
    return {"data": [row], "included": [entry]}


@asynccontextmanager
async def _parser(app, scope=Scope.ORDERS):
    web = make_web("test")
    web.include_router(orders.router(app))
    key = keys.new()
    await app.db.run(keys.keep, key, f"parser-{scope}", [scope], now=app.clock.now())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(web), base_url="http://shop", headers={"authorization": f"Bearer {key}"}
    ) as http:
        yield http


async def _post(http, shop_id, document):
    return await http.post("/kaspi/orders", params={"shop_id": shop_id}, json=document)


async def _count(app):
    return await app.db.read(lambda session: session.scalar(select(func.count()).select_from(Order)))


@pytest.mark.both_kinds
async def test_posted_orders_are_stored_once(app):
    shop_id = await connected(app)
    async with _parser(app) as http:
        document = {"orders": [FLAT, FLAT | {"code": "2"}]}
        assert (await _post(http, shop_id, document)).json() == NOTHING | {"added": 2}
        for _ in range(3):
            assert (await _post(http, shop_id, document)).json() == NOTHING | {"unchanged": 2}
    order = await stored(app)
    assert (order.stage, order.phone, order.came_from) == ("ready", "77015550101", "parser")
    assert await lines_of(app, order.id) == [("Чайник", Decimal(19980))]


async def test_kaspis_own_document_and_the_plain_form_tell_the_same_order(app):
    shop_id = await connected(app)
    async with _parser(app) as http:
        assert (await _post(http, shop_id, _as_kaspi())).json() == NOTHING | {"added": 1}
        plain = FLAT | {"name": "Айгерим С."}
        assert (await _post(http, shop_id, {"orders": [plain]})).json() == NOTHING | {"unchanged": 1}


async def test_a_post_moves_an_order_on_and_never_back(app):
    shop_id = await connected(app)
    async with _parser(app) as http:
        await _post(http, shop_id, {"orders": [FLAT]})
        done = FLAT | {"status": "COMPLETED", "state": "ARCHIVE"}
        assert (await _post(http, shop_id, {"orders": [done]})).json() == NOTHING | {"changed": 1}
        assert (await _post(http, shop_id, {"orders": [FLAT]})).json() == NOTHING | {"stale": 1}
        own_word = FLAT | {"status": "вернули", "stage": "returned"}
        assert (await _post(http, shop_id, {"orders": [own_word]})).json() == NOTHING | {"changed": 1}
    assert await history_of(app, (await stored(app)).id) == ["ready", "delivered", "returned"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"orders": [FLAT, FLAT | {"total": "много"}]}, "orders[1].total"),
        ({"orders": [FLAT | {"placed_at": "2026-03-11 12:00"}]}, "orders[0].placed_at"),
        ({"orders": [FLAT | {"placed_at": "0001-01-01T00:00:00+05:00"}]}, "orders[0].placed_at"),
        ({"orders": [FLAT | {"planned_delivery_at": "9999-12-31T23:59:59Z"}]}, "orders[0].planned_delivery_at"),
        ({"orders": [FLAT | {"code": "\x00"}]}, "orders[0].code"),
        (_as_kaspi(code="9" * 101), "data[0].attributes.code"),
        ({"orders": [FLAT | {"total": 10**13}]}, "orders[0].total"),
        ({"orders": [FLAT | {"lines": [{"name": "Чайник", "price": 10**12, "quantity": 100}]}]}, "orders[0].lines[0]"),
        (_as_kaspi(totalPrice=1e18), "data[0].attributes.totalPrice"),
        (_as_kaspi(creationDate=253_402_300_799_000), "data[0].attributes.creationDate"),
        ({"orders": [FLAT | {"lines": [{"name": "Чайник"}]}]}, "orders[0].lines[0].price"),
        ({"orders": [FLAT | {"phone_number": "1"}]}, "orders[0].phone_number"),
        ({"orders": [FLAT, 5]}, "orders[1]"),
        ({"orders": [FLAT] * 1001}, "1001"),
        ({"orders": "all"}, "orders"),
        ([FLAT], "orders"),
        (_as_kaspi(totalPrice="много"), "data[0].attributes.totalPrice"),
    ],
)
async def test_a_wrong_entry_is_named_and_nothing_is_stored(app, wrong, named):
    shop_id = await connected(app)
    async with _parser(app) as http:
        answer = await _post(http, shop_id, wrong)
    assert (answer.status_code, named in answer.json()["error"]) == (422, True), answer.text
    assert await _count(app) == 0


async def test_a_hidden_or_wrong_number_is_no_number(app):
    shop_id = await connected(app)
    async with _parser(app) as http:
        hidden = [FLAT | {"code": str(n), "phone": phone} for n, phone in enumerate(("0000000000", "***", ""))]
        assert (await _post(http, shop_id, {"orders": hidden})).json()["added"] == 3
    assert {(await stored(app, str(n))).phone for n in range(3)} == {None}


@pytest.mark.both_kinds
async def test_signs_a_database_cannot_hold_are_left_out(app):
    shop_id = await connected(app)
    async with _parser(app) as http:
        assert (await _post(http, shop_id, {"orders": [FLAT | {"name": "Ай\x00герим"}]})).json()["added"] == 1
    assert (await stored(app)).buyer_name == "Айгерим"


async def test_only_a_key_for_orders_opens_it_and_only_for_a_shop_that_is(app):
    shop_id = await connected(app)
    async with _parser(app) as http:
        assert (await _post(http, shop_id + 1, {"orders": [FLAT]})).status_code == 404
        assert (await http.post("/kaspi/orders", json={"orders": [FLAT]})).status_code == 422
        assert (await http.post("/kaspi/orders?shop_id=1", content=b"{")).status_code == 422
    async with _parser(app, Scope.WATCH) as http:
        assert (await _post(http, shop_id, {"orders": [FLAT]})).status_code == 401


async def test_the_documents_example_is_answered_as_it_says(app):
    section = (
        DOCUMENT.read_text(encoding="utf-8").partition("\n## Orders from your own parser\n")[2].partition("\n## ")[0]
    )
    asked, answered = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", section, re.S))
    assert await connected(app) == 1
    async with _parser(app) as http:
        answer = await _post(http, 1, asked)
    assert (answer.status_code, answer.json()) == (200, answered)
    assert set(re.findall(r"`(\w+)`", section)) >= set(PostedOrder.model_fields) | set(PostedLine.model_fields)
