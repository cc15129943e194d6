"""Calls are offered, booked once a slot, moved, cancelled and reminded of; "booked" is said only with the row."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import keys
from saudager.api import sales
from saudager.calls.models import ScheduledCall
from saudager.keys import Scope
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import Shop
from saudager.web import make_web

pytestmark = pytest.mark.slow

CLIENT = Verdict(is_client=True, confidence=1.0, reasoning="клиент")


def _calls(session: Session) -> list[ScheduledCall]:
    return list(session.scalars(select(ScheduledCall).order_by(ScheduledCall.id)).all())


async def calls(shop: Shop) -> list[tuple[str, str]]:
    """Status and local time of every call."""
    found = await shop.app.db.read(_calls)
    return [(call.status, f"{call.scheduled_at.astimezone(shop.app.settings.zone):%d.%m %H:%M}") for call in found]


@pytest.fixture
async def shop(open_shop: Any) -> Shop:
    """Wednesday, 11 March, 12:00 in Almaty."""
    opened: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT), alert_numbers="77019990000")
    return opened


async def say(shop: Shop, *lines: str) -> str:
    """The answer to the last of these lines."""
    for line in lines:
        await shop.customer_says(line)
        await shop.time_passes(seconds=30)
    return shop.answers()[-1]


async def test_who_asks_for_a_call_is_offered_free_times_in_working_hours(shop: Shop):
    said = await say(shop, "Можно с вами созвониться?")
    assert "в среду, 11 марта, в 12:30" in said and "13:00" in said and "13:30" in said
    assert await calls(shop) == []


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("завтра в половине четвёртого", "12.03 15:30"),
        ("17.03 в 11:15", "17.03 11:15"),
        ("через 2 часа", "11.03 14:01"),
        ("ертең сағат 15:00-де", "12.03 15:00"),
        ("tomorrow at 3pm", "12.03 15:00"),
        ("второе", "11.03 13:00"),
    ],
)
async def test_the_time_a_customer_names_is_booked_and_said_with_weekday_and_date(shop: Shop, words: str, at: str):
    said = await say(shop, "Можно с вами созвониться?", words)
    ((status, booked),) = await calls(shop)
    assert status == "booked"
    assert booked[:5] == at[:5] and abs(_minutes(booked) - _minutes(at)) <= 1
    assert booked[-5:] in said


def _minutes(at: str) -> int:
    clock = datetime.strptime(at[-5:], "%H:%M").time()  # noqa: DTZ007
    return clock.hour * 60 + clock.minute


@pytest.mark.parametrize(
    "words", ["завтра в 20:00", "в субботу в 12", "завтра в 17:45", "8 мая в 9 утра", "23 марта в 12"]
)
async def test_out_of_hours_the_nearest_free_times_are_offered_and_nothing_is_booked(shop: Shop, words: str):
    said = await say(shop, "Можно созвониться?", words)
    assert await calls(shop) == []
    assert "10:00 до 18:00" in said and "Ближайшее свободное" in said


async def test_a_vague_answer_is_asked_about_and_not_booked(shop: Shop):
    said = await say(shop, "Можно созвониться?", "завтра после обеда")
    assert await calls(shop) == []
    assert "12 марта" in said and "?" in said


async def test_a_call_is_moved_and_the_merchant_hears_of_both(shop: Shop):
    said = await say(shop, "Позвоните мне завтра в 15:00", "Давайте лучше перенесём на пятницу в 11:00")
    assert await calls(shop) == [("rescheduled", "12.03 15:00"), ("booked", "13.03 11:00")]
    assert "теперь в пятницу, 13 марта, в 11:00" in said
    told = shop.answers("77019990000@c.us")
    assert "Назначен созвон" in told[0] and "Перенесён созвон" in told[1]


async def test_a_call_is_cancelled_and_nobody_is_reminded(shop: Shop):
    said = await say(shop, "Позвоните мне завтра в 15:00", "Отмените звонок, пожалуйста")
    assert await calls(shop) == [("cancelled", "12.03 15:00")]
    assert "Отменила" in said
    before = len(shop.answers())
    await shop.time_passes(hours=27)
    assert not any("Напоминаем" in line for line in shop.answers()[before:])


async def test_a_reminder_comes_an_hour_before_and_once(shop: Shop):
    await say(shop, "Позвоните мне сегодня в 16:00")
    await shop.time_passes(hours=2)
    assert not any("Напоминаем" in line for line in shop.answers())
    await shop.time_passes(hours=3)
    assert [line for line in shop.answers() if "Напоминаем" in line] == [
        "Напоминаем: в среду, 11 марта, в 16:00 (время Астаны) у нас с вами созвон. "
        "Если планы изменились, напишите — перенесём."
    ]


async def test_a_moved_call_is_reminded_of_at_its_new_time_only(shop: Shop):
    await say(shop, "Позвоните мне сегодня в 16:00", "Не получится, давайте лучше в 17:00")
    await shop.time_passes(hours=6)
    (reminder,) = [line for line in shop.answers() if "Напоминаем" in line]
    assert "17:00" in reminder


@pytest.mark.parametrize(
    "line",
    [
        "Доставка завтра в 15:00 удобно?",
        "Цвет мне все равно, какой есть в наличии?",
        "А какой матрас дешевле, второй вариант?",
        "А в субботу работаете?",
    ],
)
async def test_after_an_offer_of_times_a_question_about_something_else_is_answered_and_books_nothing(
    shop: Shop, line: str
):
    said = await say(shop, "Можно созвониться?", line)
    assert await calls(shop) == []
    assert "отвечаю по порядку" in said


@pytest.mark.parametrize("line", ["Нет, не надо звонить", "Нет, передумал, не надо звонить"])
async def test_a_no_to_the_offer_of_a_call_is_a_no(shop: Shop, line: str):
    said = await say(shop, "Можно созвониться?", line)
    assert await calls(shop) == [] and "Свободно" not in said
    assert not any("согласился" in told for told in shop.answers("77019990000@c.us"))


@pytest.mark.parametrize(
    "line", ["Можно отменить заказ, если передумаю?", "Я не смогу забрать подушку завтра, доставка сколько стоит?"]
)
async def test_cancelling_something_else_leaves_the_call_as_it_is(shop: Shop, line: str):
    await say(shop, "Позвоните мне завтра в 15:00", line)
    assert await calls(shop) == [("booked", "12.03 15:00")]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("перенесите на 16:00", "12.03 16:00"),
        ("А можно в 16:00?", "12.03 16:00"),
        ("лучше 16:30", "12.03 16:30"),
        ("Давайте в пятницу в 11", "13.03 11:00"),
        ("Не завтра, а в пятницу в 11", "13.03 11:00"),
    ],
)
async def test_an_hour_alone_moves_a_call_on_its_own_day(shop: Shop, line: str, at: str):
    await say(shop, "Позвоните мне завтра в 15:00", line)
    assert (await calls(shop))[-1] == ("booked", at)


async def test_a_date_that_has_passed_is_not_booked_a_year_ahead(shop: Shop):
    said = await say(shop, "Позвоните мне 10 марта в 15:00")
    assert await calls(shop) == []
    assert "Ближайшее свободное" in said


async def test_a_call_at_the_first_hour_of_a_day_is_reminded_of_the_evening_before(shop: Shop):
    await say(shop, "Позвоните мне завтра в 10:00")
    await shop.time_passes(hours=6)
    (reminder,) = [line for line in shop.answers() if "Напоминаем" in line]
    assert "12 марта, в 10:00" in reminder


async def test_a_bare_time_is_answered_in_the_language_of_the_conversation(shop: Shop):
    said = await say(shop, "Сәлеметсіз бе, терезе қанша тұрады?", "Қоңырау шала аласыз ба?", "15:00")
    assert "Қоңырауға жаздым" in said


async def test_another_question_beside_the_time_is_answered_too(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(["Доставка есть."], everybody=CLIENT))
    said = await say(shop, "Позвоните мне завтра в 15:00. А доставка у вас есть?")
    assert "15:00" in said and "Доставка есть." in said


@pytest.mark.parametrize(
    "line",
    [
        "Я вам звонил вчера",
        "Не звоните мне, пишите",
        "Дверной звонок есть в продаже?",
        "Созвонились с мужем, сколько стоит окно?",
        "Куда вам позвонить?",
        "Можно позвонить на склад?",
    ],
)
async def test_a_word_about_calling_that_asks_for_none_books_and_offers_none(shop: Shop, line: str):
    said = await say(shop, line)
    assert await calls(shop) == []
    assert "Свободно" not in said


async def test_a_customer_with_a_call_ahead_is_not_followed_up(shop: Shop):
    await say(shop, "Позвоните мне в понедельник в 15:00")
    before = shop.answers()
    await shop.time_passes(hours=30)
    assert shop.answers() == before


@pytest.mark.both_kinds
async def test_of_a_hundred_customers_racing_for_ten_slots_ten_get_one_and_ninety_an_honest_alternative(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel(everybody=CLIENT))
    chats = [f"7701100{number:04}@c.us" for number in range(100)]
    wanted = [f"{hour}:{minute:02}" for hour in range(10, 15) for minute in (0, 30)]
    await asyncio.gather(
        *(
            shop.customer_says(f"Позвоните мне завтра в {wanted[number % 10]}", chat=chat)
            for number, chat in enumerate(chats)
        )
    )
    await shop.time_passes(seconds=30)
    said = [shop.answers(chat)[-1] for chat in chats]
    booked = await calls(shop)
    assert sorted(booked) == [("booked", f"12.03 {at}") for at in sorted(wanted)]
    assert sum("Записала созвон" in line for line in said) == 10
    others = [line for line in said if "Это время уже занято. Ближайшее свободное" in line]
    assert len(others) == 90
    asked = [f"12 марта, в {wanted[number % 10]} " for number in range(100)]
    assert not any(slot in line for slot, line in zip(asked, said, strict=True) if "уже занято" in line)


async def test_the_calendar_holds_the_booked_calls_for_whoever_has_a_key(shop: Shop):
    await say(shop, "Позвоните мне завтра в 15:00")
    web: FastAPI = make_web("test")
    web.include_router(sales.router(shop.app))
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "phone", [Scope.DESK], now=shop.clock.now())
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        assert (await http.get("/calls.ics")).status_code == 401
        calendar = await http.get("/calls.ics", headers={"x-api-key": key})
    lines = calendar.text.split("\r\n")
    assert "DTSTART:20260312T100000Z" in lines and "DTEND:20260312T103000Z" in lines
    assert all(len(line.encode()) <= 75 for line in lines)


async def test_a_purchase_told_by_another_program_ends_the_chain(shop: Shop):
    await say(shop, "Сколько стоит окно?")
    web: FastAPI = make_web("test")
    web.include_router(sales.router(shop.app))
    key = keys.new()
    await shop.app.db.run(keys.keep, key, "shop", [Scope.DESK], now=shop.clock.now())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://shop") as http:
        head = {"x-api-key": key}
        unknown = await http.post("/purchases", json={"phone_number": "+7 705 000 00 00"}, headers=head)
        nonsense = await http.post("/purchases", json={"phone_number": "окно"}, headers=head)
        done = await http.post("/purchases", json={"phone_number": "8 701 000 00 01"}, headers=head)
    assert (unknown.status_code, nonsense.status_code, done.status_code) == (404, 422, 204)
    before = shop.answers()
    await shop.time_passes(hours=27)
    assert shop.answers() == before


async def test_a_call_cancelled_while_a_person_has_the_conversation_is_not_reminded_of(shop: Shop):
    await say(shop, "Позвоните мне сегодня в 16:00")
    await shop.person_says("Здравствуйте, это Асель")
    await shop.time_passes(minutes=1)
    await shop.customer_says("Отмените звонок, пожалуйста")
    await shop.time_passes(hours=3.5)
    assert await calls(shop) == [("cancelled", "11.03 16:00")]
    assert not any("Напоминаем" in line for line in shop.answers())


async def test_a_stranger_who_only_asks_to_be_called_is_asked_how_to_help(open_shop: Any):
    shop: Shop = await open_shop(model=ScriptedModel())
    assert await say(shop, "Здравствуйте, позвоните мне завтра в 15") == "Здравствуйте! Чем можем помочь?"
