"""A process told to stop ends by itself: what runs is finished, what waits is left for whoever comes next."""

import random
import time
from pathlib import Path

import pytest

from saudager.db.threads import connect
from tests.product import SHAPES, Product, conversations, product, until
from tests.verdict import judge, wait_until_done

SEED = 20261126


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", [SHAPES[0], *(pytest.param(shape, marks=pytest.mark.servers) for shape in SHAPES[1:])]
)
def test_processes_told_to_stop_at_work_end_by_themselves_hold_nothing_and_lose_nothing(
    shape: str, tmp_path: Path
) -> None:
    with product(shape, tmp_path) as (running, _):
        lines = conversations(random.Random(SEED), 20)
        running.start()
        until(running.is_up, "the product to start")
        with running.phone.customers_write(lines, pause=0.05):
            time.sleep(1)
            codes = [running.is_told_to_stop(number) for number in reversed(range(running.size))]
            held = _held(running)
            running.start()
        wait_until_done(running)
        print(f"\n{shape}: exit codes {codes}, {judge(running)}")  # noqa: T201
        assert codes == [0] * running.size
        assert held == 0


def _held(running: Product) -> int:
    """Lanes somebody still has a lease of."""
    held = 0
    for url in {running.gateway_url, running.agent_url}:
        engine = connect(url)
        with engine.connect() as connection:
            query = "select count(*) from queue_lanes where lease_until > 0"
            held += connection.exec_driver_sql(query).scalar_one()
        engine.dispose()
    return held
