"""A messenger that fails at a third of all calls: everyone is answered once, or a person is shown what is not."""

import random
from pathlib import Path

import pytest

from tests.product import product, rounds, until
from tests.verdict import judge, wait_until_done

SEED = 20260422
IMPATIENT = "from saudager.providers import http_client\nhttp_client.TIMEOUT = 0.5"
READS = ("429", "500", "hang", "cut_before", "cut_after")
SENDS = ("429", "500", "hang", "hang_after", "cut_before", "cut_after")


@pytest.mark.slow
def test_with_a_third_of_the_messengers_calls_failing_nobody_is_answered_twice(tmp_path: Path) -> None:
    with product("alone", tmp_path) as (running, _):
        running.prelude = IMPATIENT
        running.phone.fails("chats/get", 1 / 3, *READS, seed=1)
        running.phone.fails("messages/get", 1 / 3, *READS, seed=2)
        running.phone.fails("message/send", 1 / 3, *SENDS, seed=3)
        running.start()
        until(running.is_up, "the product to start")
        with running.phone.customers_write(rounds(random.Random(SEED), 20, 2), pause=0.1):
            pass
        wait_until_done(running, seconds=240)
        running.stop()
        faults = running.phone.faults()
        print(f"\n{judge(running)}, faults {dict(faults)}")  # noqa: T201
        assert faults.total() > 40
