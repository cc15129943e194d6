"""A rule that goes by the clock runs at its moment, once for everyone it holds for, whatever dies meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from saudager.automation import by_the_clock
from saudager.automation.models import Automation
from tests.automation import ruled as rows
from tests.automation.ruled import Ruled

pytestmark = pytest.mark.slow

LEADS = """rule: sleepers
title: Стоят неделю
when: {every: "0 10 * * *", for: leads}
if:
  - lead.days_in_stage >= 7
  - lead.field:Город == "алматы"
then:
  - add_task: {text: "{lead.name} стоит {lead.days_in_stage} дн., {lead.responsible}"}
"""
SILENT = """rule: silent
title: Молчат месяц
when: {every: "30 15 * * *", for: contacts}
if: [contact.days_silent >= 30]
then: [{send_message: {text: "Как дела?", class: follow_up}}]
"""


async def _later(ruled: Ruled, **span: float) -> None:
    """Nothing runs meanwhile, and then for a while."""
    ruled.shop.clock.move_to(ruled.shop.clock.now() + timedelta(**span))
    await ruled.shop.time_passes(minutes=15)


def _leads(session: Session, *, now: object, many: int = 0) -> None:
    connection = rows.crm(session, now=now)
    week_ago = now - timedelta(days=7)
    rows.lead(session, connection, 1, None, now=now, since=week_ago)
    rows.lead(session, connection, 2, None, now=now, since=now)
    rows.lead(session, connection, 3, None, now=now, since=week_ago, closed=True)
    for number in range(4, 4 + many):
        rows.lead(session, connection, number, None, now=now, since=week_ago)


@pytest.mark.both_kinds
async def test_it_runs_daily_for_the_leads_it_holds_for(ruled: Ruled):
    await ruled.shop.app.db.run(_leads, now=ruled.shop.clock.now())
    rule = await ruled.rule(LEADS)
    next_at = (await ruled.one(rule)).next_at
    assert next_at is not None and f"{next_at:%m-%dT%H:%M}" == "03-12T05:00"
    await _later(ruled, hours=22)
    assert [(about, facts) for _, about, facts in await ruled.told()] == [("lead:1", {"rule": "sleepers"})]
    (run,) = await ruled.runs()
    assert (run.outcome, run.about) == ("done", "lead:1")
    await _later(ruled, days=1)
    assert [run.about for run in await ruled.runs()] == ["lead:1", "lead:1"]
    await _later(ruled, days=6)
    assert {run.about for run in await ruled.runs()} == {"lead:1", "lead:2"}
    await ruled.switch(rule, on=False)
    assert (await ruled.one(rule)).next_at is None


async def test_contacts_who_are_silent_are_written_to_through_the_door(ruled: Ruled):
    await ruled.shop.customer_says("Сколько стоит окно?", name="Асель")
    await ruled.shop.time_passes(minutes=2)
    await ruled.shop.customer_says("Нет, спасибо")
    await _later(ruled, days=29)
    before = len(ruled.shop.answers())
    await ruled.rule(SILENT)
    await _later(ruled, days=1, hours=4)
    assert ruled.shop.answers()[before:] == ["Как дела?"]


async def test_a_walk_goes_on_where_it_was_cut_off_and_tells_of_nobody_twice(ruled: Ruled):
    app, now = ruled.shop.app, ruled.shop.clock.now()
    await app.db.run(_leads, now=now, many=by_the_clock._AT_ONCE)
    rule = await ruled.rule(LEADS)
    await app.db.run(_its_moment_has_come, rule, now=now)
    first = await app.db.run(by_the_clock._walk_on, rule, app.settings.zone, now=now)
    kept = await ruled.one(rule)
    assert (first, kept.walked_to > 0, kept.next_at) == (by_the_clock._AT_ONCE - 1, True, now)
    assert await by_the_clock.run_scheduled_rules(app, "again") == 2
    assert len(await ruled.told()) == by_the_clock._AT_ONCE + 1
    kept = await ruled.one(rule)
    assert kept.walked_to == 0 and kept.next_at is not None and kept.next_at > now
    await app.db.run(_its_moment_has_come, rule, now=now)
    assert await by_the_clock.run_scheduled_rules(app, "the same moment") == by_the_clock._AT_ONCE + 1
    assert len(await ruled.told()) == by_the_clock._AT_ONCE + 1


def _its_moment_has_come(session: Session, rule: int, *, now: object) -> None:
    session.get_one(Automation, rule).next_at = now


async def test_a_missed_moment_is_made_up_for_once(ruled: Ruled):
    await ruled.shop.app.db.run(_leads, now=ruled.shop.clock.now())
    rule = await ruled.rule(LEADS)
    await _later(ruled, days=5)
    assert [run.about for run in await ruled.runs()] == ["lead:1"]
    next_at = (await ruled.one(rule)).next_at
    assert next_at is not None and next_at > ruled.shop.clock.now()
