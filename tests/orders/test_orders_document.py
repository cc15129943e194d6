"""Every example of docs/orders.md is what the shop's routes answer."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from saudager.orders.models import Trigger, TriggerState
from saudager.providers.marketplace import Stage
from tests.orders import rows
from tests.orders.asking import program

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[2] / "docs" / "orders.md"
_EXAMPLE = re.compile(r"```http\n(?P<method>\w+) (?P<path>\S+)\n```\n+```json\n(?P<answer>.*?)```", re.S)
MARCH = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def examples():
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## HTTP\n")[2].partition("\n## ")[0]
    return [(one["method"], one["path"], json.loads(one["answer"])) for one in _EXAMPLE.finditer(section)]


def _past(session):
    kaspi = rows.shop(session, at=MARCH, name="Kaspi", marketplace="kaspi", synced_at=MARCH + 5 * DAY + 23.95 * HOUR)
    known, began = {False: 3200, True: 800}, MARCH - 90 * DAY
    rows.crowd(session, kaspi, known, at=began, returns={False: 0.25, True: 0.15}, chance=Random(1), share=0.2)
    window, sill = ("ELITE-70", "Окно ELITE 70", 1, "85000.00"), ("SILL-2", "Подоконник, м", 2, "4500.50")
    buyer = rows.buyer(session, 1, at=MARCH, name="Айгерим")
    first = rows.order(session, kaspi, at=MARCH, contact=buyer, code="496000001", lines=[window, sill])
    rows.written(session, first, at=MARCH + HOUR, text="Айгерим, спасибо за заказ 496000001!", fate="read")
    rows.written(
        session,
        first,
        at=MARCH + 4 * DAY,
        trigger=Trigger.ORDER_DELIVERED,
        text="Заказ 496000001 у вас. Если что-то не так, напишите.",
        engine="fallback",
    )
    rows.say(session, buyer, "Спасибо, всё хорошо", at=MARCH + 4 * DAY + HOUR)
    rows.trigger(session, first, at=MARCH + 4 * DAY, trigger=Trigger.REVIEW_REQUEST, due_at=MARCH + 7 * DAY)
    other = rows.buyer(session, 2, at=MARCH, name="Данияр")
    second = rows.order(session, kaspi, at=MARCH + 5 * DAY, contact=other, stage=Stage.READY, code="496000002")
    rows.trigger(session, second, at=MARCH + 5 * DAY, state=TriggerState.REFUSED, reason="opted_out")


async def test_the_examples_are_what_is_answered(open_shop):
    shop = await open_shop(holdout_share=0.2)
    await shop.app.db.run(_past)
    shown = examples()
    assert len(shown) == 6
    async with program(shop.app) as http:
        for method, path, answer in shown:
            told = await http.request(method, path)
            assert (told.status_code, told.json()) == (200, answer), f"{method} {path}"
