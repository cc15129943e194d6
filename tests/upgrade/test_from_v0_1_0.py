"""A shop of the first version is upgraded with all it has, goes back by the backup made before, and works on.

| data | what it is |
|---|---|
| ``v0.1.0.zip`` | queues 0002, gateway 0005, agent 0016: a row at least in each of 93 tables (``make.py``) |
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from saudager.backups import archive, loading, rows
from saudager.clock import MovableClock
from saudager.console import menu
from saudager.db import migrate
from saudager.vault import Vault
from tests.backups.conftest import (
    Command,
    command,  # noqa: F401 - a fixture
)
from tests.console.conftest import (  # noqa: F401 - fixtures
    OpenConsole,
    open_console,
    quick_passwords,
)

pytestmark = pytest.mark.slow

FIRST = Path(__file__).parent / "v0.1.0.zip"


def _empty(tmp_path: Path, storage: str | None) -> str:
    """The address of the test's database, with nothing in it."""
    url = storage or f"sqlite:///{tmp_path / 'saudager.db'}"
    if storage is None:
        (tmp_path / "saudager.db").unlink()
    else:
        with migrate.opened(url) as connection:
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
    return url


def _load_first(url: str) -> dict[str, int]:
    """Put the shop of the first version there, as that version left it; how many rows each table has."""
    with archive.reading(FIRST) as backup, migrate.opened(url) as connection:
        rows.kind_of(connection).begin_to_store(connection)
        loading.load(connection, backup, "shop")
        connection.exec_driver_sql("commit")
        return backup.manifest.databases["shop"].rows


def _counted(url: str) -> dict[str, int]:
    with migrate.opened(url) as connection:
        return {table: rows.count(connection, table) for table in rows.kind_of(connection).tables(connection)}


@pytest.mark.both_kinds
async def test_a_shop_of_the_first_version_is_upgraded_goes_back_and_works_on(
    command: Command,  # noqa: F811
    open_console: OpenConsole,  # noqa: F811
    tmp_path: Path,
    storage: str | None,
):
    url = _empty(tmp_path, storage)
    first = _load_first(url)
    assert min(first.values()) > 0
    upgraded = command("upgrade")
    assert upgraded.exit_code == 0, upgraded.output
    assert "shop: agent 0016 → " in upgraded.output
    after = _counted(url)
    assert {table: after[table] for table in first} == first
    (before,) = (tmp_path / "backups").glob("before-upgrade-*.zip")
    restored = command("restore", before, "--replace")
    assert restored.exit_code == 0, restored.output
    back = _counted(url)
    assert all(back[table] >= count for table, count in first.items())
    with migrate.opened(url) as connection:
        _enter_credentials_again(connection, tmp_path)
    console = await open_console(clock=MovableClock(datetime.now(UTC)))
    assert await console.shop.ask_as_customer("Здравствуйте! Сколько стоит доставка?", chat="77019998877@c.us") != []
    for entry in menu.ENTRIES:
        await console.sees(entry.path)
    assert "Премиум 76" in await console.sees("/console/inbox/1")


def _enter_credentials_again(connection: Connection, folder: Path) -> None:
    """The made-up shop's key is not kept."""
    sealed = Vault(folder / "vault.key").seal(json.dumps({}))
    connection.exec_driver_sql(f"update accounts set config = '{sealed}' where vendor = 'simulator'")
