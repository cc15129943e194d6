"""``GET /metrics`` shows Prometheus the orders, how old they are, and what became of the messages about them."""

from datetime import timedelta

import pytest

from saudager.keys import Scope
from saudager.orders.models import Trigger, TriggerState
from saudager.providers.marketplace import Stage
from tests.orders import rows
from tests.orders.asking import program

DAY = timedelta(days=1)


@pytest.mark.both_kinds
async def test_orders_and_messages_are_shown_by_shop_stage_trigger_and_outcome(open_shop):
    shop = await open_shop()
    now = shop.clock.now()

    def past(session):
        kaspi = rows.shop(session, at=now, name="Kaspi", synced_at=now - timedelta(minutes=4))
        gone = rows.shop(session, at=now, name="Закрыт", disconnected_at=now)
        for shop_id, ago, stage in [(kaspi, 1, Stage.READY), (kaspi, 15, Stage.READY), (gone, 1, Stage.READY)]:
            rows.order(session, shop_id, at=now - ago * DAY, stage=stage)
        buyer = rows.buyer(session, 1, at=now)
        order = rows.order(session, kaspi, at=now - 2 * DAY, contact=buyer)
        rows.written(session, order, at=now - DAY, engine="fallback")
        rows.say(session, buyer, "Спасибо", at=now - DAY / 2)
        rows.trigger(session, order, at=now, trigger=Trigger.CROSS_SELL, state=TriggerState.REFUSED, reason="held_out")
        old = rows.order(session, kaspi, at=now - 40 * DAY, contact=buyer)
        rows.written(session, old, at=now - 8 * DAY)

    await shop.app.db.run(past)
    async with program(shop.app, scope=Scope.WATCH) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    ours = {line for line in lines if line.startswith("saudager_order") and not line.endswith(" 0.0")}
    assert ours == {
        'saudager_orders{shop="Kaspi",stage="ready"} 1.0',
        'saudager_orders{shop="Kaspi",stage="delivered"} 1.0',
        'saudager_orders_age_seconds{shop="Kaspi"} 240.0',
        'saudager_order_messages{outcome="sent",trigger="POST_PURCHASE"} 1.0',
        'saudager_order_messages{outcome="blocked",trigger="CROSS_SELL"} 1.0',
        'saudager_order_messages_blocked{reason="held_out",trigger="CROSS_SELL"} 1.0',
        'saudager_order_messages_fallback_used{trigger="POST_PURCHASE"} 1.0',
        'saudager_order_messages_answers{trigger="POST_PURCHASE"} 1.0',
        'saudager_order_messages_success_rate{trigger="POST_PURCHASE"} 1.0',
    }
    assert not any('success_rate{trigger="CROSS_SELL"}' in line for line in lines), "held out is no failure"
