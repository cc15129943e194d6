"""What a restore refuses, in a sentence, leaving everything as it was; and what a backup leaves out or deletes."""

import errno
import json
import os
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from saudager.db import migrate
from saudager.rehearsal import rehearse
from saudager.settings import Settings
from tests.backups.conftest import Command
from tests.backups.test_backup import everything

pytestmark = pytest.mark.slow

ADay = Callable[[], Awaitable[None]]


def _cut_off(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:-2000])


def _rotten(copy: Path) -> None:
    """One byte of a stored picture is another."""
    rotten = bytearray(copy.read_bytes())
    at = rotten.index("фото.jpg".encode()) + 500
    rotten[at] ^= 1
    copy.write_bytes(rotten)


def _rotten_rows(copy: Path) -> None:
    """The same of rows, which are compressed."""
    rotten = bytearray(copy.read_bytes())
    with zipfile.ZipFile(copy) as zipped:
        at = zipped.getinfo("databases/shop/messages.jsonl").header_offset
    rotten[at + 85] ^= 0xFF
    copy.write_bytes(rotten)


def _foreign(copy: Path) -> None:
    with zipfile.ZipFile(copy, "w") as zipped:
        zipped.writestr("holiday.txt", "beach")


def _told_otherwise(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def rewrite(copy: Path) -> None:
        with zipfile.ZipFile(copy) as zipped:
            members = {name: zipped.read(name) for name in zipped.namelist()}
        manifest = json.loads(members["manifest.json"])
        change(manifest)
        with zipfile.ZipFile(copy, "w") as zipped:
            for name, content in (members | {"manifest.json": json.dumps(manifest).encode()}).items():
                zipped.writestr(name, content)

    return rewrite


WRONG = (
    (_cut_off, "only the beginning of one"),
    (_rotten, "is damaged: files/media/2026/фото.jpg"),
    (_rotten_rows, "is damaged: databases/shop/messages.jsonl"),
    (_told_otherwise(lambda told: told.update(more=1)), "manifest.json is not what was written"),
    (_told_otherwise(lambda told: told["members"]["files/vault.key"].clear()), "manifest.json is not what was written"),
    (_told_otherwise(lambda told: told["members"].update({"files/../../x": told["members"]["files/.env"]})), "x is"),
    (
        _told_otherwise(lambda told: told["databases"]["shop"]["revisions"].update({"/tmp": "0001"})),
        "'/tmp' is none of the program's tables",
    ),
    (_foreign, "is no backup of Saudager"),
    (_told_otherwise(lambda told: told.update(format=2, program="9.0")), "made by Saudager 9.0"),
    (
        _told_otherwise(lambda told: told["databases"]["shop"]["revisions"].update(agent="0999")),
        "newer program (agent 0999",
    ),
    (
        _told_otherwise(lambda told: told["databases"]["shop"]["rows"].update(messages=40)),
        "of messages 40 rows were written and 4 came back",
    ),
    (
        _told_otherwise(lambda told: told["databases"].update(agent=told["databases"].pop("shop"))),
        "a database for each service",
    ),
)


async def test_a_wrong_file_is_refused_and_nothing_is_touched(a_day: ADay, command: Command, tmp_path: Path):
    await a_day()
    assert command("backup", "good.zip").exit_code == 0
    before = everything(tmp_path, None)
    for spoil, says in WRONG:
        copy = tmp_path / "wrong.zip"
        copy.write_bytes((tmp_path / "good.zip").read_bytes())
        spoil(copy)
        refused = command("restore", copy, "--replace")
        assert (refused.exit_code, says in refused.output) == (1, True), (says, refused.output)
        assert everything(tmp_path, None) == before
    assert not [path.name for path in tmp_path.iterdir() if "before-restore" in path.name]


async def test_nothing_is_restored_over_a_running_program_nor_unasked_over_what_is_there(
    settings: Callable[..., Settings], command: Command
):
    async with rehearse(settings()):
        assert command("backup", "copy.zip").exit_code == 0
        for words in (("restore", "copy.zip", "--replace"), ("upgrade",)):
            refused = command(*words)
            assert (refused.exit_code, "stop it first" in refused.output) == (1, True), refused.output
    refused = command("restore", "copy.zip")
    assert (refused.exit_code, "With --replace it is put aside" in refused.output) == (1, True), refused.output


async def test_a_backup_says_what_is_not_in_it_and_only_so_many_are_kept(
    a_day: ADay, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await a_day()
    for name, value in {"S3_BUCKET": "shop", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}.items():
        monkeypatch.setenv(name, value)
    told = command("backup", "copy.zip", "--without-key").output
    assert "Not in it: the files in the bucket shop" in told
    assert "Not in it: vault.key" in told
    with zipfile.ZipFile(tmp_path / "copy.zip") as zipped:
        assert not [name for name in zipped.namelist() if "vault" in name or "media" in name]
    monkeypatch.setenv("BACKUPS_KEPT", "2")
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in (1, 2, 3):
        (backups / f"saudager-2026-01-0{day}-030000.zip").touch()
    (backups / "mine.zip").touch()
    (killed := backups / ".saudager-2026-01-03-030000.zip.part").touch()
    os.utime(killed, (0, 0))
    assert "saudager-2026-01-02" in command("backup").output
    kept = sorted(path.name for path in backups.iterdir())
    assert kept[:2] == ["mine.zip", "saudager-2026-01-03-030000.zip"]
    assert len(kept) == 3
    assert (backups / kept[2]).stat().st_mode & 0o777 == 0o600
    for year in ("2098", "2099"):
        (backups / f"saudager-{year}-01-01-030000.zip").touch()
    assert "Deleted: " in (told := command("backup").output)
    assert Path(told.partition(":")[0]).exists(), "a clock set back"


async def test_a_backup_overwrites_a_backup_only_and_holds_what_is_linked_but_not_itself(
    a_day: ADay, command: Command, tmp_path: Path
):
    await a_day()
    before = everything(tmp_path, None)
    refused = command("backup", "saudager.db")
    assert (refused.exit_code, "saudager.db is there already and is no backup" in refused.output) == (1, True)
    assert everything(tmp_path, None) == before
    (tmp_path / "other disk").mkdir()
    (tmp_path / "other disk" / "старое.jpg").touch()
    (tmp_path / "media" / "2025").symlink_to(tmp_path / "other disk")
    (tmp_path / "media" / "round").symlink_to(tmp_path)
    assert command("backup", "media/copy.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "media" / "copy.zip") as zipped:
        assert {name for name in zipped.namelist() if "media" in name} == {
            "files/media/2025/старое.jpg",
            "files/media/2026/фото.jpg",
        }
    good = (tmp_path / "media" / "copy.zip").read_bytes()
    os.close(os.open(os.fsencode(tmp_path / "knowledge_base") + "/цены.md".encode("cp1251"), os.O_CREAT))
    refused = command("backup", "media/copy.zip")
    assert (refused.exit_code, "its name is not in UTF-8: rename it" in refused.output) == (1, True), refused.output
    assert (tmp_path / "media" / "copy.zip").read_bytes() == good


async def test_a_disk_that_is_full_or_a_folder_that_is_none_is_said_in_a_sentence(
    a_day: ADay, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    await a_day()
    assert command("backup", "copy.zip").exit_code == 0
    refused = command("restore", "copy.zip", folder=tmp_path / "copy.zip")
    assert (refused.exit_code, "DATA_DIR holds" in refused.output) == (1, True), refused.output
    before = everything(tmp_path, None)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.utime", full)
    refused = command("restore", "copy.zip", "--replace")
    assert (refused.exit_code, "No space left on device" in refused.output) == (1, True), refused.output
    assert everything(tmp_path, None) == before
    assert not (tmp_path / ".restoring").exists()


def test_a_database_of_a_newer_program_is_named_with_its_setting(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    url = f"sqlite:///{tmp_path / 'gateway.db'}"
    migrate.upgrade(url, (migrate.GATEWAY,))
    with migrate.opened(url) as connection:
        connection.exec_driver_sql("update gateway_version set version_num = '0999'")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9")
    monkeypatch.setenv("GATEWAY_DATABASE_URL", url)
    refused = command("migrate")
    assert refused.exit_code == 1
    assert f"GATEWAY_DATABASE_URL holds '{url}'" in refused.output
    assert "newer program (gateway 0999" in refused.output
    assert "saudager restore" in refused.output


def test_an_address_as_render_and_heroku_write_it_is_taken(settings: Callable[..., Settings]):
    given = settings(database_url="postgres://user:secret@db.example.org/shop")
    assert given.agent_database == "postgresql://user:secret@db.example.org/shop"
