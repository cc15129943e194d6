"""From received to delivered: the whole product, its queue tables alone, and the same rows written without it."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from saudager import demo
from saudager.bench import compared, floors, left_out, memory, settings
from saudager.bench.delays import Delays
from saudager.clock import SystemClock
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import table
from saudager.queues.lanes import Queues
from saudager.queues.table import Lease, Policy
from saudager.rehearsal import Shop, rehearse

_SAMPLE_SHOP = Path(demo.__file__).parent / "sample_shop"
_TEXT = "Сколько стоит окно 1500 на 1500?"
_BATCH = 50
Row = dict[str, Any]


async def product_burst(scale: float) -> Row:
    """Messages as fast as the gateway takes them, each from its own customer; the model answers at once."""
    return await _burst(int(2000 * scale))


async def product_burst_with_documents(scale: float) -> Row:
    """The same with the sample shop's 14 pages to search for every message."""
    return await _burst(int(1000 * scale), documents=_SAMPLE_SHOP)


async def _burst(count: int, *, documents: Path | None = None) -> Row:
    async with _shop(documents=documents) as shop:
        delays, cpu = _delays(shop), time.process_time()
        seconds = await delays.burst(count)
        return {
            "messages": count,
            "messages_per_s": round(count / seconds, 1),
            "cpu_ms_per_message": round((time.process_time() - cpu) / count * 1000, 2),
            **delays.percentiles(),
            "rss_mb": memory.now_mb(),
        }


async def product_steady(scale: float) -> Row:
    """Twenty messages a second: the delay a customer sees when nothing queues."""
    async with _shop() as shop:
        delays, count, rate = _delays(shop), int(400 * scale), 20
        await delays.steady(count, rate)
        return {"messages": count, "rate_per_s": rate, **delays.percentiles(), "rss_mb": memory.now_mb()}


async def product_slow_model(scale: float) -> Row:
    """A thousand conversations arriving over a minute, a model that thinks two seconds: the delay beyond these."""
    thinking = max(0.2, 2.0 * scale)
    async with _shop(thinking=thinking) as shop:
        delays = _delays(shop)
        count, over = int(1000 * scale), 60 * scale
        began = time.perf_counter()
        says = []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number * over / count - time.perf_counter()))
            says.append(asyncio.create_task(delays.says(number)))
        await asyncio.gather(*says)
        await delays.all_answered(count)
        extra = {f"extra_{name}": round(value - thinking * 1000, 1) for name, value in delays.percentiles().items()}
        return {"messages": count, "arriving_over_s": over, "model_s": thinking, **extra, "rss_mb": memory.now_mb()}


async def tables_plain(scale: float) -> Row:
    """The queue tables alone, handled by a plain function in the claiming transaction."""
    return await _tables(int(20_000 * scale), errands=False)


async def tables_errands(scale: float) -> Row:
    """The queue tables alone, each lane leased, handed to an async errand and finished in a transaction of its own."""
    return await _tables(int(20_000 * scale), errands=True)


async def floor_sqlite3(scale: float) -> Row:
    """The rows the product leaves behind for a message, written with plain sqlite3, a transaction a message."""
    count = int(2000 * scale)
    with tempfile.TemporaryDirectory() as folder:
        seconds = floors.plain_sqlite(Path(folder) / "floor.db", count)
    return {"messages": count, "messages_per_s": round(count / seconds, 1)}


async def floor_sqlalchemy_async(scale: float) -> Row:
    """The same rows through SQLAlchemy's async ORM on aiosqlite."""
    count = int(2000 * scale)
    left_out.need("aiosqlite", "greenlet")
    with tempfile.TemporaryDirectory() as folder:
        seconds = await floors.sqlalchemy_async(Path(folder) / "floor.db", count)
    return {"messages": count, "messages_per_s": round(count / seconds, 1)}


async def idle(scale: float) -> Row:
    """Both services running with nothing to do."""
    async with _shop(offline=True):
        cpu, seconds = time.process_time(), max(0.5, 5 * scale)
        await asyncio.sleep(seconds)
        return {"rss_mb": memory.now_mb(), "cpu_percent": round((time.process_time() - cpu) / seconds * 100, 2)}


async def import_cli(scale: float) -> Row:
    """What ``import saudager.cli`` costs a fresh interpreter, beyond the interpreter itself."""

    def took(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
        return time.perf_counter() - began

    times = max(1, round(7 * scale))
    bare = statistics.median(took("pass") for _ in range(times))
    ours = statistics.median(took("import saudager.cli") for _ in range(times))
    return {"import_ms": round((ours - bare) * 1000, 1)}


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside the floors of the same run."""
    return compared.ratios(
        rows,
        {
            "ours_vs_floor": ("messages_per_s", "product_burst", "floor_sqlite3"),
            "ours_vs_sqlalchemy_async_rows_only": ("messages_per_s", "product_burst", "floor_sqlalchemy_async"),
        },
    )


def _delays(shop: Shop) -> Delays:
    delays = Delays(lambda chat: shop.customer_says(_TEXT, chat=chat))
    shop.phone.on_sent = lambda line: delays.answered(line.chat)
    return delays


@asynccontextmanager
async def _shop(*, thinking: float = 0.0, offline: bool = False, documents: Path | None = None) -> AsyncIterator[Shop]:
    """A shop without patience and pace; the scripted model unless ``offline``; no documents unless given."""
    with tempfile.TemporaryDirectory() as folder:
        model = None if offline else ScriptedModel(thinking=thinking)
        async with rehearse(
            settings.in_folder(folder, knowledge_dir=documents), model=model, clock=SystemClock()
        ) as shop:
            yield shop


async def _tables(count: int, *, errands: bool) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/tables.db"
        migrate.upgrade(url, ())
        db, clock = Database(url), SystemClock()
        queues = Queues(db, clock)
        handled, done = 0, asyncio.Event()

        def count_one() -> None:
            nonlocal handled
            handled += 1
            if handled == count:
                done.set()

        async def errand(lease: Lease) -> None:
            await db.run(table.finish, lease, now=clock.now())
            count_one()

        if errands:
            queues.consume(Policy("bench"), errand, concurrency=200)
        else:
            queues.consume_plain(Policy("bench"), lambda session, message: count_one())
        queues.start()
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(db.run(_publish, first, now=clock.now()) for first in range(0, count, _BATCH)))
        await done.wait()
        seconds = time.perf_counter() - began
        used = time.process_time() - cpu
        await queues.stop()
        await db.close()
    return {
        "messages": count,
        "messages_per_s": round(count / seconds, 1),
        "cpu_ms_per_message": round(used / count * 1000, 3),
        "rss_mb": memory.now_mb(),
    }


def _publish(session: Any, first: int, *, now: datetime) -> None:
    body = {"message_text": _TEXT, "phone_number": "77010000001"}
    for number in range(first, first + _BATCH):
        table.publish(session, "bench", body, id=str(number), key=str(number), now=now)
