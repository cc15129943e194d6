"""``saudager mail``: the mailboxes, and a trial letter, for whoever has the machine itself."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saudager.cli import main
from tests.fakes.mail_server import MailServer


async def mail(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, ["mail", *arguments])


async def test_the_mailbox_of_the_environment_is_listed_and_sends_a_trial_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with MailServer() as server:
        environment = {
            "DATA_DIR": str(tmp_path / "data"),
            "FROM_EMAIL": "sales@shop.kz",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(server.port),
            "SMTP_SECURITY": "none",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

        listed = await mail("list", "--json")
        assert (json.loads(listed.output)["name"], listed.exit_code) == ("mail:sales@shop.kz", 0)
        assert (await mail("list")).output == "mail:sales@shop.kz (default) by smtp\n"
        sent = await mail("try", "marat@example.kz")

        assert "отправлено через" in sent.output
        assert [letter.recipients for letter in server.letters] == [["marat@example.kz"]]
        wrong = await mail("try", "marat")
        assert wrong.exit_code == 1 and "Нужен адрес почты" in wrong.output
