"""Make a shop as the tables are at this version of the program, once at each tag:

    python -m tests.upgrade.make FOLDER
    DATA_DIR=FOLDER saudager backup tests/upgrade/VERSION.zip --without-key

What was written then stays as it is, so that later versions are tried on what an earlier one wrote. The shop is made
up: what the console's tests fill theirs with, without its files, and a made-up row in each table that has none then.
"""

import asyncio
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from saudager.clock import MovableClock
from saudager.rehearsal import rehearse
from tests.conftest import Given
from tests.console import filled

MADE_UP: dict[str, Any] = {
    "BOOLEAN": 0,
    "DATETIME": "2026-03-11 07:00:00.000000",
    "DATE": "2026-03-11",
    "JSON": "{}",
    "BLOB": b"\x00made up",
    "TEXT": "made up",
}
SAYS: dict[str, Any] = {
    "api_keys.scopes": "watch",
    "automation_versions.definition": '{"title": "x"}',
    "queue_lanes.queue": "no_such_queue",
    "queue_lanes.lease_until": 0.0,
    "suppressed_addresses.reason": "bounced",
    "suppressions.reason": "bounced",
    "whitelist.phone_number": "+77019999999",
    "operators.role": "viewer",
    "operators.language": "ru",
    "scheduled_calls.status": "done",
    "exam_runs.kind": "answers",
    "holdout.is_held_out": 0,
    "follow_ups.touch_number": 1,
    "do_not_contact.salt": "00" * 16,
    "do_not_contact.digest": "00" * 32,
}
"""What a column may not hold just anything of."""


async def _fill(folder: Path) -> None:
    settings = Given(data_dir=folder, shop_name="Тёплый Дом", sends_per_minute=0, mail_per_minute=0)
    async with rehearse(settings, clock=MovableClock(filled.OPENED)) as shop:
        await filled.fill(shop)


def _fill_up(database: sqlite3.Connection) -> None:
    tables = dict(database.execute("select name, sql from sqlite_master where type = 'table' order by name").fetchall())
    of_words = [name for name, sql in tables.items() if (sql or "").lower().startswith("create virtual")]
    for table in tables:
        if table.startswith(("sqlite_", *of_words)) or table.endswith("_version"):
            continue
        if database.execute(f'select count(*) from "{table}"').fetchone()[0] == 0:
            _make_up(database, table)


def _make_up(database: sqlite3.Connection, table: str) -> None:
    refers = {row[3]: (row[2], row[4]) for row in database.execute(f'pragma foreign_key_list("{table}")')}
    row: dict[str, Any] = {}
    for _, name, kind, is_needed, default, is_key in database.execute(f'pragma table_info("{table}")').fetchall():
        if f"{table}.{name}" in SAYS:
            row[name] = SAYS[f"{table}.{name}"]
        elif name in refers:
            other, column = refers[name]
            found = database.execute(f'select "{column or "id"}" from "{other}" limit 1').fetchone()
            if found is None:
                _make_up(database, other)
                found = database.execute(f'select "{column or "id"}" from "{other}" limit 1').fetchone()
            row[name] = found[0]
        elif (is_needed and default is None) or is_key:
            row[name] = MADE_UP.get(kind.upper(), 1)
    columns = ", ".join(f'"{name}"' for name in row)
    database.execute(
        f'insert into "{table}" ({columns}) values ({", ".join("?" * len(row))})',
        list(row.values()),
    )


if __name__ == "__main__":
    made = Path(sys.argv[1])
    made.mkdir(parents=True)
    asyncio.run(_fill(made))
    with sqlite3.connect(made / "saudager.db") as opened:
        _fill_up(opened)
        opened.execute("update shelf set folder = 'data/knowledge_base'")
    for folder in ("knowledge_base", "media"):
        shutil.rmtree(made / folder)
