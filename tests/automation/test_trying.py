"""A rule is tried on what has happened: whom it would have written to and what the door would say; nothing changes."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.automation import checking, trying
from saudager.automation.trying import Would
from saudager.cli import main
from saudager.clock import MovableClock
from saudager.db.base import AgentBase
from saudager.events import Happened
from saudager.rehearsal import rehearse
from saudager.settings import Settings
from tests.automation import ruled as rows
from tests.automation.ruled import Ruled

RULE = """rule: price
title: Цена
when: customer_wrote
if: ['event.text contains "цена"']
then:
  - send_message: {text: "Здравствуйте, {contact.name}!", class: marketing}
  - send_letter: {subject: Цена, text: Смотрите}
  - add_task: {text: "Перезвонить", in: 90m}
"""
OTHER = "77010000002@c.us"


async def _try(ruled: Ruled, source: str, *, limit: int = 100, days: int = 30) -> list[Would]:
    now, app = ruled.shop.clock.now(), ruled.shop.app
    definition = await app.db.read(checking.check, source)
    return await app.db.read(
        trying.try_out, definition, since=now - timedelta(days=days), limit=limit, settings=app.settings, now=now
    )


def _everything(session: Session) -> Mapping[str, Any]:
    tables = [*AgentBase.metadata.tables, "queue_messages", "queue_lanes"]
    return {name: session.execute(text(f"select * from {name}")).fetchall() for name in tables}


@pytest.mark.both_kinds
async def test_each_event_tells_what_would_have_come_of_it_and_nothing_is_written(ruled: Ruled):
    await ruled.shop.customer_says("Какая цена?", name="Асель")
    await ruled.shop.time_passes(minutes=2)
    await ruled.shop.customer_says("Спасибо")
    await ruled.shop.customer_says("цена?", chat=OTHER)
    await ruled.shop.time_passes(minutes=2)
    await ruled.shop.customer_says("Не пишите мне больше", chat=OTHER)
    await ruled.shop.time_passes(minutes=2)

    before = await ruled.shop.app.db.read(_everything)
    stop, other, thanks, price = await _try(ruled, RULE)
    assert await ruled.shop.app.db.read(_everything) == before
    assert [one.holds for one in (stop, other, thanks, price)] == [False, True, False, True]
    assert (thanks.who, thanks.seen[0].saw, thanks.steps) == ("Асель", "Спасибо", [])
    message, letter, task = price.steps
    assert message.says == "написать: «Здравствуйте, Асель!»" and message.may == "write"
    assert (letter.may, letter.reason) == ("refuse", "no_email")
    assert (task.says, task.may) == ("поставить задачу: «Перезвонить» (через 90 мин)", None)
    unknown, *_ = other.steps
    assert "[неизвестно: contact.name]" in unknown.says and unknown.reason == "unknown_names"
    named = RULE.replace("{contact.name}", "{contact.name|друг}")
    assert [(one.steps[0].may, one.steps[0].reason) for one in await _try(ruled, named) if one.holds] == [
        ("refuse", "opted_out"),
        ("write", None),
    ]
    assert len(await _try(ruled, RULE, limit=2)) == 2
    assert await _try(ruled, RULE.replace("customer_wrote", "lead_won").replace("event.text", "lead.name")) == []


async def test_a_rule_by_the_clock_is_tried_on_whom_it_would_run_for_now_and_a_sequence_up_to_its_wait(ruled: Ruled):
    await ruled.shop.app.db.run(_some_leads, now=ruled.shop.clock.now())
    clock = """rule: a
title: b
when: {every: "0 10 * * *", for: leads}
if: [lead.price > 100]
then: [{move_stage: {pipeline: Продажи, stage: Успешно}}]
"""
    cheap, dear = await _try(ruled, clock)
    assert (cheap.event_id, cheap.holds, dear.holds, dear.about) == (None, False, True, "lead:2")
    assert [one.says for one in dear.steps] == ["перевести сделку на этап «Успешно» воронки «Продажи»"]
    await ruled.happens(Happened.LEAD_STAGE_CHANGED, "lead:2", facts={"price": 250_000})
    (would,) = await _try(
        ruled,
        "sequence: s\ntitle: t\nbegins: lead_stage_changed\nsteps:\n"
        "  - hand_over: {reason: '{event.price}'}\n  - wait: 2d\n  - hand_over: {reason: потом}\n",
    )
    assert [one.says for one in would.steps] == ["передать человеку: 250\xa0000", "подождать 2 дн."]


def _some_leads(session: Session, *, now: Any) -> None:
    connection = rows.crm(session, now=now)
    rows.lead(session, connection, 1, None, now=now, price=100)
    rows.lead(session, connection, 2, None, now=now)


def test_the_commands_check_list_and_try(
    settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asyncio.run(_happened_today(settings()))
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(RULE, encoding="utf-8")
    bad.write_text(RULE.replace("marketing", "spam").replace("title", "titel"), encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["automation", *words])
        return result.exit_code, result.stdout

    assert run("check", str(good)) == (0, "")
    code, said = run("check", str(bad))
    assert code == 1 and f"{bad}:2:1: titel:" in said and f"{bad}:6:66: then[0].send_message.class:" in said
    code, said = run("check", str(bad), "--json")
    assert code == 1 and [one["line"] for one in json.loads(said)] == [1, 2, 6]
    assert run("list") == (0, "on   rule      price  v1  Цена\n")
    (listed,) = json.loads(run("list", "--json")[1])
    assert (listed["on"], listed["version"], listed["problem"]) == (True, 1, None)
    (would,) = map(json.loads, run("try", str(good), "--json")[1].splitlines())
    assert (would["holds"], would["steps"][0]["do"]) == (True, "send_message")
    code, said = run("try", str(good))
    assert code == 0 and "[refuse: no_email]" in said and said.endswith("1 of 1 would have run.\n")
    assert run("try", str(bad))[0] == 1
    bad.write_text(RULE, encoding="utf-16")
    refused = CliRunner().invoke(main, ["automation", "check", str(bad)])
    assert refused.exit_code == 1 and "no text in UTF-8" in refused.stderr


async def _happened_today(settings: Settings) -> None:
    async with rehearse(settings, clock=MovableClock(datetime.now(UTC))) as shop:
        await shop.customer_says("Какая цена?", name="Асель")
        await shop.settles()
        await Ruled(shop).rule(RULE)
