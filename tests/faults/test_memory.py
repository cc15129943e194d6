"""Work leaves no memory behind."""

import random
from pathlib import Path

import pytest

from tests.product import conversations, product, until
from tests.verdict import judge, wait_until_done

SEED = 20260425
CHATS = 60
GROWTH_MB = 20


@pytest.mark.slow
def test_after_three_times_as_many_messages_the_process_is_hardly_larger(tmp_path: Path) -> None:
    dice = random.Random(SEED)
    with product("alone", tmp_path) as (running, _):
        running.start()
        until(running.is_up, "the product to start")
        sizes = []
        for first, count in ((0, CHATS), (CHATS, 2 * CHATS)):
            with running.phone.customers_write(conversations(dice, count, first=first), pause=0):
                pass
            wait_until_done(running)
            sizes.append((running.phone.lines, *running.resident_mb()))
        running.stop()
        print(f"\n{judge(running)}, lines and MB {sizes}")  # noqa: T201
    (_, before), (_, after) = sizes
    assert after - before < GROWTH_MB
