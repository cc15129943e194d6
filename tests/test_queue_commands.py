"""``saudager queues``: what waits, what could not be handled, put it back, hand a message in."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from saudager.cli import main
from saudager.contracts import CONTRACT
from saudager.db.threads import connect

pytestmark = pytest.mark.slow

GREETING = {"phone_number": "77010000001", "message_text": "Добрый день!"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command on a shop of its own, which has one account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("WAPPI_TOKEN", "token")
    monkeypatch.setenv("WAPPI_PROFILE_ID", "profile")

    def queues(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["queues", *arguments])

    return queues


def test_a_message_put_in_by_hand_waits_completed_and_is_counted(run: Any):
    put = run("put", "outgoing_messages", json.dumps(GREETING))
    assert (put.exit_code, put.output.endswith("waits in outgoing_messages\n")) == (0, True)
    listed = json.loads(run("list", "--json").output)
    assert listed == {"outgoing_messages": {"waiting": 1, "done": 0, "dead": 0}}


def test_the_same_message_put_in_twice_waits_once(run: Any):
    for _ in range(2):
        assert run("put", "outgoing_messages", json.dumps(GREETING | {"id": "hello"})).exit_code == 0
    assert json.loads(run("list", "--json").output)["outgoing_messages"]["waiting"] == 1


def test_a_letter_can_be_asked_for_by_hand(run: Any):
    task = {"id": "mine", "task": "generate_personalized_letter", "arguments": {"recipient_id": 1}}
    assert run("put", "email_tasks", json.dumps(task)).output == "mine waits in email_tasks\n"
    assert json.loads(run("list", "--json").output)["email_tasks"]["waiting"] == 1


@pytest.mark.parametrize(
    ("queue", "message", "expected"),
    [
        ("email_tasks", json.dumps({"arguments": {}}), "task: Field required"),
        ("outgoing_messages", "hello", "is not one of outgoing_messages"),
        ("outgoing_messages", json.dumps({"message_text": "Кому?"}), "phone_number or chat is required"),
        ("turns", "{}", "nothing may be put into 'turns'"),
    ],
)
def test_what_cannot_be_put_in_is_told_and_nothing_waits(run: Any, queue: str, message: str, expected: str):
    put = run("put", queue, message)
    assert put.exit_code == 1
    assert expected in put.output
    assert json.loads(run("list", "--json").output) == {}


def test_a_dead_letter_is_shown_with_its_reason_and_can_be_put_back(run: Any, tmp_path: Path):
    run("put", "outgoing_messages", json.dumps(GREETING | {"id": "hello"}))
    engine = connect(f"sqlite:///{tmp_path / 'data' / 'saudager.db'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("update queue_messages set state = 2, error = 'no connection', done_at = 1")
    engine.dispose()
    (letter,) = [json.loads(line) for line in run("dead", "--json").output.splitlines()]
    assert (letter["queue"], letter["id"], letter["reason"]) == ("outgoing_messages", "hello", "no connection")
    assert run("replay", "outgoing_messages", "--row", str(letter["row"])).output.startswith("1 put back")
    assert json.loads(run("list", "--json").output)["outgoing_messages"]["waiting"] == 1
    assert run("dead").output == ""


def test_a_dead_letter_can_be_let_go_of_for_good_and_the_log_says_so(run: Any, tmp_path: Path):
    run("put", "outgoing_messages", json.dumps(GREETING | {"id": "hello"}))
    engine = connect(f"sqlite:///{tmp_path / 'data' / 'saudager.db'}")
    assert run("dismiss", "outgoing_messages", "1").exit_code == 1  # it waits, and is no dead letter
    with engine.connect() as connection:
        connection.exec_driver_sql("update queue_messages set state = 2, error = 'no connection', done_at = 1")
    assert run("dismiss", "outgoing_mail", "1").exit_code == 1
    assert run("dismiss", "outgoing_messages", "1").output == "outgoing_messages 1 is let go of\n"
    with engine.connect() as connection:
        noted = connection.exec_driver_sql("select who, action, about from audit").fetchall()
    engine.dispose()
    assert [tuple(one) for one in noted] == [("command line", "queue.dismissed", "queue:outgoing_messages")]
    assert json.loads(run("list", "--json").output) == {}


def test_every_queue_that_crosses_the_wire_has_one_sender(run: Any):
    crossing = [name for name, queue in CONTRACT.items() if queue.sender != queue.receiver]
    for name in crossing:
        assert [service for service in ("gateway", "agent") if CONTRACT[name].is_sent_by(service)] == [
            CONTRACT[name].sender
        ]
