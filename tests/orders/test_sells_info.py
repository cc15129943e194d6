"""``GET /kaspi/get_sells_info``: what a shop sold in a time, and what the seller did about each order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event

from saudager.keys import Scope
from saudager.orders.models import Trigger, TriggerState
from saudager.outreach.models import OutreachVerdict
from saudager.providers.marketplace import Stage
from tests.orders import rows
from tests.orders.asking import program

MARCH = "/kaspi/get_sells_info/1?since=2026-03-01&until=2026-03-31"
NOON = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def shop(open_shop):
    return await open_shop()


@pytest.fixture
async def http(shop):
    async with program(shop.app) as http:
        yield http


async def _run(shop, function):
    return await shop.app.db.run(function)


@pytest.mark.both_kinds
async def test_an_order_is_told_with_its_lines_its_buyer_and_what_was_written(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON - DAY, name="Kaspi", marketplace="kaspi")
        buyer = rows.buyer(session, 1, at=NOON, name="Айгерим")
        lines = [("ELITE-70", "Окно ELITE 70", 2, "85000.00"), ("SILL", "Подоконник, м", 1, "4500.50")]
        order = rows.order(session, shop_id, at=NOON, contact=buyer, lines=lines, code="496000001")
        rows.written(session, order, at=NOON + DAY, text="Спасибо за заказ!", fate="read").reason = "quiet_hours"
        rows.trigger(
            session, order, at=NOON, trigger=Trigger.REVIEW_REQUEST, state=TriggerState.REFUSED, reason="opted_out"
        )

    await _run(shop, past)
    told = (await http.get(MARCH)).json()
    assert told["shop"] == {"id": 1, "name": "Kaspi", "marketplace": "kaspi", "synced_at": None}
    assert told["period"] == {"since": "2026-03-01T00:00:00+05:00", "until": "2026-04-01T00:00:00+05:00"}
    assert told["next"] is None
    (order,) = told["orders"]
    thanks, review = order.pop("seller")
    assert order == {
        "order_id": "496000001",
        "status": "COMPLETED",
        "state": "ARCHIVE",
        "stage": "delivered",
        "placed_at": "2026-03-05T07:00:00Z",
        "total": "174500.50",
        "currency": "KZT",
        "buyer": {"name": "Айгерим", "phone": "77010000001"},
        "lines": [
            {"sku": "ELITE-70", "name": "Окно ELITE 70", "quantity": "2", "price": "85000.00", "total": "170000.00"},
            {"sku": "SILL", "name": "Подоконник, м", "quantity": "1", "price": "4500.50", "total": "4500.50"},
        ],
    }
    assert thanks == {
        "trigger": "POST_PURCHASE",
        "state": "written",
        "verdict": "write",
        "reason": None,
        "message": "Спасибо за заказ!",
        "engine": "gemini",
        "due_at": "2026-03-06T07:00:00Z",
        "written_at": "2026-03-06T07:00:00Z",
        "delivery": "read",
    }
    assert (review["state"], review["reason"], review["message"]) == ("refused", "opted_out", None)


async def test_a_failed_message_says_why_and_a_waiting_one_what_the_door_said_last(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON)
        buyer = rows.buyer(session, 1, at=NOON)
        order = rows.order(session, shop_id, at=NOON, contact=buyer)
        rows.written(session, order, at=NOON, fate="failed", reason="not_on_whatsapp")
        waits = rows.trigger(session, order, at=NOON, trigger=Trigger.ORDER_READY)
        for reason in ("quiet_hours", "daily_cap"):
            session.add(
                OutreachVerdict(
                    about=waits.about,
                    contact_id=buyer,
                    account="simulator",
                    channel="whatsapp",
                    message_class="service",
                    verdict="wait",
                    reason=reason,
                    first_contact=True,
                    decided_at=NOON,
                )
            )
            session.flush()

    await _run(shop, past)
    thanks, ready = (await http.get(MARCH)).json()["orders"][0]["seller"]
    assert (thanks["delivery"], thanks["reason"]) == ("failed", "not_on_whatsapp")
    assert (ready["state"], ready["verdict"], ready["reason"]) == ("waiting", "wait", "daily_cap")
    assert (ready["written_at"], ready["delivery"]) == (None, None)


@pytest.mark.both_kinds
async def test_totals_are_exact_and_count_every_order_of_the_period_and_no_other(shop, http):
    begins, ends = datetime(2026, 2, 28, 19, 0, tzinfo=UTC), datetime(2026, 3, 31, 19, 0, tzinfo=UTC)

    def past(session):
        ours, other = rows.shop(session, at=NOON), rows.shop(session, at=NOON, name="Другой")
        for at in (begins, ends - timedelta(seconds=1)):
            rows.order(session, ours, at=at, lines=[("A", "Ручка", 3, "0.10")])
        for at in (begins - timedelta(seconds=1), ends):
            rows.order(session, ours, at=at)
        rows.order(session, ours, at=NOON, stage=Stage.CANCELLED)
        rows.order(session, ours, at=NOON, stage=Stage.RETURNED)
        rows.order(session, ours, at=NOON, stage=Stage.UNKNOWN, lines=[("B", "Петля", 1, "7.00")])
        rows.order(session, other, at=NOON)

    await _run(shop, past)
    totals = (await http.get(MARCH)).json()["totals"]
    assert totals == {
        "orders": 5,
        "revenue": "7.60",
        "currency": "KZT",
        "by_status": {
            "CANCELLED": {"orders": 1, "total": "85000.00"},
            "COMPLETED": {"orders": 2, "total": "0.60"},
            "RETURNED": {"orders": 1, "total": "85000.00"},
            "SOMETHING_NEW": {"orders": 1, "total": "7.00"},
        },
        "by_stage": {
            "cancelled": {"orders": 1, "total": "85000.00"},
            "delivered": {"orders": 2, "total": "0.60"},
            "returned": {"orders": 1, "total": "85000.00"},
            "unknown": {"orders": 1, "total": "7.00"},
        },
        "by_currency": {"KZT": {"orders": 3, "total": "7.60"}},
    }


async def test_amounts_of_two_currencies_are_never_added_up(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON)
        for currency in ("KZT", "RUB", "RUB"):
            rows.order(session, shop_id, at=NOON, currency=currency, total=Decimal("10.00"))

    await _run(shop, past)
    totals = (await http.get(MARCH)).json()["totals"]
    assert (totals["orders"], totals["revenue"], totals["currency"]) == (3, None, None)
    assert totals["by_stage"] == {"delivered": {"orders": 3, "total": None}}
    assert totals["by_currency"] == {
        "KZT": {"orders": 1, "total": "10.00"},
        "RUB": {"orders": 2, "total": "20.00"},
    }


@pytest.mark.both_kinds
async def test_following_next_gives_every_order_once_though_many_came_at_one_moment(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON)
        for number in range(230):
            rows.order(session, shop_id, at=NOON + timedelta(minutes=number // 150), lines=())

    await _run(shop, past)
    pages, address = [], MARCH
    while address:
        told = (await http.get(address)).json()
        pages.append([one["order_id"] for one in told["orders"]])
        assert told["totals"]["orders"] == 230
        address = told["next"]
    assert [len(page) for page in pages] == [100, 100, 30]
    assert len({code for page in pages for code in page}) == 230


async def test_a_page_costs_the_same_few_statements_however_many_orders_it_holds(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON)
        buyer = rows.buyer(session, 1, at=NOON)
        for _ in range(30):
            rows.written(session, rows.order(session, shop_id, at=NOON, contact=buyer), at=NOON)

    await _run(shop, past)
    await shop.settles()  # what the shop does at its start is over
    asked = []

    def note(connection, cursor, statement, *_):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert len((await http.get(MARCH)).json()["orders"]) == 30
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) == 5  # the shop, its totals, and a page of orders with their lines and deeds


async def test_without_dates_it_is_the_last_two_weeks(shop, http):
    now = shop.clock.now()

    def past(session):
        shop_id = rows.shop(session, at=NOON)
        for ago in (1, 13, 15):
            rows.order(session, shop_id, at=now - ago * DAY, code=f"{ago} days ago")

    await _run(shop, past)
    told = (await http.get("/kaspi/get_sells_info/1")).json()
    assert [one["order_id"] for one in told["orders"]] == ["1 days ago", "13 days ago"]


async def test_moments_may_be_asked_for_too(shop, http):
    asked = {
        "since=2026-03-05T12:00:00%2B05:00&until=2026-03-05T12:00:01%2B05:00": 1,
        "since=2026-03-05T12:00:00+05:00&until=2026-03-06": 1,  # a plus sign nobody escaped
        "since=2026-03-05T12:00:00&until=2026-03-06": 1,  # the shop's own hours
        "since=2026-03-05T07:00:01Z&until=2026-03-06": 0,
        "since=2026-03-01&until=2026-03-05T07:00:00Z": 0,
        "since=2026-03-05&until=2026-03-05": 1,
    }
    await _run(shop, lambda session: rows.order(session, rows.shop(session, at=NOON), at=NOON).id)
    for query, found in asked.items():
        assert (await http.get(f"/kaspi/get_sells_info/1?{query}")).json()["totals"]["orders"] == found, query


async def test_dates_that_are_none_are_refused_in_a_sentence(shop, http):
    refused = {
        "since=вчера": "since='вчера': это не дата. Напишите 2026-03-01 или",
        "since=2026-02-30": "since='2026-02-30': это не дата.",
        "until=9999-12-31": "until='9999-12-31': это не дата.",
        "since=2026-03-10&until=2026-03-01": "since (2026-03-10) должно быть раньше until (2026-03-01).",
        "since=2026-03-30": "since (2026-03-30) должно быть раньше until (сейчас).",
    }
    for query, says in refused.items():
        answer = await http.get(f"/kaspi/get_sells_info/1?{query}")
        assert answer.status_code == 422
        assert answer.json()["error"].startswith(says)


async def test_an_unknown_shop_or_page_is_not_found(shop, http):
    unknown = await http.get("/kaspi/get_sells_info/7")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Магазина 7 нет."})
    await _run(shop, lambda session: rows.shop(session, at=NOON))
    assert (await http.get(f"{MARCH}&page=99")).status_code == 404


async def test_a_shop_that_sold_nothing_has_no_currency(shop, http):
    await _run(shop, lambda session: rows.shop(session, at=NOON))
    totals = (await http.get(MARCH)).json()["totals"]
    assert (totals["orders"], totals["revenue"], totals["currency"], totals["by_stage"]) == (0, "0.00", None, {})


async def test_a_key_for_something_else_opens_nothing(shop):
    async with program(shop.app, scope=Scope.DESK) as http:
        for path in ("/kaspi/get_sells_info/1", "/ai-seller/status", "/ai-seller/metrics", "/ai-seller/results"):
            assert (await http.get(path)).status_code == 401
        for path in ("/ai-seller/reset-metrics", "/ai-seller/trigger-delivered/1"):
            assert (await http.post(path)).status_code == 401
