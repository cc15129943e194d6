"""Each stage of an order calls for its message once, and what is not written has a reason that is kept."""

import pytest
from sqlalchemy import select

from saudager.bootstrap import SIMULATOR
from saudager.conversations.identity import recognise
from saudager.errors import Refused
from saudager.gateway import accounts as numbers
from saudager.orders import shops, triggers
from saudager.orders.models import Order, Shop
from saudager.outreach.models import OutreachVerdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.marketplace import Stage
from tests.orders.counter import DAY, FIRST, HOUR, Counter

APPROVED, READY, DELIVERED = Stage.APPROVED, Stage.READY, Stage.DELIVERED
WRITTEN = ("written", None)


@pytest.fixture
async def counter(open_shop):
    return await Counter.open(await open_shop(model=ScriptedModel()))


@pytest.mark.both_kinds
async def test_each_stage_is_told_once_and_a_review_is_asked_for_days_later(counter):
    await counter.comes(APPROVED)
    assert await counter.became() == {"POST_PURCHASE": WRITTEN}
    await counter.later(hours=2)
    for _ in range(10):
        await counter.moves(READY)
    await counter.later(hours=20)
    for _ in range(10):
        await counter.moves(DELIVERED)
    assert len(counter.got()) == 3
    await counter.later(days=3)
    assert await counter.became() == {
        "POST_PURCHASE": WRITTEN,
        "ORDER_READY": WRITTEN,
        "ORDER_DELIVERED": WRITTEN,
        "REVIEW_REQUEST": WRITTEN,
        "CROSS_SELL": ("refused", "off"),
        "REPLENISHMENT": ("refused", "off"),
    }
    assert len(counter.got()) == 4
    assert all(FIRST in text for text in counter.got())
    review = (await counter.rows())["REVIEW_REQUEST"]
    assert (review.message_class, review.engine) == ("marketing", "fallback")
    assert review.text in counter.got()


async def test_an_order_first_seen_delivered_is_told_of_its_delivery_only(counter):
    await counter.comes(DELIVERED)
    assert list(await counter.became()) == ["ORDER_DELIVERED", "REVIEW_REQUEST", "CROSS_SELL", "REPLENISHMENT"]
    assert len(counter.got()) == 1


@pytest.mark.both_kinds
async def test_a_stage_that_comes_before_the_message_went_overtakes_it(open_shop):
    counter = await Counter.open(await open_shop(model=ScriptedModel(), outreach_hours="15:00-20:00"))
    await counter.comes(APPROVED)
    assert await counter.became() == {"POST_PURCHASE": ("waiting", "quiet_hours")}
    await counter.moves(DELIVERED)
    became = await counter.became()
    assert became["POST_PURCHASE"] == ("stopped", "overtaken")
    assert became["ORDER_DELIVERED"] == ("waiting", "quiet_hours")
    await counter.later(hours=4)
    (told,) = counter.got()
    assert told == (await counter.rows())["ORDER_DELIVERED"].text


async def test_a_message_at_the_door_that_is_overtaken_is_taken_back(counter):
    await counter.run(numbers.pause, SIMULATOR, "проверка", now=counter.now)
    await counter.run(_fill_the_way, now=counter.now)
    await counter.comes(READY)
    assert await counter.became() == {"ORDER_READY": WRITTEN}
    await counter.moves(DELIVERED)
    assert (await counter.became())["ORDER_READY"] == ("stopped", "overtaken")


@pytest.mark.both_kinds
@pytest.mark.parametrize(("how", "why"), [("paused", "shop_paused"), ("disconnected", "shop_disconnected")])
async def test_a_message_at_the_door_is_taken_back_when_its_shop_falls_silent(counter, how, why):
    await counter.run(numbers.pause, SIMULATOR, "проверка", now=counter.now)
    await counter.comes(READY, "2")
    await counter.run(_fill_the_way, now=counter.now)
    await counter.comes(READY)
    if how == "paused":
        await counter.run(shops.set_writing, 1, writes=False, now=counter.now)
    else:
        await counter.run(shops.disconnect, 1, now=counter.now)
    assert await counter.became() == {"ORDER_READY": ("stopped", why)}
    assert await counter.became("2") == {"ORDER_READY": WRITTEN}, "it was handed to the gateway before"


async def test_a_stage_that_goes_back_calls_for_nothing(counter):
    await counter.comes(DELIVERED)
    await counter.moves(APPROVED)
    await counter.moves(DELIVERED)
    assert "POST_PURCHASE" not in await counter.became()
    assert len(counter.got()) == 1


@pytest.mark.both_kinds
@pytest.mark.parametrize("end", [Stage.CANCELLED, Stage.RETURNED])
async def test_an_order_that_comes_to_nothing_stops_all_that_waits(counter, end):
    await counter.comes(DELIVERED)
    await counter.moves(end)
    became = await counter.became()
    assert became["ORDER_DELIVERED"] == WRITTEN
    assert became["REVIEW_REQUEST"] == ("stopped", end)
    await counter.later(days=4)
    assert len(counter.got()) == 1


async def test_orders_from_before_we_wrote_to_buyers_and_from_files_are_old(counter):
    await counter.comes(APPROVED, placed_at=counter.now - 8 * DAY)
    await counter.comes(DELIVERED, "2", came_from="file")
    await counter.comes(DELIVERED, "3", placed_at=counter.now - 3 * DAY)
    await counter.comes(READY, "4", placed_at=counter.now - 6 * DAY, handed_over_at=counter.now - HOUR)
    assert await counter.became() == {"POST_PURCHASE": ("refused", "old")}
    assert await counter.became("2") == await counter.became("3") == {"ORDER_DELIVERED": ("refused", "old")}
    assert await counter.became("4") == {"ORDER_READY": WRITTEN}
    await counter.moves(READY)  # under our eyes
    assert (await counter.became())["ORDER_READY"] == WRITTEN


async def test_nothing_is_written_by_a_paused_shop_or_when_it_is_switched_off(counter):
    await counter.changes_shop(writes=False)
    await counter.comes(READY)
    assert await counter.became() == {"ORDER_READY": ("refused", "shop_paused")}
    await counter.changes_shop(writes=True)
    counter.house.app.settings = counter.house.app.settings.model_copy(update={"ai_seller_triggers": ("ORDER_READY",)})
    await counter.comes(APPROVED, "2")
    assert await counter.became("2") == {"POST_PURCHASE": ("refused", "off")}
    assert counter.got() == []


@pytest.mark.parametrize("how", ["off", "shop_paused"])
async def test_what_is_switched_off_while_it_waits_stops_when_due(counter, how):
    await counter.comes(DELIVERED)
    if how == "off":
        settings = counter.house.app.settings
        counter.house.app.settings = settings.model_copy(update={"ai_seller_enabled": False})
    else:
        await counter.changes_shop(writes=False)
    await counter.later(days=4)
    assert (await counter.became())["REVIEW_REQUEST"] == ("stopped", how)
    assert len(counter.got()) == 1


@pytest.mark.both_kinds
async def test_a_buyer_without_a_number_is_written_to_when_it_is_told_in_time(counter):
    await counter.comes(READY, phone=None)
    await counter.comes(READY, "2", phone=None)
    assert await counter.became() == {"ORDER_READY": ("refused", "no_phone")}
    await counter.later(hours=1)
    await counter.tells_number()
    assert await counter.became() == {"ORDER_READY": WRITTEN}
    await counter.later(hours=50)
    await counter.tells_number("77015550002", "2")
    assert await counter.became("2") == {"ORDER_READY": ("refused", "no_phone")}
    assert (len(counter.got()), counter.got("77015550002")) == (1, [])


async def test_what_could_not_be_written_for_two_days_is_too_late(counter):
    await counter.run(numbers.disconnect, SIMULATOR, now=counter.now)
    await counter.comes(READY)
    assert await counter.became() == {"ORDER_READY": ("waiting", "no_account")}
    await counter.later(hours=49)
    assert await counter.became() == {"ORDER_READY": ("stopped", "too_late")}


async def test_a_person_stops_a_message_that_waits(counter):
    await counter.comes(DELIVERED)
    rows = await counter.rows()
    assert await counter.run(triggers.stop_one, rows["REVIEW_REQUEST"].id, now=counter.now) is True
    assert await counter.run(triggers.stop_one, rows["ORDER_DELIVERED"].id, now=counter.now) is False
    assert (await counter.became())["REVIEW_REQUEST"] == ("stopped", "by_hand")


async def test_a_step_a_person_lets_go_on_is_not_told_when_the_order_has_gone_on(open_shop):
    counter = await Counter.open(await open_shop(model=ScriptedModel(), outreach_hours="15:00-20:00"))
    await counter.comes(READY)
    row = (await counter.rows())["ORDER_READY"]
    assert await counter.run(triggers.stop_one, row.id, now=counter.now)
    await counter.moves(DELIVERED)
    assert await counter.run(triggers.go_on, row.id, now=counter.now)
    await counter.later(hours=4)
    assert (await counter.became())["ORDER_READY"] == ("stopped", "overtaken")


async def test_a_delivery_deliver_is_written_about_once(counter):
    await counter.comes(READY)
    assert [await counter.run(_deliver, settings=counter.house.app.settings, now=counter.now) for _ in range(2)] == [
        True,
        False,
    ]
    await counter.house.settles()
    await counter.moves(DELIVERED)
    became = await counter.became()
    assert (became["ORDER_DELIVERED"], became["REVIEW_REQUEST"]) == (WRITTEN, ("waiting", None))
    assert len(counter.got()) == 2
    await counter.moves(Stage.RETURNED)
    with pytest.raises(Refused):
        await counter.run(_deliver, settings=counter.house.app.settings, now=counter.now)


def _deliver(session, **circumstances):
    order = session.scalars(select(Order)).one()
    return triggers.deliver_now(session, order, shop=session.get_one(Shop, order.shop_id), **circumstances)


def _fill_the_way(session, *, now):
    """So many messages are at the gateway that none is handed over."""
    for number in range(20):
        session.add(
            OutreachVerdict(
                about=f"earlier:{number}",
                contact_id=recognise(session, [("phone", f"7702000{number:04}")], now=now),
                account=SIMULATOR,
                channel="whatsapp",
                message_class="marketing",
                verdict="write",
                first_contact=False,
                fate="released",
                fate_at=now,
                decided_at=now,
                counted_at=now,
            )
        )


@pytest.mark.both_kinds
async def test_nobody_is_told_that_what_he_has_is_ready(counter):
    await counter.comes(APPROVED)
    await counter.run(_deliver, settings=counter.house.app.settings, now=counter.now)
    await counter.moves(READY)
    assert (await counter.became())["ORDER_READY"] == ("refused", "overtaken")
    await counter.comes(DELIVERED, "2")
    await counter.moves(Stage.RETURNED, "2")
    await counter.moves(READY, "2")
    assert (await counter.became("2"))["ORDER_READY"] == ("refused", "overtaken")
    assert not any("готов" in text for text in counter.got())
