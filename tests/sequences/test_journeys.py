"""Whoever is on his way gets each step once, at its moment, or not at all for a reason that is kept."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from saudager.automation import by_hand, sending, taking
from saudager.automation.sending import Carriers
from saudager.conversations import cases, merging
from saudager.conversations.models import Contact
from saudager.crm.models import CrmStage
from saudager.errors import NotFound, Refused, Unreachable
from saudager.events import Happened
from saudager.letters import unsubscribe
from saudager.letters.unsubscribe import Links
from saudager.outreach import consent
from saudager.people import erasing
from saudager.sales.models import Company, Person
from saudager.settings import Settings
from tests.outreach.ledger import CHATS
from tests.sequences.conftest import OpenCourse
from tests.sequences.course import Course

ALMATY = ZoneInfo("Asia/Almaty")
TWO_MESSAGES = """
sequence: two
title: Два сообщения
begins: call_booked
ends: [call_cancelled]
steps:
  - send_message: {text: "Первое"}
  - wait: 1d
  - send_message: {text: "Второе"}
"""


async def test_a_journey_begins_once_at_a_time_and_ends_with_the_events_that_end_it(course: Course):
    contact = await course.customer()
    await course.install(TWO_MESSAGES)
    for _ in range(2):
        await course.tells(Happened.CALL_BOOKED, "call:1", contact_id=contact)
    await course.shop.time_passes(minutes=2)
    assert course.shop.answers() == ["Первое"]
    await course.tells(Happened.CALL_CANCELLED, "call:1", contact_id=contact)
    journey = await course.journey()
    assert (journey.state, journey.reason) == ("stopped", "call_cancelled")
    await course.later(days=2)
    assert course.shop.answers() == ["Первое"]
    await course.tells(Happened.CALL_BOOKED, "call:2", contact_id=contact)
    assert [one.state for one in await course.journeys()] == ["stopped", "going"]


async def test_a_lead_s_news_touches_that_lead_alone_and_whatever_goes_about_its_contact(course: Course):
    contact, connection = await course.customer(), await course.crm(connected=False)
    for name, ends in (("of-lead", "lead_lost"), ("of-contact", "lead_lost")):
        await course.install(f"{{sequence: {name}, title: Ждём, ends: [{ends}], steps: [wait: 30d]}}")
    leads = [await course.lead(contact, connection=connection) for _ in range(2)]
    first = await course.begins("of-lead", f"lead:{leads[0]}")
    second = await course.begins("of-lead", f"lead:{leads[1]}")
    his = await course.begins("of-contact", f"contact:{contact}")
    await course.moves(leads[1], "Отказ")
    states = {one.id: one.state for one in await course.journeys()}
    assert states == {first: "going", second: "stopped", his: "stopped"}


async def test_at_night_a_message_waits_for_the_morning_and_the_reason_is_kept(course: Course):
    contact = await course.customer()
    await course.install(TWO_MESSAGES)
    await course.later(hours=10)
    await course.tells(Happened.CALL_BOOKED, "call:1", contact_id=contact)
    await course.shop.time_passes(minutes=5)
    journey = await course.journey()
    assert (journey.step, journey.reason, course.shop.answers()) == ("0", "quiet_hours", [])
    await course.later(hours=12)
    assert course.shop.answers() == ["Первое"]
    (said,) = [one.sent_at for one in await course.shop.messages() if one.author == "bot"]
    assert said.astimezone(course.shop.app.settings.zone).hour == 10
    await course.later(hours=23)
    assert course.shop.answers() == ["Первое"], "the day of waiting counts from the message, not from the evening"


async def test_of_many_only_so_many_are_written_to_in_a_day_and_the_others_on_the_next(open_course: OpenCourse):
    course = await open_course(outreach_per_day=2)
    await course.install(TWO_MESSAGES)
    contacts = [await course.customer(chat) for chat in CHATS[:5]]
    for contact in contacts:
        await course.tells(Happened.CALL_BOOKED, f"call:{contact}", contact_id=contact)
    await course.later(hours=3)
    assert sum(len(course.shop.answers(chat)) for chat in CHATS[:5]) == 2
    waiting = [one.reason for one in await course.journeys() if one.step == "0"]
    assert waiting == ["daily_cap"] * 3
    await course.later(days=1)
    assert sum("Первое" in course.shop.answers(chat) for chat in CHATS[:5]) == 4


async def test_a_message_that_could_not_go_for_a_week_is_not_sent_any_more(open_course: OpenCourse):
    course = await open_course(outreach_per_day=0)
    contact = await course.customer()
    await course.install(
        "{sequence: one, title: Одно, steps: [send_message: {text: Первое}, hand_over: {reason: всё}]}"
    )
    await course.begins("one", f"contact:{contact}")
    await course.later(days=8)
    (message, after) = await course.trace()
    assert (message.outcome, message.detail) == ("skipped", {"says": "too_late", "waited_for": "daily_cap"})
    assert (after.kind, after.outcome) == ("hand_over", "done")


@pytest.mark.parametrize(("wish", "state"), [("everything", "stopped"), ("offers", "finished")])
async def test_who_asked_for_silence_gets_nothing_and_who_wants_no_offers_gets_the_rest(
    course: Course, wish: str, state: str
):
    contact = await course.customer()
    await course.install("""
sequence: both
title: Реклама и дело
steps:
  - send_message: {text: "Скидка", class: marketing}
  - send_message: {text: "Ваш заказ готов"}
""")
    await course.run(consent.note, contact, wish, "не пишите", course.shop.clock.now())
    await course.begins("both", f"contact:{contact}")
    await course.shop.time_passes(minutes=5)
    journey = await course.journey()
    assert journey.state == state
    refused = (await course.trace())[0]
    assert (refused.outcome, refused.detail["says"]) == ("refused", "opted_out")
    assert course.shop.answers() == (["Ваш заказ готов"] if wish == "offers" else [])


async def test_while_a_person_has_the_customer_messages_wait(course: Course):
    contact = await course.customer()
    await course.install("{sequence: one, title: Одно, steps: [send_message: {text: Первое}]}")
    await course.shop.person_says("Здравствуйте, я сама отвечу")
    await course.shop.settles()
    await course.begins("one", f"contact:{contact}")
    await course.later(hours=3)
    journey = await course.journey()
    assert (journey.state, journey.reason, course.shop.answers()) == ("going", "with_person", [])
    await course.later(hours=2)
    assert course.shop.answers() == ["Первое"]


async def test_a_name_nobody_knows_is_not_said_and_a_person_is_asked(course: Course):
    contact = await course.customer(name=None)
    await course.install("""
sequence: named
title: По имени
steps:
  - send_message: {text: "{contact.name}, здравствуйте!"}
  - send_message: {text: "{contact.name|Друзья}, здравствуйте {{!}}"}
""")
    await course.begins("named", f"contact:{contact}")
    await course.shop.time_passes(minutes=5)
    assert course.shop.answers() == ["Друзья, здравствуйте {!}"]
    (asked,) = [one.reason for one in await course.shop.desk() if one.kind == "automation"]
    assert asked == (
        f"«По имени»: Сообщение не отправлено: неизвестно contact.name. Напишите клиенту сами: контакт {contact}"
    )


async def test_those_on_their_way_stay_on_their_version(course: Course):
    contacts = [await course.customer(chat) for chat in CHATS[:2]]
    await course.install(TWO_MESSAGES)
    await course.begins("two", f"contact:{contacts[0]}")
    await course.install(TWO_MESSAGES.replace("Второе", "Новое"))
    await course.begins("two", f"contact:{contacts[1]}")
    await course.later(days=1, hours=1)
    assert course.shop.answers(CHATS[0]) == ["Первое", "Второе"]
    assert course.shop.answers(CHATS[1]) == ["Первое", "Новое"]


async def test_switched_off_it_is_paused_and_still_ends_with_what_ends_it(course: Course):
    contacts = [await course.customer(chat) for chat in CHATS[:2]]
    automation = await course.install(TWO_MESSAGES)
    for contact in contacts:
        await course.begins("two", f"contact:{contact}")
    await course.shop.time_passes(minutes=2)
    await course.switch(automation, on=False)
    with pytest.raises(Refused, match="выключен"):
        await course.begins("two", f"contact:{contacts[0]}")
    await course.later(days=2)
    await course.tells(Happened.CALL_CANCELLED, "call:1", contact_id=contacts[1])
    await course.switch(automation, on=True)
    await course.later(hours=2)
    assert course.shop.answers(CHATS[0]) == ["Первое", "Второе"]
    assert course.shop.answers(CHATS[1]) == ["Первое"]


@pytest.mark.both_kinds
async def test_two_contacts_that_prove_to_be_one_go_on_once_and_are_parted_again(course: Course):
    contacts = [await course.customer(chat) for chat in CHATS[:2]]
    await course.install(TWO_MESSAGES)
    for contact in contacts:
        await course.begins("two", f"contact:{contact}")
    await course.shop.time_passes(minutes=2)
    now = course.shop.clock.now()
    merge = await course.run(_merge, *contacts, now=now)
    assert [(one.state, one.reason) for one in await course.journeys()] == [("going", None), ("stopped", "merged")]
    with pytest.raises(Refused, match="уже идёт"):
        await course.begins("two", f"contact:{contacts[1]}")
    await course.run(merging.undo, merge, now=now)
    assert [one.state for one in await course.journeys()] == ["going", "going"]
    await course.run(_merge, *contacts, now=now)
    await course.later(days=1, hours=1)
    said = [text for chat in CHATS[:2] for text in course.shop.answers(chat)]
    assert sorted(said) == ["Второе", "Первое", "Первое"]


async def test_who_wants_to_be_forgotten_is_on_no_way_any_more(course: Course):
    contact = await course.customer()
    await course.install(TWO_MESSAGES)
    await course.begins("two", f"contact:{contact}")
    await course.shop.time_passes(minutes=2)
    await course.run(erasing.ask, contact, "0001", now=course.shop.clock.now())
    await course.later(days=2)
    journey = await course.journey()
    assert (journey.state, journey.reason, journey.facts) == ("stopped", "erased", {})
    assert [one.detail for one in await course.trace()] == [{}, {}]


async def test_a_person_stops_a_journey_and_what_is_written_but_not_sent_is_taken_back(course: Course):
    contact = await course.customer()
    await course.install(TWO_MESSAGES)
    ours = await sending.carriers(course.shop.app)
    now, settings = course.shop.clock.now(), course.shop.app.settings
    journey = await course.run(_written_and_stopped, contact, ours, settings, now=now)
    await course.later(days=2)
    assert course.shop.answers() == []
    assert await course.verdicts() == [("write", "by_hand")]
    with pytest.raises(NotFound):
        await course.run(by_hand.stop, journey, now=now)


async def test_a_sequence_begins_and_stops_others_but_not_in_a_circle(course: Course):
    contact = await course.customer()
    await course.install("{sequence: b, title: Вторая, steps: [wait: 30d]}")
    await course.install("{sequence: a, title: Первая, steps: [begin: {sequence: b}, wait: 1h, stop: {sequence: b}]}")
    await course.begins("a", f"contact:{contact}")
    assert [one.state for one in await course.journeys()] == ["going", "going"]
    await course.later(hours=2)
    assert [(one.state, one.reason) for one in await course.journeys()] == [
        ("finished", None),
        ("stopped", "stopped_by_step"),
    ]
    await course.install("{sequence: c, title: По кругу, steps: [wait: 1h]}")
    await course.install("{sequence: d, title: Обратно, steps: [wait: 1h, begin: {sequence: c}]}")
    await course.install("{sequence: c, title: По кругу, steps: [wait: 1h, begin: {sequence: d}]}")
    await course.begins("c", f"contact:{contact}")
    for _ in range(8):
        await course.later(hours=1)
    ended = (await course.journeys())[2:]
    assert [one.state for one in ended] == ["finished"] * 5 + ["failed"]
    assert ended[-1].reason == "in_a_circle"
    assert any("по кругу" in one.reason for one in await course.shop.desk() if one.kind == "automation")


async def test_waits_end_on_the_shop_s_own_clock(course: Course):
    contact = await course.customer()
    await course.install("""
sequence: timed
title: По часам
steps:
  - wait_until: {time: "11:30"}
  - wait_until: {weekday: mon, time: "09:00"}
  - wait: 1w
  - wait_until: {event: letter_answered}
""")
    await course.begins("timed", f"contact:{contact}")
    for day in (12, 16, 23):
        await course.until(datetime(2026, 3, day, 11 if day == 12 else 9, 30 if day == 12 else 0, tzinfo=ALMATY))
    moments = [(one.at, one.detail) for one in await course.trace()]
    almaty = [at.astimezone(course.shop.app.settings.zone).strftime("%a %d.%m %H:%M") for at, _ in moments]
    assert almaty == ["Wed 11.03 12:00", "Thu 12.03 11:30", "Mon 16.03 09:00", "Mon 23.03 09:00"]
    journey = await course.journey()
    assert (journey.state, journey.due_at, journey.waits_for) == ("going", None, "letter_answered")
    await course.tells(Happened.LETTER_ANSWERED, "conversation:1", contact_id=contact)
    assert (await course.journey()).state == "finished"


async def test_an_offer_by_letter_goes_to_who_agreed_and_one_click_ends_them(open_course: OpenCourse):
    course = await open_course(public_url="https://shop.example")
    contact = await course.customer(email="aigul@mail.example")
    await course.install("""
sequence: offers
title: Предложения
steps:
  - send_letter: {subject: Раз, text: Скидка, class: marketing}
  - wait: 3d
  - send_letter: {subject: Два, text: Скидка, class: marketing}
  - wait: 3d
  - send_letter: {subject: Три, text: Скидка, class: marketing}
""")
    await course.begins("offers", f"contact:{contact}")
    await course.run(_agree, "aigul@mail.example", now=course.shop.clock.now())
    await course.later(days=4)
    (letter,) = course.shop.letters("aigul@mail.example")
    assert letter.subject == "Два", "nobody had asked him before the first"
    assert letter.unsubscribe is not None
    assert letter.unsubscribe in letter.text
    links = Links(course.shop.app.vault, "https://shop.example")
    named = links.letter(letter.unsubscribe.rpartition("/")[2])
    await course.run(unsubscribe.leave, named, now=course.shop.clock.now())
    shown = await course.run(unsubscribe.look, named)
    assert (shown.address, shown.is_off, shown.may_return) == ("a…l@mail.example", True, True)
    await course.later(days=4)
    assert len(course.shop.letters("aigul@mail.example")) == 1
    assert [one.detail.get("says") for one in await course.trace() if one.kind == "send_letter"] == [
        "no_consent",
        None,
        "opted_out",
    ]


async def test_while_the_gateway_does_not_answer_messages_wait_and_nothing_else(
    course: Course, monkeypatch: pytest.MonkeyPatch
):
    contact = await course.customer()
    await course.install(
        "{sequence: one, title: Одно, steps: [hand_over: {reason: посмотрите}, send_message: {text: Первое}]}"
    )

    async def silent() -> Any:
        raise Unreachable("the gateway does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(course.shop.app.gateway, "accounts", silent)
        await course.begins("one", f"contact:{contact}")
        await course.shop.time_passes(minutes=10)
        assert await course.steps() == [("0", "hand_over", "done")]
        assert (await course.journey()).reason == "in_line"
    await course.later(hours=5)
    assert course.shop.answers() == ["Первое"]


async def test_a_rule_s_message_waits_for_the_morning_too_and_goes_once(course: Course):
    contact = await course.customer()
    await course.install("""
rule: thanks
title: Спасибо
when: call_booked
then:
  - send_message: {text: "Ждём звонка"}
  - add_task: {text: "Подготовиться", in: 2h}
""")
    await course.later(hours=10)
    await course.tells(Happened.CALL_BOOKED, "call:1", contact_id=contact)
    await course.later(hours=1)
    assert (course.shop.answers(), await course.tasks()) == ([], [])
    await course.later(hours=2)
    assert await course.tasks() == ["Подготовиться"]
    await course.later(hours=12)
    assert course.shop.answers() == ["Ждём звонка"]
    assert [one.state for one in await course.kept()] == ["finished", "finished"]
    await course.later(days=3)
    assert course.shop.answers() == ["Ждём звонка"]


async def test_what_an_action_does_in_a_lead_is_asked_of_the_crm(course: Course):
    contact = await course.customer()
    lead = await course.lead(contact)
    await course.install("""
sequence: in-lead
title: В сделке
steps:
  - add_task: {text: "Позвонить {contact.first_name|клиенту}", in: 2h}
  - move_stage: {pipeline: продажи, stage: думает}
  - move_stage: {pipeline: Продажи, stage: Новый}
""")
    due = course.shop.clock.now() + timedelta(hours=2)
    await course.begins("in-lead", f"lead:{lead}")
    task, move = (await course.deeds())[:2]
    assert (task[0], task[1]["text"], datetime.fromisoformat(task[1]["due"])) == ("task", "Позвонить Айгуль", due)
    assert (move[0], move[1]["to"]) == ("move", [5, 20])
    assert (await course.journey()).state == "finished"


async def test_a_step_that_breaks_ends_its_journey_and_takes_nothing_else_with_it(
    course: Course, monkeypatch: pytest.MonkeyPatch
):
    contacts = [await course.customer(chat) for chat in CHATS[:2]]
    await course.install("""
sequence: breaks
title: Ломается
steps:
  - send_message: {text: "Первое"}
  - when: [contact.name == "Айгуль"]
    then:
      - hand_over: {reason: "позовите"}
  - send_message: {text: "Второе"}
""")
    await course.run(_renamed, contacts[0], "Айгуль")

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cases, "open_case", broken)
    for contact in contacts:
        await course.begins("breaks", f"contact:{contact}")
    await course.shop.time_passes(minutes=2)
    assert [(one.state, one.reason) for one in await course.journeys()] == [("failed", "fault"), ("finished", None)]
    assert course.shop.answers(CHATS[0]) == ["Первое"]
    assert course.shop.answers(CHATS[1]) == ["Первое", "Второе"]
    assert [one.reason for one in await course.shop.desk() if one.kind == "automation"] == [
        "«Ломается»: внутренняя ошибка: ZeroDivisionError"
    ]


async def test_a_stage_that_is_gone_ends_the_journey_and_a_person_is_asked(course: Course):
    lead = await course.lead(await course.customer())
    await course.install("""
sequence: move
title: Сдвинуть
steps:
  - move_stage: {pipeline: Продажи, stage: Думает}
  - hand_over: {reason: "не дойдёт"}
""")
    await course.run(_rename_stage)
    await course.begins("move", f"lead:{lead}")
    journey = await course.journey()
    assert (journey.state, journey.reason) == ("failed", "no_stage")
    assert [one.reason for one in await course.shop.desk() if one.kind == "automation"] == [
        "«Сдвинуть»: В CRM нет этапа «Думает» в воронке «Продажи»"
    ]


def _merge(session: Session, kept: int, merged: int, *, now: datetime) -> int:
    return merging.merge(session, kept, merged, now=now).id


def _agree(session: Session, email: str, *, now: datetime) -> None:
    company = Company(key="name:дом", name="Дом", plain="дом", is_person=False, created_at=now, updated_at=now)
    session.add(company)
    session.flush()
    person = Person(company_id=company.id, key=f"email:{email}", name="Айгуль", email=email, consent="given")
    person.created_at = person.updated_at = now
    session.add(person)


def _renamed(session: Session, contact: int, name: str) -> None:
    session.get_one(Contact, contact).name = name


def _rename_stage(session: Session) -> None:
    session.execute(update(CrmStage).where(CrmStage.name == "Думает").values(name="Решает"))


def _written_and_stopped(session: Session, contact: int, ours: Carriers, settings: Settings, *, now: datetime) -> int:
    journey = by_hand.begin(session, "two", f"contact:{contact}", by="Дана", now=now)
    taking.take(session, [journey], ours, settings, now=now)
    by_hand.stop(session, journey, now=now)
    return journey
