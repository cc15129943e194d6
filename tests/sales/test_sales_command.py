"""``saudager sales``: a file from the command line, whole or not at all, and a template to fill in."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saudager.cli import main
from saudager.db import migrate
from tests.sales.files import ROWS, csv_of

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    migrate.upgrade(f"sqlite:///{tmp_path / 'data' / 'saudager.db'}", (migrate.GATEWAY, migrate.AGENT))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["sales", *arguments])

    return run


def test_a_file_is_taken_in_once_and_told_in_words_and_as_json(run: Any) -> None:
    Path("sales.csv").write_bytes(csv_of(*ROWS))
    first = run("import", "sales.csv")
    told = "sales.csv: 4 rows, new 3, changed 0, unchanged 0, new companies 2\n"
    assert (first.exit_code, first.output) == (0, told)
    again = json.loads(run("import", "sales.csv", "--json").output)
    assert (again["added"], again["unchanged"], again["faults"]) == (0, 3, [])


def test_bad_rows_and_wrong_columns_are_told_and_nothing_is_taken_in(run: Any) -> None:
    Path("sales.csv").write_bytes(csv_of(*ROWS, "ТОО Икс;;1;вчера;Стол;;;1;1;1"))
    faulty = run("import", "sales.csv")
    assert faulty.exit_code == 1 and "строка 6, «Дата»: «вчера»" in faulty.output
    assert "Nothing of sales.csv was taken in (1 faults)." in faulty.output
    wrong = run("import", "sales.csv", "--column", "number=Нет такой")
    assert wrong.exit_code == 1 and "expected a heading of the file, one of Контрагент" in wrong.output


def test_the_templates_are_printed_as_they_are_taken_in(run: Any) -> None:
    for kind, told in (("invoices", "new 2, changed 0"), ("people", "new 1, changed 1")):
        Path("filled.csv").write_bytes(run("template", "--kind", kind).stdout_bytes)
        assert told in run("import", "filled.csv", "--kind", kind).output


def test_columns_can_be_named(run: Any) -> None:
    Path("sales.csv").write_text("Кто;№ счета;Дата;Что;Итог\nТОО Икс;1;01.02.2026;Стол;100\n", encoding="cp1251")
    named = ("--column", "company=Кто", "--column", "item=Что", "--column", "amount=Итог")
    assert "new 1" in run("import", "sales.csv", *named).output
