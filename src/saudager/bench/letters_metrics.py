"""What a thousand companies bought, over a million invoice lines: by SQL for all, and company by company by ORM.

``companies_sqlite`` and ``companies_postgresql`` store two years of made-up invoices and read the same figures in
three ways through the product's readers: ``all_s`` with one call of ``metrics.of_companies``, ``parts_s`` with a call
for each 250 companies, as many at once as there are readers, and ``orm_s`` as ``by_orm`` does, company by company:
timed of every tenth company (``orm_companies``, all alike in their number of lines) and multiplied to all. ``same``
says that every figure of these was the same. ``one_ms`` is one company alone, as its page asks.
"""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import date, timedelta
from random import Random
from typing import Any

import psycopg

from saudager.bench import by_orm, servers
from saudager.db import migrate
from saudager.db.threads import Database
from saudager.sales import metrics
from saudager.sales.metrics import Figures

_COMPANIES, _LINES, _PART = 1000, 1_000_000, 250
_TODAY, _MONTHS, _DAYS = date(2026, 11, 26), 12, 730
_TIMES, _ORM_EVERY = 3, 10
_STAMP = "2026-11-01 00:00:00.000000+00:00"
_COLUMNS = {
    "companies": ("id", "key", "name", "is_person", "created_at", "updated_at"),
    "invoices": (
        *("id", "company_id", "number", "is_refund", "issued_on", "currency", "total"),
        *("created_at", "updated_at"),
    ),
    "invoice_lines": (
        *("id", "invoice_id", "number", "product", "sku", "name", "category", "quantity", "price", "amount"),
    ),
}
Row = dict[str, Any]
Tables = dict[str, list[tuple[Any, ...]]]


async def companies_sqlite(scale: float) -> Row:
    """On SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/figures.db"
        migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
        tables = _tables(int(_COMPANIES * scale))
        with closing(sqlite3.connect(f"{folder}/figures.db")) as connection:
            for table, rows in tables.items():
                columns = _COLUMNS[table]
                places = ", ".join("?" * len(columns))
                connection.executemany(f"insert into {table} ({', '.join(columns)}) values ({places})", rows)  # noqa: S608
            connection.commit()
            connection.execute("analyze")
        return await _measured(url, tables)


async def companies_postgresql(scale: float) -> Row:
    """On PostgreSQL."""
    with servers.fresh_database() as url:
        migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
        tables = _tables(int(_COMPANIES * scale))
        with psycopg.connect(url, autocommit=True) as connection:
            for table, rows in tables.items():
                into = f"copy {table} ({', '.join(_COLUMNS[table])}) from stdin"
                with connection.cursor().copy(into.encode()) as copy:
                    for row in rows:
                        copy.write_row(row)
                connection.execute(f"vacuum analyze {table}".encode())
        return await _measured(url, tables)


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """How many times faster than company by company."""
    found = {}
    for kind in ("sqlite", "postgresql"):
        row = rows.get(f"companies_{kind}", {})
        for way in ("all", "parts"):
            if f"{way}_s" in row:
                found[f"figures_{kind}_{way}_vs_orm"] = round(row["orm_s"] / row[f"{way}_s"], 1)
    return found


async def _measured(url: str, tables: Tables) -> Row:
    ids = [company[0] for company in tables["companies"]]
    lines = len(tables["invoice_lines"])
    tables.clear()
    async with _database(url) as db:

        async def of(some: Sequence[int]) -> dict[int, Figures]:
            return await db.read(metrics.of_companies, some, months_back=_MONTHS, today=_TODAY)

        await of(ids)
        at_once, in_parts = [], []
        for _ in range(_TIMES):
            began = time.perf_counter()
            found = await of(ids)
            at_once.append(time.perf_counter() - began)
            began = time.perf_counter()
            await asyncio.gather(*(of(ids[start : start + _PART]) for start in range(0, len(ids), _PART)))
            in_parts.append(time.perf_counter() - began)
        alone = []
        for one in ids[:100]:
            began = time.perf_counter()
            await of([one])
            alone.append(time.perf_counter() - began)
        began, same = time.perf_counter(), True
        by_hand = ids[::_ORM_EVERY]
        for one in by_hand:
            same &= await db.read(by_orm.of_company, one, months_back=_MONTHS, today=_TODAY) == found[one]
        by_orm_s = (time.perf_counter() - began) * len(ids) / len(by_hand)
    return {
        "companies": len(ids),
        "lines": lines,
        "all_s": round(statistics.median(at_once), 2),
        "parts_s": round(statistics.median(in_parts), 2),
        "orm_s": round(by_orm_s, 1),
        "orm_companies": len(by_hand),
        "one_ms": round(statistics.median(alone) * 1000, 1),
        "same": same,
    }


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Database]:
    db = Database(url)
    try:
        yield db
    finally:
        await db.close()


def _tables(companies: int) -> Tables:
    """A thousand lines a company in two years: three to seven an invoice, some sixty products of twelve categories
    each buys again and again, one invoice of thirty a refund, some companies with two currencies."""
    random, lines_of_all = Random(5), companies * (_LINES // _COMPANIES)  # noqa: S311
    invoices: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    while len(lines) < lines_of_all:
        number = len(invoices) + 1
        company = number % companies + 1
        is_refund = random.random() < 1 / 30
        bought = list(_lines(random, company, number, len(lines), is_refund))
        day = _TODAY - timedelta(days=random.randrange(_DAYS))
        currency = "USD" if company % 10 == 0 and random.random() < 1 / 3 else "KZT"
        total = sum(line[-1] for line in bought)
        invoices.append((number, company, f"N-{number}", is_refund, day.isoformat(), currency, total, _STAMP, _STAMP))
        lines += bought
    firms = [(number, f"own:{number}", f"ТОО {number}", False, _STAMP, _STAMP) for number in range(1, companies + 1)]
    return {"companies": firms, "invoices": invoices, "invoice_lines": lines}


def _lines(random: Random, company: int, invoice: int, before: int, is_refund: bool) -> Iterator[tuple[Any, ...]]:
    for place in range(1, random.randint(3, 7) + 1):
        good = (company * 37 + int(random.random() ** 2 * 60)) % 2000
        price, pieces = 50_000 + good * 700, random.randint(1, 10) * (-1 if is_refund else 1)
        named = (f"sku-{good:05}", f"SKU-{good:05}", f"Товар номер {good}", f"Раздел {good % 12}")
        yield before + place, invoice, place, *named, pieces * 1000, price, price * pieces
