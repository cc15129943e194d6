"""``/ai-seller``: how the seller stands, what its messages came to, and being told of a delivery."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from saudager.orders.models import MetricsReset, OrderTrigger, Trigger, TriggerState
from saudager.providers.marketplace import Stage
from tests.orders import rows
from tests.orders.asking import program

pytestmark = pytest.mark.slow

NOON = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CODE = "496000001"
DELIVERED = f"/ai-seller/trigger-delivered/{CODE}"


@pytest.fixture
async def shop(open_shop):
    return await open_shop()


@pytest.fixture
async def http(shop):
    async with program(shop.app) as http:
        yield http


async def _run(shop, function):
    return await shop.app.db.run(function)


async def _triggers(shop):
    query = select(OrderTrigger).order_by(OrderTrigger.id)
    return await shop.app.db.read(lambda session: session.scalars(query).all())


@pytest.mark.both_kinds
async def test_messages_are_counted_by_what_became_of_them(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON)
        fates = ["read", "sent", None, "released", "unsettled", "failed"]
        for number, fate in enumerate(fates):
            order = rows.order(session, shop_id, at=NOON, contact=rows.buyer(session, number, at=NOON))
            engine = "fallback" if number < 2 else "gemini"
            rows.written(session, order, at=NOON, fate=fate, engine=engine)
        order = rows.order(session, shop_id, at=NOON, contact=rows.buyer(session, 10, at=NOON))
        rows.written(session, order, at=NOON, fate="withdrawn", reason="client_responded")
        rows.trigger(session, order, at=NOON, trigger=Trigger.REVIEW_REQUEST)
        for state, reason in ((TriggerState.REFUSED, "opted_out"), (TriggerState.STOPPED, "cancelled")):
            rows.trigger(session, rows.order(session, shop_id, at=NOON), at=NOON, state=state, reason=reason)

    await _run(shop, past)
    told = (await http.get("/ai-seller/metrics")).json()
    by_trigger = told.pop("by_trigger")
    assert told == {
        "since": None,
        "sent": 2,
        "on_the_way": 2,
        "unsettled": 1,
        "failed": 1,
        "blocked": {"client_responded": 1, "opted_out": 1, "cancelled": 1},
        "waiting": 1,
        "fallback_used": 2,
        "success_rate": round(2 / 7, 4),
        "answers": 0,
        "opt_outs": 0,
        "later_purchases": 0,
    }
    assert list(by_trigger) == [trigger.value for trigger in Trigger]
    assert (by_trigger["POST_PURCHASE"]["sent"], by_trigger["POST_PURCHASE"]["waiting"]) == (2, 0)
    assert (by_trigger["REVIEW_REQUEST"]["sent"], by_trigger["REVIEW_REQUEST"]["waiting"]) == (0, 1)
    assert by_trigger["CROSS_SELL"]["success_rate"] is None


@pytest.mark.both_kinds
async def test_what_a_buyer_did_counts_once_for_the_last_message_before_it(shop, http):
    shop.clock.move_to(NOON + 60 * DAY)

    def past(session):
        shop_id = rows.shop(session, at=NOON)
        order = rows.order(session, shop_id, at=NOON, contact=(buyer := rows.buyer(session, 1, at=NOON)))
        rows.say(session, buyer, "Когда привезёте?", at=NOON - HOUR)
        rows.written(session, order, at=NOON)
        rows.written(session, order, at=NOON + DAY, trigger=Trigger.ORDER_DELIVERED)
        rows.say(session, buyer, "Спасибо!", at=NOON + DAY + HOUR)
        rows.say(session, buyer, "Всё хорошо", at=NOON + 2 * DAY)
        rows.opt_out(session, buyer, at=NOON + 2 * DAY, wish="resume")
        rows.order(session, shop_id, at=NOON + 3 * DAY, contact=buyer)
        rows.order(session, shop_id, at=NOON + 4 * DAY, contact=buyer, stage=Stage.CANCELLED)
        rows.written(session, order, at=NOON + 5 * DAY, trigger=Trigger.REVIEW_REQUEST)
        rows.opt_out(session, buyer, at=NOON + 6 * DAY)
        rows.order(session, shop_id, at=NOON + 34 * DAY, contact=buyer)
        rows.order(session, shop_id, at=NOON + 36 * DAY, contact=buyer)  # later than 30 days

    await _run(shop, past)
    told = (await http.get("/ai-seller/metrics")).json()
    done = {trigger: [one[what] for what in _AFTER] for trigger, one in told["by_trigger"].items()}
    assert done["POST_PURCHASE"] == [0, 0, 0]
    assert done["ORDER_DELIVERED"] == [1, 0, 1]
    assert done["REVIEW_REQUEST"] == [0, 1, 1]
    assert [told[what] for what in _AFTER] == [1, 1, 2]


_AFTER = ("answers", "opt_outs", "later_purchases")


async def test_an_answer_after_a_week_and_one_to_a_message_that_failed_are_none(shop, http):
    shop.clock.move_to(NOON + 60 * DAY)

    def past(session):
        shop_id = rows.shop(session, at=NOON)
        for number, (fate, later) in enumerate([("read", 7 * DAY - HOUR), ("failed", HOUR), ("read", 7 * DAY + HOUR)]):
            buyer = rows.buyer(session, number, at=NOON)
            rows.written(session, rows.order(session, shop_id, at=NOON, contact=buyer), at=NOON, fate=fate)
            rows.say(session, buyer, "Ок", at=NOON + later)
            rows.opt_out(session, buyer, at=NOON + later)

    await _run(shop, past)
    told = (await http.get("/ai-seller/metrics")).json()
    assert (told["answers"], told["opt_outs"]) == (1, 1)


@pytest.mark.both_kinds
async def test_a_reset_counts_from_now_on_and_deletes_nothing(shop, http):
    now = shop.clock.now()

    def past(session):
        shop_id = rows.shop(session, at=NOON)
        buyer = rows.buyer(session, 1, at=NOON)
        rows.written(session, rows.order(session, shop_id, at=NOON, contact=buyer), at=NOON)
        rows.trigger(session, rows.order(session, shop_id, at=NOON), at=NOON)

    await _run(shop, past)
    assert (await http.get("/ai-seller/metrics")).json()["sent"] == 1
    at = now.isoformat().replace("+00:00", "Z")
    assert (await http.post("/ai-seller/reset-metrics")).json() == {"reset_at": at}
    told = (await http.get("/ai-seller/metrics")).json()
    assert (told["since"], told["sent"], told["waiting"]) == (at, 0, 1)
    assert len(await _triggers(shop)) == 2
    (reset,) = await shop.app.db.read(lambda session: session.scalars(select(MetricsReset)).all())
    assert (reset.reset_at, reset.reset_by) == (now, "api")


async def test_the_status_names_the_engine_that_is_asked_first_and_well(open_shop):
    shop = await open_shop(hosted=True, gemini_api_key="k", openai_api_key="k", engines="gemini,openai")
    gemini, openai = shop.app.model.engines
    async with program(shop.app) as http:
        assert (await http.get("/ai-seller/status")).json()["writer"] == "gemini"
        gemini.health.rests_until = shop.clock.now() + HOUR
        assert (await http.get("/ai-seller/status")).json()["writer"] == "openai"
        openai.health.stopped = True
        assert (await http.get("/ai-seller/status")).json()["writer"] == "fallback"


async def test_the_status_says_whether_it_writes_for_whom_and_what_waits(open_shop):
    shop = await open_shop(ai_seller_triggers="ORDER_DELIVERED", holdout_share=0.1)

    def past(session):
        shop_id = rows.shop(session, at=NOON, name="Kaspi", marketplace="kaspi", synced_at=NOON, problem="Ключ отозван")
        rows.shop(session, at=NOON, name="Закрыт", disconnected_at=NOON)
        for ahead in (DAY, HOUR):
            rows.trigger(session, rows.order(session, shop_id, at=NOON), at=NOON, due_at=NOON + ahead)

    await _run(shop, past)
    async with program(shop.app) as http:
        assert (await http.get("/ai-seller/status")).json() == {
            "enabled": True,
            "triggers": ["ORDER_DELIVERED"],
            "writer": "fallback",
            "shops": [
                {
                    "id": 1,
                    "name": "Kaspi",
                    "marketplace": "kaspi",
                    "writes": True,
                    "synced_at": "2026-03-05T07:00:00Z",
                    "problem": "Ключ отозван",
                }
            ],
            "waiting": 2,
            "next_due_at": "2026-03-05T08:00:00Z",
            "holdout": {"share": 0.1, "suggested": False},
            "counted_since": None,
        }


@pytest.mark.both_kinds
async def test_a_delivery_we_are_told_of_is_written_about_once_however_often_it_is_told(shop, http):
    now = shop.clock.now().isoformat().replace("+00:00", "Z")

    def past(session):
        shop_id = rows.shop(session, at=NOON)
        rows.order(session, shop_id, at=NOON, contact=rows.buyer(session, 1, at=NOON), stage=Stage.READY, code=CODE)

    await _run(shop, past)
    told = [one.json() for one in await asyncio.gather(*(http.post(DELIVERED) for _ in range(4)))]
    (first,) = [one for one in told if not one["repeated"]]
    assert (first["order_id"], first["trigger"]) == (CODE, "ORDER_DELIVERED")
    assert (first["state"], first["due_at"], first["message"]) == ("waiting", now, None)
    await shop.settles()
    for _ in range(5):
        again = (await http.post(DELIVERED)).json()
        await shop.settles()
    assert (again["state"], again["verdict"], again["written_at"]) == ("written", "write", now)
    assert (again["delivery"], again["engine"], again["repeated"]) == ("sent", "fallback", True)
    assert shop.answers() == [again["message"]]
    assert CODE in again["message"]
    counted = (await http.get("/ai-seller/metrics")).json()["by_trigger"]["ORDER_DELIVERED"]
    assert (counted["sent"], counted["fallback_used"], counted["success_rate"]) == (1, 1, 1.0)


@pytest.mark.both_kinds
async def test_told_again_it_answers_what_was_done_the_first_time_though_the_order_came_back_since(shop, http):
    def past(session):
        shop_id = rows.shop(session, at=NOON)
        buyer = rows.buyer(session, 1, at=NOON)
        order = rows.order(session, shop_id, at=NOON, contact=buyer, stage=Stage.RETURNED, code=CODE)
        rows.written(session, order, at=NOON, trigger=Trigger.ORDER_DELIVERED, text="Заказ у вас!", fate="read")

    await _run(shop, past)
    told = (await http.post(DELIVERED)).json()
    assert (told["state"], told["verdict"], told["message"]) == ("written", "write", "Заказ у вас!")
    assert (told["written_at"], told["delivery"], told["repeated"]) == ("2026-03-05T07:00:00Z", "read", True)


async def test_nothing_is_written_of_the_delivery_of_a_cancelled_or_unknown_order(shop, http):
    await _run(
        shop,
        lambda session: rows.order(session, rows.shop(session, at=NOON), at=NOON, stage=Stage.CANCELLED, code=CODE).id,
    )
    refused = await http.post(DELIVERED)
    assert refused.status_code == 409
    assert CODE in refused.json()["error"]
    unknown = await http.post("/ai-seller/trigger-delivered/1")
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Заказа 1 нет."})
    assert await _triggers(shop) == []


async def test_a_number_two_shops_have_needs_the_shop(shop, http):
    def past(session):
        for name in ("Kaspi", "Ozon"):
            shop_id = rows.shop(session, at=NOON, name=name)
            buyer = rows.buyer(session, shop_id, at=NOON)
            rows.order(session, shop_id, at=NOON, contact=buyer, stage=Stage.READY, code=CODE)

    await _run(shop, past)
    unclear = await http.post(DELIVERED)
    assert (unclear.status_code, "shop_id" in unclear.json()["error"]) == (409, True)
    assert (await http.post(f"{DELIVERED}?shop_id=2")).json()["repeated"] is False
    assert (await http.post(f"{DELIVERED}?shop_id=1")).json()["repeated"] is False
    assert (await http.post(f"{DELIVERED}?shop_id=3")).status_code == 404


async def test_an_order_with_a_slash_in_its_number_is_found(shop, http):
    def past(session):
        order = rows.order(session, rows.shop(session, at=NOON), at=NOON, stage=Stage.READY, code="ЗН-17/3")
        rows.trigger(session, order, at=NOON)

    await _run(shop, past)
    for written in ("ЗН-17/3", "ЗН-17%2F3"):
        told = await http.post(f"/ai-seller/trigger-delivered/{written}")
        assert (told.status_code, told.json().get("order_id")) == (200, "ЗН-17/3"), told.text
