"""Orders: how fast they are taken in, and how many requests reading them from a marketplace takes.

``intake_…``: 10 000 orders of 8 000 buyers a hundred at a time, with lines, history, contacts and what is noted of
messages; ``floor_…``: the very rows that came of it, inserted bare, as many commits. ``again_s`` takes the same orders
in a second time. ``first_read``, ``look_busy`` and ``look_idle`` read from a Kaspi on loopback with no pace;
``minimum`` is the fewest requests its listings allow for what there was to see, counted from its data: a page for each
hundred orders of each state and window, and the best mix of single orders and closed pages for what left the open
states.
"""

import json
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.bench import memory, processor, servers, settings
from saudager.bench.deliveries import at_one_moment
from saudager.bench.kaspi_shop import KaspiShop
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.db import migrate
from saudager.orders import backfill, intake, shops, sync
from saudager.orders.windows import Known, Reread, Span, cut, rereads
from saudager.providers.marketplace import Buyer, Line, MarketOrder, Stage
from saudager.rehearsal import OPENING

_ORDERS, _BUYERS, _PAGE = 10_000, 8_000, 100
_OPEN, _MOVED, _NEW = 1_000, 50, 20
_DAYS = 90
_WINDOW = timedelta(days=14)
_OPEN_STATES = ("NEW", "SIGN_REQUIRED", "PICKUP", "DELIVERY", "KASPI_DELIVERY")
_TABLES = ("contacts", "identities", "orders", "order_lines", "order_statuses", "order_triggers")
Row = dict[str, Any]


async def intake_sqlite(scale: float) -> Row:
    """Taken in on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        async with _app(folder) as app:
            return await _taken_in(app, int(_ORDERS * scale))


async def floor_sqlite3(scale: float) -> Row:
    """The same rows through bare sqlite3, durable like ours."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bare:
        async with _app(folder) as app:
            await _take(app, await _shop(app), _orders(int(_ORDERS * scale)))
        rows = {table: list(_read_sqlite(f"{folder}/saudager.db", table)) for table in _TABLES}
        migrate.upgrade(f"sqlite:///{bare}/bare.db", (migrate.GATEWAY, migrate.AGENT))
        with sqlite3.connect(f"{bare}/bare.db", isolation_level=None) as connection:
            for pragma in ("journal_mode=wal", "synchronous=full"):
                connection.execute(f"pragma {pragma}")
            _copy_shops(f"{folder}/saudager.db", connection)
            began = time.perf_counter()
            for statement, part in _parts(rows, int(_ORDERS * scale) // _PAGE, "?"):
                if statement is None:
                    connection.execute("commit" if connection.in_transaction else "begin")
                else:
                    connection.executemany(statement, part)
            seconds = time.perf_counter() - began
    return _rate(sum(map(len, rows.values())), int(_ORDERS * scale), seconds)


async def intake_postgresql(scale: float) -> Row:
    """Taken in on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, servers.fresh_database() as url:
        async with _app(folder, database_url=url) as app:
            return await _taken_in(app, int(_ORDERS * scale))


async def floor_psycopg(scale: float) -> Row:
    """The same rows through bare psycopg."""
    with tempfile.TemporaryDirectory() as folder, servers.fresh_database() as url, servers.fresh_database() as bare:
        async with _app(folder, database_url=url) as app:
            await _take(app, await _shop(app), _orders(int(_ORDERS * scale)))
        migrate.upgrade(bare, (migrate.GATEWAY, migrate.AGENT))
        with psycopg.connect(url) as source, psycopg.connect(bare) as connection:
            rows = {table: _read_postgresql(source, table) for table in _TABLES}
            for statement, part in _parts({"shops": _read_postgresql(source, "shops")}, 1, "%s"):
                if statement is not None:
                    connection.cursor().executemany(statement.encode(), part)
            connection.execute("set session_replication_role = replica")  # each table's rows go their own way
            connection.commit()
            began = time.perf_counter()
            for statement, part in _parts(rows, int(_ORDERS * scale) // _PAGE, "%s"):
                if statement is None:
                    connection.commit()
                else:
                    connection.cursor().executemany(statement.encode(), part)
            seconds = time.perf_counter() - began
    return _rate(sum(map(len, rows.values())), int(_ORDERS * scale), seconds)


async def first_read(scale: float) -> Row:
    """A shop is connected: 10 000 orders of ninety days are read."""
    async with _reading() as (app, kaspi, shop_id):
        _fill(kaspi, int(_ORDERS * scale))
        await app.db.run(shops.read_older, shop_id, days=_DAYS, now=OPENING)
        spans = cut(OPENING - timedelta(days=_DAYS), OPENING, _WINDOW)
        minimum = sum(_pages(kaspi, state, span) for span in spans for state in (*_OPEN_STATES, "ARCHIVE"))
        began, cpu = time.perf_counter(), processor.used()
        read = await backfill.backfill_orders(app, "bench", shop_id)
        seconds = time.perf_counter() - began
        return {
            "orders": read,
            "requests": sum(kaspi.requests.values()),
            "minimum": minimum,
            "seconds": round(seconds, 2),
            "orders_per_s": round(read / seconds),
            "cpu_s": round(processor.used() - cpu, 2),
            "rss_mb": memory.now_mb(),
        }


async def look_busy(scale: float) -> Row:
    """A look with 1000 open orders, of which 50 moved (half of them left the open states) and 20 more are new."""
    async with _reading() as (app, kaspi, shop_id):
        _fill(kaspi, int(_ORDERS * scale), open_orders=int(_OPEN * scale))
        await app.db.run(shops.read_older, shop_id, days=_DAYS, now=OPENING)
        await backfill.backfill_orders(app, "bench", shop_id)
        await sync.look(app, shop_id, owner="first")
        left = _move(kaspi, int(_MOVED * scale))
        for number in range(int(_NEW * scale)):
            kaspi.place(phone=_phone(number), at=OPENING)
        return await _looked(app, kaspi, shop_id, left)


async def look_idle(scale: float) -> Row:
    """A look at the same shop when nothing happened."""
    async with _reading() as (app, kaspi, shop_id):
        _fill(kaspi, int(_ORDERS * scale), open_orders=int(_OPEN * scale))
        await app.db.run(shops.read_older, shop_id, days=_DAYS, now=OPENING)
        await backfill.backfill_orders(app, "bench", shop_id)
        await sync.look(app, shop_id, owner="first")
        return await _looked(app, kaspi, shop_id, [])


async def deliveries(scale: float) -> Row:
    """Two hundred orders turn out to be delivered in one look."""
    return await at_one_moment(scale)


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside the bare rows, and requests beside the fewest there can be."""
    found: dict[str, float] = {}
    for ours, floor in (("intake_sqlite", "floor_sqlite3"), ("intake_postgresql", "floor_psycopg")):
        if {"rows_per_s"} <= rows.get(ours, {}).keys() & rows.get(floor, {}).keys():
            found[f"{ours}_vs_floor"] = round(rows[ours]["rows_per_s"] / rows[floor]["rows_per_s"], 3)
    for name in ("first_read", "look_busy", "look_idle"):
        if "minimum" in rows.get(name, {}):
            found[f"{name}_requests_vs_minimum"] = round(rows[name]["requests"] / rows[name]["minimum"], 3)
    return found


@asynccontextmanager
async def _app(folder: str, **other: Any) -> AsyncIterator[App]:
    clock = MovableClock(OPENING, running=True)
    app = bootstrap(settings.in_folder(folder, **other), clock=clock, hosted=False, poll=None)
    try:
        yield app
    finally:
        await app.close()


@asynccontextmanager
async def _reading() -> AsyncIterator[tuple[App, KaspiShop, int]]:
    """A product with a shop at a Kaspi of ours."""
    with tempfile.TemporaryDirectory() as folder:
        async with _app(folder) as app, KaspiShop(now=app.clock.now) as kaspi:
            yield app, kaspi, await _shop(app, sealed_config=app.vault.seal(json.dumps(kaspi.form)))


async def _shop(app: App, sealed_config: str | None = None) -> int:
    marketplace = None if sealed_config is None else "kaspi"
    return await app.db.run(
        shops.connect,
        "Bench",
        marketplace=marketplace,
        sealed_config=sealed_config,
        account=None,
        writes=True,
        now=OPENING,
    )


async def _taken_in(app: App, count: int) -> Row:
    shop_id, orders = await _shop(app), _orders(count)
    cpu, began = processor.used(), time.perf_counter()
    await _take(app, shop_id, orders)
    seconds = time.perf_counter() - began
    cpu = processor.used() - cpu
    began = time.perf_counter()
    await _take(app, shop_id, orders)
    again = time.perf_counter() - began
    rows = await app.db.read(_rows)
    return _rate(rows, count, seconds) | {
        "again_s": round(again, 2),
        "cpu_ms_per_order": round(cpu / count * 1000, 3),
        "rss_mb": memory.now_mb(),
    }


async def _take(app: App, shop_id: int, orders: Sequence[MarketOrder]) -> None:
    for begin in range(0, len(orders), _PAGE):
        await app.db.run(_take_page, app, shop_id, orders[begin : begin + _PAGE])


def _take_page(session: Session, app: App, shop_id: int, orders: Sequence[MarketOrder]) -> None:
    intake.take(
        session,
        shops.one(session, shop_id),
        orders,
        read_at=OPENING,
        came_from=intake.FROM_MARKETPLACE,
        vault=app.vault,
        settings=app.settings,
        now=OPENING,
    )


def _rate(rows: int, orders: int, seconds: float) -> Row:
    return {
        "orders": orders,
        "rows": rows,
        "seconds": round(seconds, 2),
        "rows_per_s": round(rows / seconds),
        "orders_per_s": round(orders / seconds),
    }


def _rows(session: Session) -> int:
    counts = (session.info["driver"].execute(f"select count(*) from {table}") for table in _TABLES)  # noqa: S608
    return sum(count.fetchone()[0] for count in counts)


def _orders(count: int) -> list[MarketOrder]:
    """Orders of the last ninety days, with one to three lines each; most are delivered."""
    random = Random(7)  # noqa: S311
    orders = []
    for number in range(count):
        buyer = random.randrange(max(1, count * _BUYERS // _ORDERS))
        stage, status, state = random.choice(
            [*[(Stage.DELIVERED, "COMPLETED", "ARCHIVE")] * 8, (Stage.READY, "ACCEPTED_BY_MERCHANT", "PICKUP")]
        )
        lines = tuple(
            Line(n, f"SKU-{sku}", f"Чайник {sku}", "Чайники", "kettles", Decimal(1), Decimal(9990), Decimal(9990))
            for n, sku in enumerate(random.sample(range(500), random.randint(1, 3)))
        )
        orders.append(
            MarketOrder(
                code=str(496_000_001 + number),
                id=f"ORDER-{number}",
                status=status,
                state=state,
                stage=stage,
                total=Decimal(9990) * len(lines),
                currency="KZT",
                placed_at=OPENING - timedelta(minutes=random.randrange(1, _DAYS * 24 * 60)),
                buyer=Buyer(f"Покупатель {buyer}", f"7{_phone(buyer)}", f"CUST-{buyer}"),
                lines=lines,
            )
        )
    return orders


def _phone(number: int) -> str:
    return f"701{number % 10_000_000:07}"


def _fill(kaspi: KaspiShop, count: int, open_orders: int = 0) -> None:
    """Delivered orders of ninety days, and open ones of the last thirteen."""
    random = Random(11)  # noqa: S311
    for number in range(count - open_orders):
        at = OPENING - timedelta(minutes=random.randrange(1, _DAYS * 24 * 60))
        kaspi.place(phone=_phone(number), at=at, state="ARCHIVE", status="COMPLETED")
    for number in range(open_orders):
        at = OPENING - timedelta(minutes=random.randrange(1, 13 * 24 * 60))
        kaspi.place(phone=_phone(number), at=at, state=random.choice(("NEW", "PICKUP", "DELIVERY", "KASPI_DELIVERY")))


def _move(kaspi: KaspiShop, count: int) -> list[Known]:
    """Let half of them go on among the open states and half leave these; the latter."""
    random = Random(13)  # noqa: S311
    standing = [order for order in kaspi.orders.by_code.values() if order.attributes["state"] in _OPEN_STATES]
    left = []
    for number, order in enumerate(random.sample(standing, count)):
        if number % 2:
            kaspi.move(order.code, state="KASPI_DELIVERY", status="ACCEPTED_BY_MERCHANT")
        else:
            kaspi.move(order.code, state="ARCHIVE", status="COMPLETED")
            left.append(Known(order.code, "", _placed(order.attributes)))
    return left


async def _looked(app: App, kaspi: KaspiShop, shop_id: int, left: Sequence[Known]) -> Row:
    now = app.clock.now()
    closed = [_placed(order.attributes) for order in kaspi.orders.by_code.values() if _is_closed(order.attributes)]
    gone = {order.placed_at for order in left}
    best = rereads(left, sorted(at for at in closed if at not in gone), _WINDOW, _PAGE)
    newest = Span(now - _WINDOW, now)
    minimum = sum(_pages(kaspi, state, newest) for state in _OPEN_STATES) + 1
    minimum += sum(_requests(reread, closed) for reread in best)
    kaspi.requests.clear()
    cpu, began = processor.used(), time.perf_counter()
    looked = await sync.look(app, shop_id, owner="bench")
    seconds = time.perf_counter() - began
    assert looked is not None
    return {
        "open": sum(not _is_closed(order.attributes) for order in kaspi.orders.by_code.values()),
        "added": looked.added,
        "changed": looked.changed,
        "requests": sum(kaspi.requests.values()),
        "minimum": minimum,
        "seconds": round(seconds, 2),
        "cpu_ms": round((processor.used() - cpu) * 1000),
    }


def _requests(reread: Reread, closed: Sequence[datetime]) -> int:
    if reread.span is None:
        return len(reread.orders)
    listed = sum(reread.span.since <= at <= reread.span.until for at in closed)
    return -(-listed // _PAGE)


def _pages(kaspi: KaspiShop, state: str, span: Span) -> int:
    return max(1, -(-kaspi.listed(state, span.since, span.until) // _PAGE))


def _placed(attributes: Row) -> datetime:
    return datetime.fromtimestamp(attributes["creationDate"] / 1000, OPENING.tzinfo)


def _is_closed(attributes: Row) -> bool:
    return bool(attributes["state"] == "ARCHIVE")


def _parts(rows: dict[str, list[Row]], parts: int, mark: str) -> Iterator[tuple[str | None, list[tuple[Any, ...]]]]:
    """The rows in so many transactions, each begun and ended by a statement that is None."""
    for part in range(parts):
        yield None, []
        for table, all_rows in rows.items():
            share = all_rows[len(all_rows) * part // parts : len(all_rows) * (part + 1) // parts]
            if share:
                columns = ", ".join(share[0])
                marks = ", ".join([mark] * len(share[0]))
                yield f"insert into {table} ({columns}) values ({marks})", [tuple(row.values()) for row in share]  # noqa: S608
        yield None, []


def _read_sqlite(path: str, table: str) -> Iterator[Row]:
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        for row in connection.execute(f"select * from {table} order by 1"):  # noqa: S608
            yield dict(row)


def _copy_shops(path: str, connection: sqlite3.Connection) -> None:
    for statement, part in _parts({"shops": list(_read_sqlite(path, "shops"))}, 1, "?"):
        if statement is not None:
            connection.executemany(statement, part)


def _read_postgresql(connection: Any, table: str) -> list[Row]:
    cursor = connection.execute(f"select * from {table} order by 1")  # noqa: S608
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
