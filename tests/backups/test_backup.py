"""``saudager backup`` and ``saudager restore``: everything comes back, on both kinds of database and across them."""

import json
import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saudager.backups import rows
from saudager.cli import main
from saudager.db.threads import connect
from saudager.demo.shop import SAMPLE_SHOP
from saudager.rehearsal import rehearse
from saudager.settings import Settings
from tests import databases

Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, storage: str | None, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.chdir(tmp_path)

    def run(*words: str, folder: Path = tmp_path, url: str | None = storage) -> Result:
        environment = {"DATA_DIR": str(folder), "DATABASE_URL": url}
        return CliRunner().invoke(main, list(map(str, words)), env=environment)

    return run


async def a_day_of(settings: Settings) -> None:
    """A customer asks and is answered; there is a document, a photo, an edited prompt, a key and a file of settings."""
    settings.knowledge_folder.mkdir(exist_ok=True)
    shutil.copy(SAMPLE_SHOP / "faq.pdf", settings.knowledge_folder)
    (settings.media_folder / "2026").mkdir(parents=True)
    (settings.media_folder / "2026" / "фото.jpg").write_bytes(os.urandom(3000))
    (settings.data_dir / ".env").write_text("SHOP_NAME=Тёплый Дом\n", encoding="utf-8")
    async with rehearse(settings) as shop:
        await shop.ask_as_customer("Сколько стоит доставка?")
        await shop.customer_says("Спасибо\n\\N \t 'кавычки' 😀")
        await shop.time_passes(hours=1)


def everything(folder: Path, url: str | None) -> dict[str, Any]:
    """Every row of every table, and every file."""
    engine = connect(url or f"sqlite:///{folder / 'saudager.db'}")
    with engine.connect() as connection:
        tables = rows.kind_of(connection).tables(connection)
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
async def test_what_was_kept_comes_back_on_another_machine(
    settings: Callable[..., Settings], command: Command, tmp_path: Path, storage: str | None
):
    await a_day_of(settings())
    before = everything(tmp_path, storage)
    assert len(before["rows"]["messages"]) == 4
    assert "media/2026/фото.jpg" in before["files"]
    taken = json.loads(command("backup", "copy.zip", "--json").output)
    assert taken["rows"] == sum(map(len, before["rows"].values()))
    with databases.fresh() if storage else nullcontext() as new:
        restored = command("restore", "copy.zip", folder=tmp_path / "new", url=new)
        assert restored.exit_code == 0, restored.output
        after = everything(tmp_path / "new", new)
    assert after["files"] == before["files"]
    assert (tmp_path / "new" / "vault.key").stat().st_mode & 0o777 == 0o600
    assert after["rows"] == before["rows"]
