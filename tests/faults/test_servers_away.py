"""A broker or a database that is cut off, hangs or is slow in the middle of the work costs time and nothing else."""

import random
import time
from pathlib import Path

import pytest

from tests.product import product, rounds, until
from tests.verdict import judge, wait_until_done

SEED = 20260421
AWAY = 10.0
LATE = 0.03


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.parametrize(
    ("shape", "server"),
    [
        ("rabbitmq", "RabbitMQ"),
        ("redis and postgresql", "Redis"),
        ("redis and postgresql", "PostgreSQL"),
    ],
)
def test_a_server_may_be_away_then_hang_and_then_be_slow_while_customers_write(
    shape: str, server: str, tmp_path: Path
) -> None:
    lines = rounds(random.Random(SEED), 30, 4)
    with product(shape, tmp_path) as (running, proxies):
        proxy = proxies[server]
        running.start()
        until(running.is_up, "the product to start")
        with running.phone.customers_write(lines, pause=0.25):
            for fault in (proxy.cut, proxy.freeze):
                time.sleep(3)
                fault()
                time.sleep(AWAY)
                proxy.heal()
            proxy.slow(LATE)
        proxy.heal()
        wait_until_done(running)
        running.stop()
        print(f"\n{server}: {judge(running)}")  # noqa: T201
