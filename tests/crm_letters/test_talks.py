"""What is said in our chats with the contact of an open lead is noted in the lead, a talk at a time."""

import pytest
from sqlalchemy import select

from saudager.contracts import DeliveryReport, DeliveryState
from saudager.conversations import outbox
from saudager.conversations.models import Message
from saudager.crm import noting
from saudager.crm.models import CrmDeed
from tests.crm_letters.office import THINKS
from tests.test_answering import QUESTION, TRUE

pytestmark = pytest.mark.slow


@pytest.mark.both_kinds
async def test_a_talk_is_noted_when_it_has_come_to_a_rest_and_what_follows_behind_it(open_office, storage):
    office = await open_office()
    shop = office.shop
    await shop.customer_says("Здравствуйте!", QUESTION)
    await shop.time_passes(minutes=9)
    assert office.notes() == []
    await shop.time_passes(minutes=5)
    (note,) = office.notes()
    assert f"11.03.2026\n12:00 Айгуль Серикова: Здравствуйте!\n12:00 Айгуль Серикова: {QUESTION}" in note
    assert f"12:00 Тёплый Дом: {TRUE}" in note

    await shop.person_says("Я сам отвечу")
    await shop.time_passes(minutes=15)
    _, second = office.notes()
    assert "Сотрудник: Я сам отвечу" in second and QUESTION not in second


async def test_a_talk_that_never_rests_is_noted_within_the_hour(open_office):
    office = await open_office()
    await office.shop.person_says("Начнём")
    for number in range(7):
        await office.shop.person_says(f"Строка {number}")
        await office.shop.time_passes(minutes=9)
    assert len(office.notes()) == 1


async def test_the_shop_may_keep_its_talks_to_itself_and_a_lead_that_is_over_is_told_nothing(open_office):
    office = await open_office(notes_talks=False)
    await office.shop.customer_says(QUESTION)
    await office.shop.time_passes(minutes=15)
    await office.changes(notes_talks=True)
    await office.person_moves("Успешно реализовано")
    await office.shop.customer_says(QUESTION)
    await office.shop.time_passes(minutes=15)
    assert office.notes() == []


async def test_a_long_talk_is_noted_in_parts_of_a_fair_size_and_all_of_it(open_office):
    office = await open_office()
    await office.shop.person_says("Начнём")
    await office.shop.settles()
    await office.shop.app.db.run(many_lines_more, 230)
    await office.shop.time_passes(minutes=45)
    notes = office.notes()
    assert len(notes) > 1 and max(map(len, notes)) <= 4000
    assert all(any(f"Строка {number}:" in note for note in notes) for number in range(230))


def many_lines_more(session, count):
    """What a person goes on to say in the conversation."""
    first = session.scalars(select(Message)).one()
    same = {column.name: getattr(first, column.name) for column in Message.__table__.columns}
    for number in range(count):
        told = {"id": None, "message_id": f"more-{number}", "text": f"Строка {number}: " + "очень подробно " * 3}
        session.add(Message(**same | told))


async def test_what_did_not_reach_the_customer_is_not_told_as_said(open_office):
    office = await open_office()
    await office.shop.customer_says(QUESTION)
    await office.shop.time_passes(minutes=2)

    def fails(session):
        ours = session.scalars(select(Message).where(Message.author == "bot")).one()
        ours.delivery_state = "failed"

    await office.shop.app.db.run(fails)
    await office.shop.time_passes(minutes=20)
    (note,) = office.notes()
    assert TRUE not in note and QUESTION in note


async def test_what_was_said_behind_a_line_that_never_left_is_noted_once_that_is_known(open_office):
    office = await open_office()
    await office.shop.customer_says(QUESTION)
    await office.shop.time_passes(minutes=2)

    def is_on_its_way(session):
        ours = session.scalars(select(Message).where(Message.author == "bot")).one()
        ours.delivery_state = DeliveryState.QUEUED
        return ours.outgoing_id, ours.account

    sent, account = await office.shop.app.db.run(is_on_its_way)
    await office.shop.person_says("Я сам отвечу")
    await office.shop.time_passes(minutes=30)
    assert len(office.notes()) == 1 and "Я сам отвечу" not in office.notes()[0]

    now = office.shop.clock.now()
    report = DeliveryReport(id=f"{sent}:late", created_at=now, account=account, for_=sent, state=DeliveryState.FAILED)
    await office.shop.app.db.run(outbox.note_delivery, report, now=now)
    await office.shop.app.db.run(noting.line_left, report, now=now)
    await office.shop.time_passes(minutes=15)
    assert "Я сам отвечу" in office.notes()[-1] and TRUE not in "".join(office.notes())


async def test_the_salesperson_knows_the_lead_of_whoever_writes(open_office):
    office = await open_office()
    await office.person_moves(THINKS)
    await office.shop.customer_says("Какая сумма моей сделки выходит?")
    await office.shop.time_passes(minutes=1)
    instructions = office.shop.app.model.briefings[-1].instructions
    assert "Сделка «Стол «Дастархан»», этап «Думает», сумма 94 500 ₸" in instructions
    rows = await office.shop.app.db.read(lambda session: session.scalars(select(CrmDeed)).all())
    assert rows == []
