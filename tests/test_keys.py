"""``saudager key``: made once, shown once, kept as a hash, revoked for good."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saudager.cli import main
from saudager.db.threads import connect
from saudager.keys import Scope

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def key(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["key", *arguments])

    return key


def _stored(folder: Path) -> str:
    with connect(f"sqlite:///{folder / 'data' / 'saudager.db'}").connect() as connection:
        return str(connection.exec_driver_sql("select * from api_keys").fetchall())


def test_a_key_is_shown_once_and_only_its_hash_is_kept(run: Any, tmp_path: Path):
    made = json.loads(run("create", "board", "--scope", "watch", "--json").output)
    assert made["key"].startswith("sk_")
    assert made["key"] not in _stored(tmp_path)
    listed = run("list").output
    assert "board: watch" in listed
    assert made["key"] not in listed


def test_two_keys_cannot_have_one_name_even_when_the_first_is_revoked(run: Any):
    assert run("create", "board", "--scope", "watch").exit_code == 0
    assert run("revoke", "board").exit_code == 0
    again = run("create", "board", "--scope", "watch")
    assert (again.exit_code, "choose another name" in again.output) == (1, True)
    assert "revoked" in run("list").output


def test_a_key_for_anything_there_is_can_be_made(run: Any):
    scopes = [part for scope in Scope for part in ("--scope", scope.value)]
    assert run("create", "board", *scopes).exit_code == 0
    assert "board: all desk letters orders pictures watch" in " ".join(run("list").output.replace(",", "").split())


def test_a_key_without_a_scope_or_with_an_unknown_one_is_not_made(run: Any):
    assert run("create", "board").exit_code == 2
    assert run("create", "board", "--scope", "everything").exit_code == 2
    assert run("list").output == ""


def test_revoking_what_is_not_there_says_so(run: Any):
    gone = run("revoke", "board")
    assert (gone.exit_code, "no key named 'board'" in gone.output) == (1, True)
