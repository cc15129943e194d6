"""``saudager upgrade``: a backup first, then the newest schema or everything as it was, and a way back."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from saudager.db import migrate
from tests.backups.conftest import Command
from tests.backups.test_backup import HELD_BACK, everything

pytestmark = pytest.mark.slow

LATER = """
from alembic import op

revision = "0099"
down_revision = "{down}"


def upgrade() -> None:
    op.execute("alter table contacts add column shoe_size integer")
    op.execute("update contacts set shoe_size = 42")
{more}
"""
FAILS = '    op.execute("alter table no_such_table add column colour text")\n'
FAILS_AND_KEEPS = '    op.execute("commit")\n' + FAILS
LOSES = '    op.execute("delete from queue_messages")\n'

Program = Callable[..., None]


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Another version of the program: with one migration more, or again without it."""
    ours = migrate._TREES
    newest = migrate.newest(migrate.AGENT)

    def becomes(*, more: str | None = None) -> None:
        if more is None:
            monkeypatch.setattr(migrate, "_TREES", ours)
            return
        trees = tmp_path_factory.mktemp("later") / "migrations"
        shutil.copytree(ours, trees, ignore=shutil.ignore_patterns("__pycache__"))
        later = LATER.format(down=newest, more=more)
        (trees / "agent" / "versions" / "0099_later.py").write_text(later, encoding="utf-8")
        monkeypatch.setattr(migrate, "_TREES", trees)

    return becomes


@pytest.mark.both_kinds
async def test_an_upgrade_keeps_every_row_and_the_backup_leads_back_to_the_older_program(
    a_day: Callable[[], Awaitable[None]], command: Command, program: Program, tmp_path: Path, storage: str | None
):
    await a_day()
    before = everything(tmp_path, storage)
    program(more="")
    upgraded = command("upgrade")
    assert upgraded.exit_code == 0, upgraded.output
    assert "→ 0099" in upgraded.output
    after = everything(tmp_path, storage)
    assert {table: len(rows) for table, rows in after["rows"].items()} == {
        table: len(rows) for table, rows in before["rows"].items()
    }
    assert "already" in command("upgrade").output
    program()  # the older one, which cannot work on it
    refused = command("migrate")
    assert refused.exit_code == 1
    assert "newer program (agent 0099" in refused.output
    (backup,) = (tmp_path / "backups").glob("before-upgrade-*.zip")
    restored = command("restore", backup, "--replace")
    assert restored.exit_code == 0, restored.output
    back = everything(tmp_path, storage)
    for table in before["rows"].keys() - HELD_BACK:
        assert back["rows"][table] == before["rows"][table], table
    assert back["files"] == before["files"]


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param(FAILS, "nothing was changed", id="it fails"),
        pytest.param(FAILS_AND_KEEPS, "the backup made before was put back", id="it fails when some of it is kept"),
        pytest.param(LOSES, "rows of queue_messages 0 are left", id="it loses rows"),
    ],
)
async def test_after_an_upgrade_that_failed_everything_is_as_it_was(
    a_day: Callable[[], Awaitable[None]],
    command: Command,
    program: Program,
    tmp_path: Path,
    storage: str | None,
    more: str,
    says: str,
):
    await a_day()
    before = everything(tmp_path, storage)
    program(more=more)
    failed = command("upgrade")
    assert failed.exit_code == 1
    assert says in failed.output
    assert everything(tmp_path, storage) == before
    program()
    assert "already" in command("upgrade").output
