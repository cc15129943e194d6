"""``saudager contact``: what is kept of a customer is handed out and erased without the console."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from saudager.agent import moderator
from saudager.cli import main
from saudager.conversations.models import Contact
from saudager.exam import read_cases
from saudager.operators.models import AuditEntry
from saudager.rehearsal import Shop
from tests.conftest import OpenShop

pytestmark = pytest.mark.slow

PHONE = "77010000001"


@pytest.fixture
async def shop(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop: Shop = await open_shop()
    await shop.customer_says("Сколько стоит окно?", name="Мадина")
    await shop.time_passes(minutes=1)
    monkeypatch.setenv("DATA_DIR", str(shop.app.settings.data_dir))
    return shop


async def _run(*arguments: str) -> Result:
    import asyncio

    return await asyncio.to_thread(CliRunner().invoke, main, ["contact", *arguments])


async def test_he_is_found_by_his_number_however_it_is_written_and_handed_a_zip(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "madina.zip"
    handed = await _run("export", "8 701 000 00 01", str(file))
    assert handed.exit_code == 0, handed.output
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("data/messages.json"))[0]["text"] == "Сколько стоит окно?"
    assert file.stat().st_mode & 0o077 == 0
    again = await _run("export", PHONE, str(file))
    assert (again.exit_code, again.output) == (1, f"Error: {file} is there already: name a new file\n")


async def test_he_is_erased_when_the_digits_are_his_and_it_is_written_down(shop: Shop) -> None:
    assert (await _run("erase", PHONE, "--confirm", "9999")).exit_code == 1
    nobody = await _run("erase", "77019999999", "--confirm", "9999")
    assert "no contact is known by '77019999999'" in nobody.output
    contact: Any = await shop.contact()
    assert (await _run("erase", PHONE, "--confirm", "0001")).exit_code == 0
    await shop.time_passes(minutes=1)
    gone = await shop.app.db.read(lambda session: session.get_one(Contact, contact.id))
    assert (gone.name, gone.phone_number) == (None, None)
    noted = await shop.app.db.read(lambda session: session.execute(select(AuditEntry.who, AuditEntry.action)).all())
    assert noted == [("command line", "contact.erased")]


async def test_where_a_person_set_the_moderator_right_becomes_a_case_of_its_exam(shop: Shop, tmp_path: Path) -> None:
    contact = await shop.contact()
    assert contact.is_client is True
    await shop.app.db.run(moderator.overrule, contact.id, is_client=True, now=shop.clock.now())
    file = tmp_path / "cases.jsonl"
    assert (await _run("corrections", str(file))).output == f"{file}: 0 cases\n"
    await shop.app.db.run(moderator.restore, [contact.id])
    await shop.customer_says("Уже купили, спасибо")
    await shop.time_passes(minutes=1)
    await shop.app.db.run(moderator.overrule, contact.id, is_client=False, now=shop.clock.now())
    assert (await _run("corrections", str(file))).output == f"{file}: 1 cases\n"
    (case,) = read_cases("moderator", file)
    assert (case.contact.name, case.expect) == ("Мадина", False)
    assert [line.text for line in case.messages] == ["Сколько стоит окно?"]
