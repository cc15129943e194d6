"""The three scenarios that come with the product, run through to their ends with a moved clock."""

from typing import Any

import pytest

from saudager.automation import shipped
from saudager.events import Happened
from tests.sequences.course import Course

pytestmark = pytest.mark.slow

SHIPPED = {one.name: one for one in shipped.everyone()}
ADDRESS = "aigul@mail.example"


async def on_the_way(course: Course, **customer: Any) -> int:
    """A customer's lead that has just come to «Думает», with the sequence for it on; the lead."""
    connection = await course.crm(connected=False)
    await course.install(SHIPPED["thaw"].source)
    lead = await course.lead(await course.customer(**customer), connection=connection)
    await course.moves(lead, "Думает")
    return lead


@pytest.mark.both_kinds
async def test_a_lead_that_is_thought_over_is_reminded_of_twice_and_then_a_person_is_called(course: Course):
    shop = course.shop
    await on_the_way(course)
    await course.later(days=2, hours=23)
    assert shop.answers() == []
    await course.later(hours=2)
    (first,) = shop.answers()
    assert first.startswith("Айгуль, добрый день! Вы интересовались: Окна в гостиную.")
    await course.later(days=1, hours=21)
    assert len(shop.answers()) == 1
    await course.later(hours=3)
    assert len(shop.answers()) == 2
    assert "вопрос ещё актуален" in shop.answers()[1]
    await course.later(days=1)
    assert await course.tasks() == []
    await course.later(hours=4)
    assert await course.tasks() == ["Позвонить: Окна в гостиную, клиент молчит после двух напоминаний"]
    handed_over = [one.reason for one in await shop.desk() if one.kind == "handed_over"]
    assert handed_over == ["Передано человеку: молчит после двух напоминаний: Окна в гостиную"]
    assert (await course.journey()).state == "finished"
    assert await course.steps() == [
        ("0", "wait", "waited"),
        ("1", "send_message", "done"),
        ("2", "wait", "waited"),
        ("3", "send_message", "done"),
        ("4", "wait", "waited"),
        ("5", "add_task", "done"),
        ("6", "hand_over", "done"),
    ]
    await course.later(days=30)
    assert len(shop.answers()) == 2


async def test_it_ends_when_the_customer_writes(course: Course):
    shop = course.shop
    await on_the_way(course)
    await course.later(days=3, hours=1)
    assert len(shop.answers()) == 1
    await shop.customer_says("Спасибо, я ещё думаю")
    await shop.time_passes(minutes=5)
    journey = await course.journey()
    assert (journey.state, journey.reason) == ("stopped", "customer_wrote")
    said = len(shop.answers())
    await course.later(days=4)
    assert not any("вопрос ещё актуален" in text for text in shop.answers()[said:])


@pytest.mark.parametrize(("stage", "reason"), [("Успешно", "lead_stage_changed"), ("Новый", "lead_stage_changed")])
async def test_it_ends_when_the_lead_is_closed_or_leaves_the_stage(course: Course, stage: str, reason: str):
    lead = await on_the_way(course)
    await course.later(days=1)
    await course.moves(lead, stage)
    journey = await course.journey()
    assert (journey.state, journey.reason) == ("stopped", reason)
    await course.later(days=10)
    assert course.shop.answers() == []


async def test_another_stage_or_a_closed_lead_begins_nothing_and_coming_back_begins_anew(course: Course):
    lead = await on_the_way(course)
    await course.moves(lead, "Новый")
    await course.moves(lead, "Отказ")
    assert [one.state for one in await course.journeys()] == ["stopped"]
    await course.moves(lead, "Думает")
    assert [one.state for one in await course.journeys()] == ["stopped", "going"]


@pytest.mark.both_kinds
async def test_a_buyer_is_thanked_asked_by_letter_and_offered_something_a_month_later(course: Course):
    shop = course.shop
    await course.install(SHIPPED["after-sale"].source)
    lead = await course.lead(await course.customer(email=ADDRESS), connection=await course.crm(connected=False))
    await course.moves(lead, "Успешно")
    await shop.time_passes(minutes=2)
    assert [text.splitlines()[0] for text in shop.answers()] == ["Айгуль, спасибо, что выбрали нас!"]
    await course.later(days=13, hours=23)
    assert shop.letters(ADDRESS) == []
    await course.later(hours=2)
    (letter,) = shop.letters(ADDRESS)
    assert letter.subject == "Как вам покупка?"
    assert "Прошло две недели с вашей покупки: Окна в гостиную." in letter.text
    await course.later(days=16)
    assert [text.splitlines()[0] for text in shop.answers()][1:] == [
        "Айгуль, добрый день! Вы покупали у нас месяц назад."
    ]
    assert (await course.journey()).state == "finished"
    assert await course.steps() == [
        ("0", "send_message", "done"),
        ("1", "wait", "waited"),
        ("2", "branch", "done"),
        ("2.then.0", "send_letter", "done"),
        ("3", "wait", "waited"),
        ("4", "send_message", "done"),
    ]


async def test_a_buyer_without_an_address_is_asked_in_the_chat(course: Course):
    shop = course.shop
    await course.install(SHIPPED["after-sale"].source)
    lead = await course.lead(await course.customer(name=None), connection=await course.crm(connected=False))
    await course.moves(lead, "Успешно")
    await course.later(days=14, hours=1)
    assert [text.splitlines()[0] for text in shop.answers()] == [
        "Здравствуйте, спасибо, что выбрали нас!",
        "Здравствуйте, прошло две недели с вашей покупки. Всё ли подошло?",
    ]
    assert ("2.else.0", "send_message", "done") in await course.steps()


async def delivered(course: Course, **customer: Any) -> str:
    """A delivered order of a customer, with the sequence for it on; the order's number."""
    await course.install(SHIPPED["order-care"].source)
    contact = await course.customer(**customer)
    order, code = await course.order(contact)
    await course.tells(Happened.ORDER_DELIVERED, f"order:{order}", contact_id=contact)
    return code


@pytest.mark.both_kinds
async def test_who_answers_about_his_order_gets_a_person(course: Course):
    shop = course.shop
    await course.later(hours=3)
    code = await delivered(course)
    await course.later(days=2, hours=1)
    await course.later(hours=19, minutes=25)
    assert shop.answers() == []
    await shop.time_passes(minutes=30)
    assert shop.answers() == [f"Айгуль, добрый день! Заказ {code} уже у вас. Всё ли подошло?"]
    written_at = (await course.trace())[-2].at.astimezone(shop.app.settings.zone)
    assert (written_at.hour, written_at.minute) == (12, 0)
    await course.later(days=1)
    await shop.customer_says("Одна створка не закрывается")
    await shop.time_passes(minutes=5)
    assert await course.tasks() == [f"Клиент ответил о заказе {code}: посмотрите, всё ли в порядке"]
    assert (await course.journey()).state == "finished"
    assert (await course.steps())[-2:] == [("4", "branch", "done"), ("4.then.0", "add_task", "done")]


async def test_who_is_silent_about_his_order_gets_a_letter_or_another_message(course: Course):
    shop = course.shop
    code = await delivered(course, email=ADDRESS)
    for days in (2, 1, 5):
        await course.later(days=days)
    (letter,) = shop.letters(ADDRESS)
    assert letter.subject == f"Ваш заказ {code}"
    assert await course.tasks() == []
    taken = await course.trace()
    assert [one.path for one in taken][-3:] == ["4", "4.else.0", "4.else.0.then.0"]
    assert taken[-3].detail["seen"] == [{"if": "wait.came", "saw": "нет", "holds": False}]


async def test_a_small_order_begins_nothing(course: Course):
    await course.install(SHIPPED["order-care"].source)
    contact = await course.customer()
    order, _ = await course.order(contact, total=20_000)
    await course.tells(Happened.ORDER_DELIVERED, f"order:{order}", contact_id=contact)
    assert await course.journeys() == []
