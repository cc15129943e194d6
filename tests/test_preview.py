"""Time travel shows who would be written to and who is held back, and changes nothing."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.cli import main
from saudager.preview import look_ahead
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")
OTHER, THIRD = "77010000002@c.us", "77010000003@c.us"
_TABLES = ("follow_ups", "outreach_verdicts", "queue_messages", "queue_lanes", "messages", "scheduled_calls")


@pytest.fixture
async def shop(open_shop: Any) -> Shop:
    """One customer is silent, another said no, a third has a call on Friday."""
    opened: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT))
    await opened.customer_says("Сколько стоит окно?", name="Асель")
    await opened.customer_says("Сколько стоит окно?", "Нет, спасибо, не надо", chat=OTHER)
    await opened.customer_says("Позвоните мне в пятницу в 15:00", chat=THIRD)
    await opened.time_passes(minutes=1)
    return opened


def _rows(session: Session) -> list[Any]:
    return [session.execute(text(f"select * from {table}")).fetchall() for table in _TABLES]


@pytest.mark.both_kinds
async def test_a_month_ahead_holds_five_touches_a_reminder_and_the_reason_for_every_silence(shop: Shop):
    now = shop.clock.now()
    ahead = await look_ahead(shop.app, days=31)
    written = [one for one in ahead.planned if one.verdict == "write"]
    days = [round((one.at - now) / timedelta(days=1)) for one in written if one.what.startswith("touch")]
    assert [one.what for one in written] == [
        "touch 1", "call reminder", "touch 2", "touch 3", "touch 4", "touch 5",
    ]  # fmt: skip
    assert days == [1, 3, 7, 14, 30]
    reasons = {one.reason for one in ahead.planned if one.verdict == "stop"}
    assert reasons == {"client_said_no", "call_booked"}


@pytest.mark.both_kinds
async def test_looking_ahead_changes_no_row_and_sends_nothing(shop: Shop):
    before, said = await shop.app.db.read(_rows), shop.answers()
    await look_ahead(shop.app, days=31)
    assert await shop.app.db.read(_rows) == before
    assert shop.answers() == said


async def test_what_is_foreseen_is_what_happens(shop: Shop):
    ahead = await look_ahead(shop.app, days=1.5)
    (touch,) = [one for one in ahead.planned if one.verdict == "write"]
    before = len(shop.answers())
    await shop.time_passes(hours=(touch.at - shop.clock.now()) / timedelta(hours=1) - 0.01)
    assert len(shop.answers()) == before
    await shop.time_passes(minutes=3)
    assert len(shop.answers()) == before + 1


async def test_somebody_held_back_is_shown_with_the_reason(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT), outreach_hours="15:00-16:00")
    await shop.customer_says("Сколько стоит окно?")
    await shop.time_passes(minutes=1)
    ahead = await look_ahead(shop.app, days=2)
    assert [(one.verdict, one.reason) for one in ahead.planned][:2] == [("wait", "quiet_hours"), ("write", None)]


def test_the_command_prints_it_and_leaves_the_shop_as_it_was(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    result = CliRunner().invoke(main, ["preview", "--days", "30", "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["counts"] == {"write": 0, "wait": 0, "stop": 0}
    assert told["planned"] == []
