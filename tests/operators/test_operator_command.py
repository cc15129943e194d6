"""``saudager operator``: who may enter the console, for whoever has the machine itself."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saudager.cli import main
from saudager.db.threads import connect

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PUBLIC_URL", "https://shop.example.org")

    def operator(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["operator", *arguments])

    return operator


def _rows(folder: Path, query: str) -> list[Any]:
    with connect(f"sqlite:///{folder / 'data' / 'saudager.db'}").connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query).fetchall()]


def test_an_invitation_prints_a_link_that_is_kept_as_a_hash_only(run: Any, tmp_path: Path) -> None:
    link = run("invite", "Aigul", "--role", "manager", "--name", "Айгуль").output.strip()
    assert re.fullmatch(r"https://shop\.example\.org/console/welcome/[\w-]{43}", link)
    assert link.rsplit("/", 1)[1] not in str(_rows(tmp_path, "select * from operator_links"))
    listed = json.loads(run("list", "--json").output)
    assert listed == {
        "login": "aigul",
        "name": "Айгуль",
        "role": "manager",
        "state": "invited",
        "second_factor": False,
        "seen_at": None,
    }
    assert _rows(tmp_path, "select who, action from audit") == [("command line", "operator.invited")]


def test_a_reset_replaces_the_link_before_and_may_drop_the_second_factor(run: Any, tmp_path: Path) -> None:
    run("invite", "aigul", "--role", "viewer")
    with connect(f"sqlite:///{tmp_path / 'data' / 'saudager.db'}").connect() as connection:
        connection.exec_driver_sql("update operators set second_factor = 'sealed'")
    assert run("reset", "aigul").output.startswith("https://shop.example.org/console/welcome/")
    assert _rows(tmp_path, "select second_factor from operators") == [("sealed",)]
    assert run("reset", "aigul", "--drop-second-factor").exit_code == 0
    assert _rows(tmp_path, "select second_factor from operators") == [(None,)]
    assert _rows(tmp_path, "select count(*) from operator_links where used_at is null") == [(1,)]


def test_a_reset_of_nobody_says_so(run: Any) -> None:
    gone = run("reset", "nobody")
    assert (gone.exit_code, "no operator has the login 'nobody'" in gone.output) == (1, True)


def test_a_role_nobody_has_is_not_given(run: Any) -> None:
    assert run("invite", "aigul", "--role", "king").exit_code == 2
    assert run("list").output == ""
