"""What is to be done in the CRM is done once and in order, whatever dies, and a person always wins."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from saudager import events
from saudager.crm import deeds
from saudager.events.models import Event
from saudager.people import erasing
from tests.crm_letters.office import AIGUL, PAID, THINKS

pytestmark = pytest.mark.slow


def stage(office):
    return office.kommo.leads[office.number]["status_id"]


async def moves(office, to, *, about):
    pipeline = office.kommo.leads[office.number]["pipeline_id"]
    return await office.asks(deeds.move, pipeline, office.kommo.stage(to), about=about)


async def test_what_was_asked_for_is_done_in_its_order_and_what_is_asked_for_twice_once(open_office):
    office = await open_office()
    field = office.kommo.add_field("leads", "Город")
    due = office.shop.clock.now() + timedelta(hours=2)
    assert await office.asks(deeds.note, "Первая заметка", about="note:1")
    assert not await office.asks(deeds.note, "Первая заметка", about="note:1")
    await moves(office, THINKS, about="move:1")
    await moves(office, PAID, about="move:2")
    await office.asks(deeds.fill, {field: "Алматы"}, about="fields:1")
    await office.asks(deeds.add_task, "Позвонить", due=due, about="task:1")
    await office.shop.time_passes(minutes=1)
    assert office.notes() == ["Первая заметка"] and stage(office) == office.kommo.stage(PAID)
    (task,) = office.kommo.tasks.values()
    assert (task["text"], task["complete_till"]) == ("Позвонить", int(due.timestamp()))
    assert [asked.kind for asked in office.kommo.asked if asked.kind in WRITES] == [
        "add_note", "change_lead", "change_lead", "change_lead", "add_task",
    ]  # fmt: skip
    assert {deed.state for deed in await office.deeds()} == {"done"}


WRITES = ("add_note", "change_lead", "add_task", "run_bot")


@pytest.mark.parametrize("fault", ["cut_after", "garbage"])
async def test_of_what_no_answer_came_it_is_looked_first(open_office, fault):
    office = await open_office()
    office.kommo.write_note(office.number, "Та же заметка")
    office.shop.clock.move_to(office.shop.clock.now() + timedelta(minutes=10))
    for request in WRITES[:3]:
        office.kommo.fail(request, fault)
    await ask_for_everything(office)
    await office.shop.time_passes(minutes=2)
    assert [office.kommo.requests[request] for request in WRITES] == [2, 1, 1, 1]
    assert made(office) == (2, office.kommo.stage(THINKS), 1, 1)
    assert {deed.state for deed in await office.deeds()} == {"done"}


async def ask_for_everything(office):
    """Two notes that say the same, a move, a task and a bot."""
    await office.asks(deeds.note, "Та же\nзаметка ", about="note:1")
    await office.asks(deeds.note, "Та же заметка", about="note:2")
    await moves(office, THINKS, about="move:1")
    due = office.shop.clock.now() + timedelta(hours=2)
    await office.asks(deeds.add_task, "Позвонить", due=due, about="task:1")
    await office.asks(deeds.run_bot, office.kommo.add_bot("Письма"), about="bot:1")


def made(office):
    """How many notes besides a person's, the stage, how many tasks and how many runs of bots."""
    return len(office.notes()) - 1, stage(office), len(office.kommo.tasks), len(office.kommo.bot_runs)


async def test_a_process_that_dies_behind_its_request_does_nothing_twice(open_office):
    office = await open_office()
    office.kommo.write_note(office.number, "Заметка человека")
    await ask_for_everything(office)
    await office.shop.time_passes(minutes=1)
    before = made(office)
    for about in ("note:1", "note:2", "move:1", "task:1", "bot:1"):
        await office.forgets_the_end(about)
    await office.shop.time_passes(minutes=3)
    assert made(office) == before == (2, office.kommo.stage(THINKS), 1, 1)
    states = {deed.about: deed.state for deed in await office.deeds()}
    assert states.pop("bot:1") == "unsettled" and set(states.values()) == {"done"}
    assert len(await office.asked()) == 1


async def test_what_did_not_arrive_is_tried_until_it_does(open_office):
    office = await open_office()
    office.kommo.fail("add_note", *["429", "503", "cut_before"] * 3)
    await office.asks(deeds.note, "Заметка", about="note:1")
    await office.shop.time_passes(minutes=40)
    assert office.notes() == ["Заметка"] and await office.asked() == []


async def test_a_person_who_moved_the_lead_meanwhile_wins(open_office):
    office = await open_office()
    office.kommo.fail("leads", "503", "503", "503", "503")
    await moves(office, PAID, about="move:1")
    await office.asks(deeds.note, "Записать всё равно", about="note:1")
    await office.shop.settles()
    office.kommo.move(office.number, stage=THINKS)
    await office.shop.time_passes(minutes=10)
    assert stage(office) == office.kommo.stage(THINKS)
    assert [deed.state for deed in await office.deeds()] == ["refused", "done"]
    assert "передвинули" in (await office.deeds())[0].problem and await office.asked() == []


async def test_what_the_crm_refuses_is_shown_in_its_own_words_and_a_deleted_lead_is_moved_nowhere(open_office):
    office = await open_office()
    await office.asks(deeds.fill, {999: "Алматы"}, about="fields:1")
    await office.shop.time_passes(minutes=1)
    (says,) = await office.asked()
    assert "Стол «Дастархан»" in says and "not a valid choice" in says
    office.kommo.delete_lead(office.number)
    await moves(office, PAID, about="move:1")
    await office.shop.time_passes(minutes=1)
    assert [deed.state for deed in await office.deeds()] == ["refused", "refused"]


async def test_while_the_account_is_not_ours_it_waits_and_then_it_is_done(open_office):
    office = await open_office()
    office.kommo.revoke()
    await office.asks(deeds.note, "Дождалась", about="note:1")
    await office.shop.time_passes(minutes=30)
    assert office.notes() == []
    await office.is_connected_again()
    await office.shop.time_passes(minutes=1)
    assert office.notes() == ["Дождалась"]


async def test_nothing_is_done_for_somebody_who_was_forgotten(open_office):
    office = await open_office()
    office.kommo.fail_always("add_note", "503")
    await office.asks(deeds.note, "Личное", about="note:1")
    await office.shop.time_passes(seconds=5)
    await office.shop.app.db.run(erasing.ask, await contact_of(office), "0001", now=office.shop.clock.now())
    office.kommo.heal()
    await office.template()
    await office.person_moves(PAID)
    await office.shop.time_passes(minutes=5)
    assert office.notes() == [] and office.shop.letters(AIGUL) == []
    (deed,) = await office.deeds()
    assert (deed.state, deed.body) == ("refused", {})


async def contact_of(office):
    (deed,) = await office.deeds()
    return deed.contact_id


async def test_the_rule_behind_a_move_is_known_when_the_crm_tells_of_it(open_office):
    office = await open_office()

    def move(session):
        lead = office.row(session)
        with events.caused_by(session, events.Cause("rule:7", 2)):
            to = office.kommo.stage(THINKS)
            deeds.move(session, lead, lead.pipeline_vendor_id, to, about="move:1", now=office.shop.clock.now())

    await office.shop.app.db.run(move)
    await office.shop.time_passes(minutes=1)
    await office.hears()
    _, moved = await office.shop.app.db.read(lambda session: session.scalars(select(Event)).all())
    assert (moved.kind, moved.cause, moved.depth) == ("lead_stage_changed", "rule:7", 2)
