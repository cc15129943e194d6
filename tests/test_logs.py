"""What a log line does and does not tell, and how the files of the days are kept."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from saudager import logs
from saudager.cli import main
from saudager.logs import mask

YESTERDAY = datetime.fromisoformat("2026-03-10T23:59").astimezone()
TODAY = datetime.fromisoformat("2026-03-11T00:01").astimezone()


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    """Leaves the log as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers, root.level = handlers, level


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("550 <marat.k+1@mail.firm.example> no such user", "550 <m…@mail.firm.example> no such user"),
        ("mail:shop@firm.example: read", "mail:s…@firm.example: read"),
        ("почта иван@фирма.қаз", "почта и…@фирма.қаз"),
        ("+77012345678 wrote", "+770…78 wrote"),
        ("api_key=re_12345678", "api_key=…"),
        ("access_token=EAAB1234&x=1", "access_token=…&x=1"),
        ("{'Authorization': 'Bearer abcd.efgh'}", "{'Authorization': 'Bearer …'}"),
        ("SMTP_PASS=hunter22", "SMTP_PASS=…"),
        ("postgresql://shop:s3cret@db.example/shop is away", "postgresql://shop:…@db.example/shop is away"),
        ("tokens: 1234 in", "tokens: 1234 in"),
        ("@router.get at 12:30, 5@night", "@router.get at 12:30, 5@night"),
    ],
)
def test_nobodys_number_address_or_secret_stands_in_a_log_line(said: str, written: str):
    assert mask(said) == written


def test_a_collector_reads_each_line_as_one_json_object_on_the_stream_and_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    logs.setup("INFO", tmp_path / "agent.log", as_json=True)
    log = logging.getLogger("saudager.gateway.polling")
    log.warning("polling %s failed for +77012345678\nagain", "waha:default")
    try:
        raise RuntimeError("token=abcdefgh")
    except RuntimeError:
        log.exception("it broke")
    with logs.with_traces(lambda: "0af7651916cd43dd8448eb211c80319c"):
        log.error("inside a span")
    streamed = capsys.readouterr().err
    first, second, third = [json.loads(line) for line in streamed.splitlines()]
    assert (tmp_path / "agent.log").read_text(encoding="utf-8") == streamed
    assert datetime.fromisoformat(first.pop("time")).utcoffset() == timedelta(0)
    assert first == {
        "level": "WARNING",
        "logger": "saudager.gateway.polling",
        "message": "polling waha:default failed for +770…78\nagain",
    }
    assert second["exception"].startswith("Traceback")
    assert "token=…" in second["exception"]
    assert "abcdefgh" not in streamed
    assert third["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


def test_of_two_processes_that_share_a_file_the_second_past_midnight_loses_no_line(tmp_path: Path):
    first, second = (logs.DailyFile(tmp_path / "agent.log", days_kept=30) for _ in range(2))
    for at, handler, says in (
        (YESTERDAY, first, "a"),
        (YESTERDAY, second, "b"),
        (TODAY, first, "c"),
        (TODAY, second, "d"),
        (TODAY, first, "e"),
    ):
        handler.handle(_line(says, at))
    first.close(), second.close()
    assert _lines(tmp_path / "agent.log.2026-03-10") == ["a", "b"]
    assert _lines(tmp_path / "agent.log") == ["c", "d", "e"]


def test_a_service_that_did_not_run_at_midnight_puts_the_old_day_away_and_forgets_what_is_too_old(tmp_path: Path):
    file = tmp_path / "gateway.log"
    file.write_text("before\n")
    os.utime(file, (YESTERDAY.timestamp(),) * 2)
    for days in (29, 31):
        (tmp_path / f"gateway.log.{TODAY.date() - timedelta(days=days)}").touch()
    handler = logs.DailyFile(file, days_kept=30)
    handler.handle(_line("after", TODAY))
    handler.close()
    assert sorted(path.name for path in tmp_path.glob("*.log*")) == [
        "gateway.log",
        "gateway.log.2026-02-10",
        "gateway.log.2026-03-10",
    ]
    assert (_lines(file), _lines(tmp_path / "gateway.log.2026-03-10")) == (["after"], ["before"])


def test_a_command_leaves_the_files_of_the_services_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "data" / "logs" / "saudager.log"
    file.parent.mkdir(parents=True)
    file.write_text("running since yesterday\n")
    os.utime(file, (YESTERDAY.timestamp(),) * 2)
    assert CliRunner().invoke(main, ["queues", "list"]).exit_code == 0
    logging.getLogger("saudager").warning("said by the command")
    assert [path.name for path in file.parent.iterdir()] == ["saudager.log"]
    assert _lines(file) == ["running since yesterday"]


def _line(says: str, at: datetime) -> logging.LogRecord:
    record: dict[str, Any] = {"msg": says, "created": at.timestamp(), "levelname": "INFO", "levelno": logging.INFO}
    return logging.makeLogRecord(record)


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
