"""``saudager restore`` killed at any of its steps: the old is there, or the new, or it is said what to do."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.backups.conftest import Command
from tests.backups.test_backup import HELD_BACK, everything

DIES = """
import os
from saudager.backups import restoring, unfinished

def die(*_, **__):
    os._exit(9)

{at}
from saudager.cli import main
main(["restore", "copy.zip", "--replace"])
"""
AFTER_SO_MANY_MOVES = """
moves = []
move = restoring._move
def count(path, to):
    if len(moves) == {moves}:
        die()
    moves.append(to)
    move(path, to)
restoring._move = count
"""
PLACES = {
    "before anything is changed": "restoring._Ready.unpack = die",
    "before a file is moved": "restoring._Ready.change_places = die",
    "when some of the old is put aside": AFTER_SO_MANY_MOVES.format(moves=1),
    "when some of the new is in its place": AFTER_SO_MANY_MOVES.format(moves=4),
    "when only the note is left": "unfinished.forget = die",
}


@pytest.mark.both_kinds
@pytest.mark.slow
async def test_a_restore_that_was_killed_left_the_old_or_says_what_to_do(
    a_day: Callable[[], Awaitable[None]], command: Command, tmp_path: Path, storage: str | None
):
    await a_day()
    copied = everything(tmp_path, storage)
    assert command("backup", "copy.zip").exit_code == 0
    (tmp_path / "media" / "since.jpg").write_bytes(b"written since the backup")
    (tmp_path / "vault.key").write_bytes(b"another key")
    now = everything(tmp_path, storage)
    for place, at in PLACES.items():
        environment = os.environ | {"DATA_DIR": str(tmp_path)} | ({"DATABASE_URL": storage} if storage else {})
        dies = [sys.executable, "-c", DIES.format(at=at)]
        killed = await asyncio.to_thread(subprocess.run, dies, cwd=tmp_path, env=environment, check=False)
        assert killed.returncode == 9, place
        told = command("migrate")
        if told.exit_code == 0:
            assert everything(tmp_path, storage) == now, place
            continue
        assert "run `saudager restore FILE --replace` once more" in told.output, place
        again = command("restore", "copy.zip", "--replace")
        assert again.exit_code == 0, (place, again.output)
        (aside,) = tmp_path.glob("before-restore-*")
        found = everything(tmp_path, storage)
        assert found["files"] == copied["files"], place
        for table in copied["rows"].keys() - HELD_BACK:
            assert found["rows"][table] == copied["rows"][table], (place, table)
        assert (aside / "media" / "since.jpg").read_bytes() == b"written since the backup", place
        assert (aside / "vault.key").read_bytes() == b"another key", place
        (tmp_path / "media" / "since.jpg").write_bytes(b"written since the backup")
        (tmp_path / "vault.key").write_bytes(b"another key")
        now = everything(tmp_path, storage)
        aside.rename(tmp_path / f"seen-{place}")
