"""Every version of a rule stays, one is in force, and what a rule names must be there when it is kept."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager.automation import checking, versions
from saudager.automation.models import Automation
from saudager.automation.reading import Mistaken
from saudager.errors import NotFound
from tests import databases
from tests.automation import ruled as rows
from tests.automation.ruled import Ruled

FIRST = "rule: task\ntitle: Первая\nwhen: customer_wrote\nthen:\n  - add_task: {text: раз}\n"
SECOND = FIRST.replace("Первая", "Вторая").replace("customer_wrote", "handed_over")


def _heard(session: Session) -> list[str]:
    return [row[0] for row in session.execute(text("select kind from heard_events order by kind"))]


@pytest.mark.both_kinds
async def test_a_new_text_is_a_new_version_and_an_older_one_can_be_put_in_force_again(ruled: Ruled):
    run, read = ruled.shop.app.db.run, ruled.shop.app.db.read
    zone, now = ruled.shop.app.settings.zone, ruled.shop.clock.now()
    kept: Automation = await run(versions.save, FIRST, by="Дана", zone=zone, now=now)
    assert (kept.is_on, kept.live, await read(_heard)) == (False, 1, [])
    await run(versions.switch, kept.id, on=True, zone=zone, now=now)
    assert await read(_heard) == ["customer_wrote"]

    changed = await run(versions.save, SECOND, by="Айдос", zone=zone, now=now)
    assert (changed.id, changed.is_on, changed.live, changed.title) == (kept.id, True, 2, "Вторая")
    assert await read(_heard) == ["handed_over"]
    assert (await run(versions.save, SECOND, by="Айдос", zone=zone, now=now)).live == 2
    assert [(one.number, one.made_by, one.source) for one in await read(versions.history, kept.id)] == [
        (2, "Айдос", SECOND),
        (1, "Дана", FIRST),
    ]
    back = await run(versions.roll_back, kept.id, 1, zone=zone, now=now)
    assert (back.live, back.title, await read(_heard)) == (1, "Первая", ["customer_wrote"])
    assert (await run(versions.save, SECOND + "# ещё\n", by="Дана", zone=zone, now=now)).live == 3
    with pytest.raises(NotFound):
        await run(versions.roll_back, kept.id, 9, zone=zone, now=now)
    with pytest.raises(NotFound):
        await run(versions.switch, 99, on=True, zone=zone, now=now)
    await run(versions.switch, kept.id, on=False, zone=zone, now=now)
    assert await read(_heard) == []
    assert [one.name for one in await read(versions.everyone)] == ["task"]


@pytest.mark.both_kinds
async def test_of_two_who_change_what_is_heard_at_once_the_second_waits_for_the_first(ruled: Ruled):
    app, another = ruled.shop.app, await ruled.rule(SECOND, on=False)

    async def switches_on() -> None:
        await ruled.switch(another, on=True)

    assert await databases.meanwhile(app.db, versions.listen_again, switches_on) == (True, None)
    assert await app.db.read(_heard) == ["handed_over"]


async def _mistakes(ruled: Ruled, source: str) -> list[tuple[int, int, str]]:
    try:
        await ruled.shop.app.db.read(checking.check, source)
    except Mistaken as mistaken:
        return [(one.line, one.column, one.says) for one in mistaken.problems]
    return []


@pytest.mark.both_kinds
async def test_what_a_rule_names_must_be_there(ruled: Ruled):
    source = """rule: names
title: Имена
when: lead_stage_changed
if:
  - lead.stage == "Думаеет"
  - lead.field:Горд is set
  - any: ['lead.pipeline in ["продажи", "Продажа"]', event.old_stage == "думает"]
then:
  - move_stage: {pipeline: Продажи, stage: успешно}
  - move_stage: {pipeline: Продажи, stage: Успех}
  - move_stage: {pipeline: Опт, stage: Успешно}
  - begin: {sequence: thow}
  - add_task: {text: "Бюджет {lead.field:Бюджет|?}, {lead.field:Срок|?}"}
"""
    without = await _mistakes(ruled, source)
    assert [line for line, *_ in without] == [9, 10, 11, 12]
    assert "CRM не подключена" in without[0][2]

    await ruled.shop.app.db.run(rows.crm, now=ruled.shop.clock.now())
    await ruled.rule("sequence: thaw\ntitle: Оттаивание\nsteps:\n  - wait: 1d\n", on=False)
    assert [(line, column, says.partition(";")[2]) for line, column, says in await _mistakes(ruled, source)] == [
        (5, 5, " может быть, «Думает»?"),
        (6, 5, " может быть, «Город»?"),
        (7, 11, " может быть, «Продажи»?"),
        (10, 44, " может быть, «Успешно»?"),
        (11, 28, " есть: «Продажи»"),
        (12, 23, " может быть, «thaw»?"),
        (13, 22, " есть: «Город», «Бюджет»"),
    ]


async def test_a_name_belongs_to_a_rule_or_to_a_sequence(ruled: Ruled):
    await ruled.rule(FIRST, on=False)
    taken = await _mistakes(ruled, "sequence: task\ntitle: t\nsteps:\n  - stop: {sequence: task}\n")
    assert [line for line, *_ in taken] == [1] and "уже называется правило" in taken[0][2]
    assert await _mistakes(ruled, "sequence: own\ntitle: t\nsteps:\n  - begin: {sequence: own}\n") == []


async def test_what_is_gone_meanwhile_cannot_be_switched_on(ruled: Ruled):
    await ruled.shop.app.db.run(rows.crm, now=ruled.shop.clock.now())
    move = FIRST.replace("add_task: {text: раз}", "move_stage: {pipeline: Продажи, stage: Думает}")
    rule = await ruled.rule(move)
    await ruled.switch(rule, on=False)
    await ruled.shop.app.db.run(_archive)
    with pytest.raises(Mistaken, match="CRM не подключена"):
        await ruled.switch(rule, on=True)
    assert not (await ruled.one(rule)).is_on


def _archive(session: Session) -> None:
    session.execute(text("update crm_pipelines set is_archived = true"))
