"""What happens is held against the rules: each hears it once, does what it says, and leaves a trace of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from saudager import events
from saudager.automation import rules
from saudager.events import Cause, Happened
from saudager.rehearsal import CUSTOMER
from tests.automation.ruled import Ruled

PRICES = """rule: prices
title: Прайс
when: customer_wrote
if:
  - event.text contains "прайс"
  - contact.is_client
then:
  - send_message: {text: "{contact.first_name|Здравствуйте}, прайс пришлёт менеджер."}
  - hand_over: {reason: "просит прайс: {event.text}"}
"""
HANDED = """rule: handed
title: Передано
when: handed_over
then:
  - add_task: {text: "Ответить: {event.reason}"}
"""


async def _knows(ruled: Ruled) -> None:
    """He has written before, and is known to be a customer."""
    await ruled.shop.customer_says("Здравствуйте!", name="АСЕЛЬ Серікова")
    await ruled.shop.time_passes(minutes=2)


@pytest.mark.both_kinds
async def test_a_rule_acts_once_on_what_it_listens_for_and_its_run_tells_what_it_saw(ruled: Ruled):
    await _knows(ruled)
    rule, listener = await ruled.rule(PRICES), await ruled.rule(HANDED)
    await ruled.shop.customer_says("Когда доставка?")
    await ruled.shop.customer_says("А пришлите ПРАЙС")
    await ruled.shop.time_passes(minutes=2)

    assert "Асель, прайс пришлёт менеджер." in ruled.shop.answers()
    other, asked, heard = await ruled.runs()
    assert (other.automation_id, other.outcome) == (rule, "not_met")
    assert other.trace[0] == {"if": 'event.text contains "прайс"', "saw": "Когда доставка?", "holds": False}
    assert (asked.automation_id, asked.outcome, asked.version) == (rule, "done", 1)
    assert [step.get("do") for step in asked.trace] == [None, None, "send_message", "hand_over"]
    assert asked.contact_id is not None and asked.about == other.about

    (handed,) = await ruled.told(Happened.HANDED_OVER)
    assert handed[2] == {"reason": "просит прайс: А пришлите ПРАЙС"}
    cause, depth = await ruled.shop.app.db.read(_cause, Happened.HANDED_OVER)
    assert (cause, depth) == (f"rule:{rule}", 1)
    assert (heard.automation_id, heard.outcome) == (listener, "done")
    assert [reason for _, reason in await ruled.desk("task")] == ["Ответить: просит прайс: А пришлите ПРАЙС"]

    before, traces = ruled.shop.answers(), [run.trace for run in await ruled.runs()]
    await ruled.shop.app.db.run(_hear_everything_again, ruled)
    await ruled.shop.time_passes(hours=1)
    assert [run.trace for run in await ruled.runs()] == traces
    assert ruled.shop.answers() == before


def _cause(session: Session, kind: str) -> tuple[str | None, int]:
    cause, depth = session.execute(text("select cause, depth from events where kind = :kind"), {"kind": kind}).one()
    return cause, depth


def _hear_everything_again(session: Session, ruled: Ruled) -> None:
    settings, now = ruled.shop.app.settings, ruled.shop.clock.now()
    for (id,) in session.execute(text("select event_id from rule_runs order by id")).all():
        rules.hear(session, id, None, settings=settings, now=now)
    rules.hear(session, 999, None, settings=settings, now=now)


async def test_what_nobody_listens_for_is_kept_but_wakes_nobody(ruled: Ruled):
    rule = await ruled.rule(HANDED, on=False)
    await ruled.shop.customer_says("Пришлите прайс")
    await ruled.shop.time_passes(minutes=2)
    assert [kind for kind, *_ in await ruled.told()] == ["customer_wrote"]
    assert await ruled.shop.app.db.read(_queued) == []

    await ruled.switch(rule, on=True)
    await ruled.happens(Happened.HANDED_OVER, "conversation:1", facts={"reason": "раз"})
    await ruled.switch(rule, on=False)
    await ruled.happens(Happened.HANDED_OVER, "conversation:1", facts={"reason": "два"})
    assert [run.outcome for run in await ruled.runs()] == ["done"]


def _queued(session: Session) -> Sequence[Any]:
    return session.execute(text("select id from queue_messages where queue = 'events'")).all()


async def test_rules_that_cause_each_other_stop_behind_the_fifth_and_a_person_is_asked(ruled: Ruled):
    await _knows(ruled)
    rule = await ruled.rule(HANDED)
    now = ruled.shop.clock.now()
    for depth in (events.DEEPEST - 1, events.DEEPEST):
        await ruled.shop.app.db.run(_caused, depth, now=now)
        await ruled.shop.settles()
    assert await ruled.outcomes() == ["done", "stopped"]
    kept = await ruled.one(rule)
    assert not kept.is_on and kept.problem is not None
    ((about, reason),) = await ruled.desk()
    assert about == f"automation:{rule}" and "по кругу" in reason

    await ruled.happens(Happened.HANDED_OVER, "conversation:1", facts={"reason": "три"})
    assert len(await ruled.runs()) == 2
    await ruled.switch(rule, on=True)
    assert (await ruled.one(rule)).problem is None and await ruled.desk() == []


def _caused(session: Session, depth: int, *, now: Any) -> None:
    with events.caused_by(session, Cause("rule:1", depth)):
        events.tell(session, Happened.HANDED_OVER, "conversation:1", facts={"reason": str(depth)}, now=now)


async def test_a_circle_through_the_outside_ends_after_five_times_a_day(ruled: Ruled):
    await _knows(ruled)
    rule = await ruled.rule(HANDED)
    for number in range(7):
        await ruled.happens(Happened.HANDED_OVER, "conversation:1", facts={"reason": str(number)})
    await ruled.happens(Happened.HANDED_OVER, "contact:1", contact_id=1, facts={"reason": "другое"})
    assert await ruled.outcomes() == ["done"] * 5 + ["stopped"] * 2 + ["done"]
    ((about, reason),) = await ruled.desk()
    assert about == f"automation:{rule}" and "5 раз" in reason and (await ruled.one(rule)).is_on

    ruled.shop.clock.move_to(ruled.shop.clock.now() + timedelta(hours=25))
    await ruled.happens(Happened.HANDED_OVER, "conversation:1", facts={"reason": "завтра"})
    assert (await ruled.outcomes())[-1] == "done"


async def test_an_action_that_cannot_be_done_ends_the_run_keeps_what_was_done_and_the_engine_goes_on(ruled: Ruled):
    await _knows(ruled)
    await ruled.rule("sequence: gone\ntitle: Пропадёт\nsteps:\n  - wait: 1d\n")
    await ruled.rule(
        HANDED.replace("handed", "first", 1)
        + "  - begin: {sequence: gone}\n  - add_task: {text: это уже не делается}\n"
    )
    await ruled.rule(HANDED)
    await ruled.shop.app.db.run(_lose_the_sequence)
    await ruled.happens(Happened.HANDED_OVER, "conversation:1", contact_id=1, facts={"reason": "прайс"})

    failed, done = await ruled.runs()
    assert (failed.outcome, done.outcome) == ("failed", "done")
    assert [(step["do"], step["became"]) for step in failed.trace] == [("add_task", "done"), ("begin", "failed")]
    assert [reason for _, reason in await ruled.desk("task")] == ["Ответить: прайс"]
    ((about, reason),) = await ruled.desk()
    assert about == f"automation:{failed.automation_id}" and "gone" in reason


def _lose_the_sequence(session: Session) -> None:
    session.execute(text("delete from automation_versions where automation_id = 1"))
    session.execute(text("delete from automations where id = 1"))


async def test_a_fault_inside_an_action_takes_back_that_action_alone(ruled: Ruled):
    await _knows(ruled)
    await ruled.rule(HANDED + "  - hand_over: {reason: сломается}\n")
    await ruled.shop.app.db.run(_break_cases)
    await ruled.happens(Happened.HANDED_OVER, "conversation:1", contact_id=1, facts={"reason": "прайс"})
    (run,) = await ruled.runs()
    assert run.outcome == "failed"
    assert [(step["do"], step["became"]) for step in run.trace] == [("add_task", "done"), ("hand_over", "failed")]
    assert [kind for kind in [one.kind for one in await ruled.shop.desk()] if kind == "handed_over"] == []
    assert "внутренняя ошибка" in (await ruled.desk())[0][1]


def _break_cases(session: Session) -> None:
    session.execute(
        text("""create trigger broken before insert on attention when new.kind = 'handed_over'
            begin select raise(abort, 'broken'); end""")
    )


async def test_a_rule_an_update_does_not_understand_any_more_holds_up_no_other(ruled: Ruled):
    await _knows(ruled)
    strange = await ruled.rule(HANDED.replace("handed", "strange", 1))
    clock = await ruled.rule(
        HANDED.replace("handed", "clock", 1)
        .replace("handed_over", "{every: 0 9 * * *, for: leads}")
        .replace("{event.reason}", "")
    )
    await ruled.rule(HANDED)
    await ruled.shop.app.db.run(_forget_the_language, [strange, clock])
    await ruled.happens(Happened.HANDED_OVER, "conversation:1", contact_id=1, facts={"reason": "прайс"})
    ruled.shop.clock.move_to(ruled.shop.clock.now() + timedelta(days=1))
    await ruled.shop.time_passes(minutes=15)
    assert await ruled.outcomes() == ["done"]
    assert (await ruled.one(clock)).next_at is None
    await ruled.switch(strange, on=False)


def _forget_the_language(session: Session, automations: list[int]) -> None:
    for id in automations:
        session.execute(text("update automation_versions set source = 'rool: x' where automation_id = :id"), {"id": id})


async def test_a_rule_about_nobody_sends_nothing_and_says_so(ruled: Ruled):
    await ruled.rule("rule: nobody\ntitle: Никто\nwhen: order_placed\nthen:\n  - send_message: {text: Спасибо}\n")
    await ruled.happens(Happened.ORDER_PLACED, "order:5", facts={"code": "5"})
    (run,) = await ruled.runs()
    assert (run.outcome, run.trace) == ("done", [{"do": "send_message", "became": "skipped", "says": "no_contact"}])
    assert ruled.shop.answers(CUSTOMER) == []


async def test_old_events_and_runs_are_forgotten_in_portions(ruled: Ruled):
    await ruled.rule(HANDED)
    for number in range(3):
        await ruled.happens(Happened.HANDED_OVER, f"conversation:{number}", facts={"reason": "раз"})
    await ruled.shop.time_passes(hours=1)
    now, run = ruled.shop.clock.now(), ruled.shop.app.db.run
    for forget in (events.forget, rules.forget):
        assert [await run(forget, before=now, limit=2) for _ in range(3)] == [2, 1, 0]
    assert (await ruled.told(), await ruled.runs()) == ([], [])
