"""What a person sees of rules and sequences: how they go, what each run did, and who stands at which step."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager.automation import listing
from saudager.automation.definitions import Sequence
from saudager.automation.models import Kind
from saudager.conversations.models import Contact
from saudager.events import Happened
from tests.outreach.ledger import CHATS
from tests.sequences.course import Course
from tests.sequences.test_journeys import TWO_MESSAGES

RULE = """
rule: thanks
title: Спасибо
when: call_booked
if: [contact.is_client]
then:
  - send_message: {text: "Ждём звонка"}
  - add_task: {text: "Подготовиться", in: 2h}
"""


async def test_rules_and_sequences_are_listed_with_what_came_of_them(course: Course):
    read, now = course.shop.app.db.read, course.shop.clock.now()
    rule, sequence = await course.install(RULE), await course.install(TWO_MESSAGES)
    await course.install("{sequence: resting, title: Отдыхает, steps: [wait: 1d]}", on=False)
    contacts = [await course.customer(chat, name=f"Клиент {chat[:11]}") for chat in CHATS[:3]]
    await course.run(_are_clients, contacts[:2])
    for contact in contacts:
        await course.tells(Happened.CALL_BOOKED, f"call:{contact}", contact_id=contact)
    await course.shop.time_passes(minutes=3)
    await course.tells(Happened.CALL_CANCELLED, "call:3", contact_id=contacts[2])

    (rules,) = await read(listing.everyone, Kind.RULE, since=now)
    assert rules.runs == {"done": 2, "not_met": 1}
    going, resting = await read(listing.everyone, Kind.SEQUENCE, since=now)
    assert (going.automation.title, going.journeys) == ("Два сообщения", {"going": 2, "stopped": 1})
    assert (resting.automation.title, resting.journeys) == ("Отдыхает", {})
    later = course.shop.clock.now() + timedelta(days=1)
    assert [one.runs for one in await read(listing.everyone, Kind.RULE, since=later)] == [{}]

    page = await read(listing.runs, rule, limit=2)
    assert [(one.run.outcome, one.contact.name) for one in page.rows] == [
        ("not_met", f"Клиент {CHATS[2][:11]}"),
        ("done", f"Клиент {CHATS[1][:11]}"),
    ]
    did = page.rows[1]
    assert did.run.trace[1]["text"] == "Ждём звонка"
    assert {number: way.journey.state for number, way in did.kept.items()} == {1: "going"}
    await course.later(hours=2)
    did = (await read(listing.runs, rule, limit=2)).rows[1]
    assert did.kept[1].steps[0].detail == {"text": "Подготовиться", "where": "desk"}
    (last,) = (await read(listing.runs, rule, before=page.next)).rows
    assert last.contact.name == f"Клиент {CHATS[0][:11]}"

    ways = (await read(listing.journeys, sequence)).rows
    assert [(one.contact.id, one.journey.state, len(one.steps)) for one in ways] == [
        (contacts[2], "stopped", 2),
        (contacts[1], "going", 2),
        (contacts[0], "going", 2),
    ]
    assert await read(listing.standing, sequence) == {"2": 2}
    (way,) = (await read(listing.journeys, contact_id=contacts[1])).rows
    whole, definition = await read(listing.journey, way.journey.id)
    assert isinstance(definition, Sequence)
    assert (definition.title, [one.kind for one in whole.steps]) == ("Два сообщения", ["send_message", "wait"])
    assert len((await read(listing.runs, contact_id=contacts[1])).rows) == 1


async def test_a_list_costs_the_same_however_long_it_is(course: Course):
    rule, sequence = await course.install(RULE), await course.install(TWO_MESSAGES)
    for chat in CHATS[:6]:
        contact = await course.customer(chat)
        await course.run(_are_clients, [contact])
        await course.tells(Happened.CALL_BOOKED, f"call:{contact}", contact_id=contact)
    for look in (listing.runs, listing.journeys):
        about = rule if look is listing.runs else sequence
        costs = [await course.shop.app.db.read(_counted, look, about, limit=most) for most in (1, 6)]
        assert costs[0] == costs[1], look


def _are_clients(session: Session, contacts: list[int]) -> None:
    for contact in contacts:
        session.get_one(Contact, contact).is_client = True


def _counted(session: Session, look: Callable[..., Any], about: int, *, limit: int) -> int:
    said: list[str] = []
    driver: Any = session.connection().connection.driver_connection
    driver.set_trace_callback(said.append)
    try:
        look(session, about, limit=limit)
    finally:
        driver.set_trace_callback(None)
    return len(said)
