"""The product is killed while it reads a shop's older orders: it goes on from where it was, and stores each once."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from saudager.bench.kaspi_shop import TOKEN, KaspiShop
from tests.fakes.serving import refused_url

pytestmark = pytest.mark.slow

ORDERS, DAYS = 1000, 90


@asynccontextmanager
async def _product(folder: Path, kaspi: KaspiShop) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {
        "DATA_DIR": str(folder),
        "PORT": str(urlsplit(refused_url()).port),
        "KASPI_TOKEN": TOKEN,
        "KASPI_BASE_URL": kaspi.base_url,
        "KASPI_REQUESTS_PER_SECOND": "1000",
        "KASPI_BACKFILL_DAYS": str(DAYS),
        "LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from saudager.cli import main; main(['up'])"),
        env=kept | settings,
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.send_signal(signal.SIGKILL)
        await running.wait()


def _rows(folder: Path, query: str) -> Iterator[tuple[int, ...]]:
    with closing(sqlite3.connect(folder / "saudager.db")) as connection:
        return iter(connection.execute(query).fetchall())


async def _until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def test_it_goes_on_from_where_it_was_killed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    async with KaspiShop() as kaspi:
        kaspi.latency = 0.05
        for n in range(ORDERS):
            at = now - timedelta(days=DAYS - 1) * (n + 1) / ORDERS
            kaspi.place(at=at, state="ARCHIVE", status="COMPLETED", phone=f"701{n:07}")
        async with _product(tmp_path, kaspi):
            await _until(lambda: kaspi.requests["list"] >= 25)
        asked = kaspi.requests["list"]
        ((read,),) = _rows(tmp_path, "select count(*) from orders")
        assert 0 < read < ORDERS
        async with _product(tmp_path, kaspi):
            await _until(lambda: list(_rows(tmp_path, "select 1 from shops where backfilled_at is not null")))
        windows, states = 7, 6
        pages = windows * states + ORDERS // 100 - windows + windows  # the last page of a window is not full
        look = states + 1
        assert kaspi.requests["list"] - asked < pages
        assert kaspi.requests["list"] <= pages + 1 + 2 * look
        assert list(_rows(tmp_path, "select count(*), count(distinct code) from orders")) == [(ORDERS, ORDERS)]
        assert list(_rows(tmp_path, "select count(*) from order_statuses")) == [(ORDERS,)]
        assert list(_rows(tmp_path, "select count(*) from order_triggers where state <> 'refused'")) == [(0,)]
