"""``saudager backup`` and ``saudager restore``: everything comes back, on both kinds of database and across them."""

import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from saudager.backups import rows
from saudager.db.threads import connect
from tests import databases
from tests.backups.conftest import Command

pytestmark = pytest.mark.slow

HELD_BACK = ("restorations", "outreach_accounts", "attention", "follow_ups")
"""Tables in which a restore itself notes something."""


def everything(folder: Path, url: str | None) -> dict[str, Any]:
    """Every row of every table, and every file."""
    engine = connect(url or f"sqlite:///{folder / 'saudager.db'}")
    with engine.connect() as connection:
        tables = {table: dict(columns) for table, columns in rows.kind_of(connection).tables(connection).items()}
        tables["passages_words"].pop("rowid", None)  # SQLite's own
        kept = {
            table: sorted(list(rows.lines(connection, table, dict(sorted(columns.items()))))[1:])
            for table, columns in tables.items()
        }
    engine.dispose()
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for name in ("knowledge_base", "media", "vault.key")
        for path in sorted([folder / name, *(folder / name).rglob("*")])
        if path.is_file()
    }
    return {"rows": kept, "files": files}


@pytest.mark.both_kinds
async def test_what_was_kept_comes_back_on_another_machine_and_on_the_other_kind_of_database(
    a_day: Callable[[], Awaitable[None]], command: Command, tmp_path: Path, storage: str | None
):
    await a_day()
    before = everything(tmp_path, storage)
    assert len(before["rows"]["messages"]) == 4
    assert "media/2026/фото.jpg" in before["files"]
    taken = json.loads(command("backup", "copy.zip", "--json").output)
    assert taken["rows"] == sum(map(len, before["rows"].values()))
    for server in (bool(storage), not storage):
        if server:
            databases.need_postgresql()
        folder = tmp_path / f"new-{server}"
        with databases.fresh() if server else nullcontext() as new:
            restored = command("restore", "copy.zip", folder=folder, url=new)
            assert restored.exit_code == 0, restored.output
            after = everything(folder, new)
        assert after["files"] == before["files"]
        assert (folder / "vault.key").stat().st_mode & 0o777 == 0o600
        assert (folder / "restored.env").read_text(encoding="utf-8") == "SHOP_NAME=Тёплый Дом\n"
        for table in before["rows"].keys() - HELD_BACK:
            assert after["rows"][table] == before["rows"][table], table
