"""The salesperson understands which time a customer means, however carelessly it is typed, and never makes one up."""

import json
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from saudager.calls.holidays import public_holidays
from saudager.calls.phrases import Meant, read_time
from saudager.calls.slots import Hours
from saudager.calls.wishes import slot_of
from saudager.exam.cases import shipped
from saudager.moments import spoken

ALMATY = ZoneInfo("Asia/Almaty")
WEDNESDAY_NOON = datetime(2026, 3, 11, 12, 0, tzinfo=ALMATY)
HOURS = Hours(ALMATY, holidays=public_holidays(2026) | public_holidays(2027))


def _said(text: str, now: datetime = WEDNESDAY_NOON) -> str | None:
    """«12.03 15:30»: the moment a line means, None without one."""
    meant = read_time(text, now)
    return f"{meant.at:%d.%m %H:%M}" if meant and meant.at else None


@pytest.mark.parametrize("kept", [False, True])
def test_the_shipped_cases_are_read_as_the_exam_expects(kept: bool) -> None:
    lines = shipped("callslot").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case.get("kept", False) is kept]
    wrong = []
    for case in cases:
        expected = datetime.fromisoformat(case["expect_at"]) if case["expect_at"] else None
        got = slot_of(case["text"], datetime.fromisoformat(case["now"]).astimezone(ALMATY), HOURS)
        if got != (expected, case["expect"]):
            wrong.append((case["text"], got))
    assert len(wrong) <= 0.05 * len(cases), wrong
    assert kept or len(cases) >= 120


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("завтра в половине четвёртого", "12.03 15:30"),
        ("без четверти пять", "11.03 16:45"),
        ("в четверть шестого", "11.03 17:15"),
        ("без пятнадцати час", "11.03 12:45"),
        ("десять минут пятого", "11.03 16:10"),
        ("полпервого", "11.03 12:30"),
        ("в час дня", "11.03 13:00"),
        ("завтра в шестнадцать сорок пять", "12.03 16:45"),
        ("quarter past three", "11.03 15:15"),
        ("at ten to five", "11.03 16:50"),
        ("үш жарымда", "11.03 15:30"),
        ("үшке он бес минут қалғанда", "11.03 14:45"),
        ("ертең сағат он бірде", "12.03 11:00"),
    ],
)
def test_a_time_said_in_words_is_the_time_on_the_clock(text: str, moment: str) -> None:
    assert _said(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "завтро в 3", "завтра в 15.00", "завтра 15-00", "зафтра в 3х", "zavtra v 3", "ертең сағат 3-те",
        "ертен сагат уште",
        "erten sagat 3te", "tommorrow 3pm", "завтра,в 15ч", "завтра 15 00", "завтра часа в 3", "ЗАВТРА В 3 ДНЯ!!!",
    ],
)  # fmt: skip
def test_careless_spelling_is_the_same_time(text: str) -> None:
    assert _said(text) == "12.03 15:00"


@pytest.mark.parametrize("hour", range(1, 24))
def test_an_hour_from_one_to_seven_is_in_the_afternoon_unless_the_line_says_otherwise(hour: int) -> None:
    meant = hour + 12 if hour < 8 else hour
    assert _said(f"завтра в {hour}") == f"12.03 {meant:02}:00"
    if hour < 12:
        assert _said(f"завтра в {hour} утра") == f"12.03 {hour:02}:00"
        assert _said(f"завтра в {hour} вечера") == f"12.03 {hour + 12:02}:00"
        assert _said(f"tomorrow at {hour}am") == f"12.03 {hour:02}:00"


def test_every_time_of_day_written_in_full_is_read_as_written() -> None:
    for minute in range(8 * 60, 24 * 60):
        written = f"{minute // 60:02}:{minute % 60:02}"
        assert _said(f"давайте в пятницу в {written}") == f"13.03 {written}"


def test_a_bare_hour_is_today_while_it_is_ahead_and_tomorrow_after_that() -> None:
    assert _said("в 15") == "11.03 15:00"
    assert _said("в 15", WEDNESDAY_NOON.replace(hour=15)) == "12.03 15:00"


def test_a_weekday_is_the_next_one_ahead_and_today_only_before_the_time() -> None:
    names = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")
    for weekday, name in enumerate(names):
        meant = read_time(f"в {name} в 15:00", WEDNESDAY_NOON)
        assert meant and meant.at and meant.at.weekday() == weekday
        assert timedelta() < meant.at - WEDNESDAY_NOON <= timedelta(days=7)
    assert _said("в среду в 11") == "18.03 11:00"
    assert _said("в следующую среду в 15") == "18.03 15:00"
    assert _said("на следующей неделе в пятницу в 15") == "20.03 15:00"


def test_a_date_without_a_year_is_the_next_one_ahead_and_one_with_a_year_stays() -> None:
    assert read_time("10.03 в 11", WEDNESDAY_NOON) == Meant(datetime(2027, 3, 10, 11, tzinfo=ALMATY), date(2027, 3, 10))
    assert read_time("10.03.2026 в 11", WEDNESDAY_NOON) == Meant(
        datetime(2026, 3, 10, 11, tzinfo=ALMATY), date(2026, 3, 10)
    )
    assert _said("вчера в 11") == "10.03 11:00"


@pytest.mark.parametrize(
    "text",
    [
        "15 000 тг", "2 окна", "1500x1500", "квартира 15", "в 3 комнаты", "на 2 окна", "мне в 15 квартиру",
        "+7 701 123 45 67",
        "доставка 3 дня", "на 3 этаже", "у меня 12 окон по 45000", "3 терезе керек", "I need 5 windows", "добрый день",
        "Доброе утро! почем диван", "good evening", "км в час", "скидка 15%", "он согласен",
    ],
)  # fmt: skip
def test_a_price_a_phone_or_a_quantity_is_no_time(text: str) -> None:
    assert read_time(text, WEDNESDAY_NOON) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("после обеда", Meant(part="afternoon")),
        ("завтра вечером", Meant(day=date(2026, 3, 12), part="evening")),
        ("дүйсенбіде түске дейін", Meant(day=date(2026, 3, 16), part="morning")),
        ("on friday morning", Meant(day=date(2026, 3, 13), part="morning")),
        ("в любое время завтра", Meant(day=date(2026, 3, 12))),
        ("когда вам удобно", Meant()),
        ("на неделе", Meant()),
        ("после 15:00", Meant(after=WEDNESDAY_NOON.replace(hour=15))),
        ("завтра до 12", Meant(day=date(2026, 3, 12), before=datetime(2026, 3, 12, 12, tzinfo=ALMATY))),
    ],
)
def test_a_vague_time_stays_as_vague_as_it_was_said(text: str, meant: Meant) -> None:
    assert read_time(text, WEDNESDAY_NOON) == meant


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("в 3 или в 4", "11.03 15:00"),
        ("завтра или послезавтра в 11", "12.03 11:00"),
        ("с 3 до 5", "11.03 15:00"),
        ("between 2 and 4 tomorrow", "12.03 14:00"),
        ("завтра в 3, нет, лучше в 16", "12.03 16:00"),
        ("завтра в 3, ой, послезавтра", "13.03 15:00"),
        ("не в 3, а в 4", "11.03 16:00"),
        ("завтра не могу, в пятницу в 11", "13.03 11:00"),
        ("3-те емес, 4-те", "11.03 16:00"),
        ("can't do 3, 4 works", "11.03 16:00"),
        ("перенесите с 11 на 14:00", "11.03 14:00"),
        ("завтра в 3, если нет, то в 4", "12.03 15:00"),
        ("у меня поезд в 15:00, поэтому лучше в 14:00", "11.03 14:00"),
        ("встреча в 2, давайте в 4", "11.03 16:00"),
        ("вы говорили в 3, давайте в 4", "11.03 16:00"),
        ("вчера звонил в 11, наберите завтра в 12", "12.03 12:00"),
        ("не могли бы вы завтра в 3 позвонить?", "12.03 15:00"),
        ("завтра в 3, машины нет, заберите сами", "12.03 15:00"),
    ],
)
def test_the_first_offer_counts_but_not_a_refused_one_and_the_last_correction_wins(text: str, moment: str) -> None:
    assert _said(text) == moment


@pytest.mark.parametrize(
    "text", ["31.02 в 11", "30 февраля в 11", "31.02.2027 в 11", "на выходных в 12", "на следующей неделе в 11"]
)
def test_a_time_on_no_one_day_is_not_moved_to_another_day(text: str) -> None:
    meant = read_time(text, WEDNESDAY_NOON)
    assert meant is not None and meant.at is None


def test_a_figure_alone_is_a_time_only_as_the_answer_to_a_question() -> None:
    for text in ("15", "давайте 3", "11 или 12", "үште"):
        meant = read_time(text, WEDNESDAY_NOON, asked=True)
        assert meant is not None and meant.at is not None
    assert _said("15") is None and _said("давайте 3") is None
    assert read_time("3 окна", WEDNESDAY_NOON, asked=True) is None


def test_any_row_of_words_is_read_without_an_error() -> None:
    words = (
        "в", "на", "3", "15", "31.02", "24:00", "через", "половина", "четверть", "без", "минут", "часов", "завтра",
        "пятого", "марта", "0", "99", "үште", "-", ",", "нет", "или",
    )  # fmt: skip
    dice = Random(7)
    for _ in range(3000):
        line = " ".join(dice.choices(words, k=dice.randint(1, 8)))
        meant = read_time(line, WEDNESDAY_NOON)
        assert meant is None or meant.at is None or meant.at.tzinfo is not None


def test_a_booked_moment_is_said_with_its_weekday_in_the_customers_language() -> None:
    at = datetime(2026, 3, 18, 15, 30, tzinfo=ALMATY)
    assert spoken(at, "ru") == "в среду, 18 марта, в 15:30 (время Астаны)"
    assert spoken(at, "kk") == "сәрсенбі, 18 наурыз, сағат 15:30 (Астана уақыты)"
    assert spoken(at, "en") == "on Wednesday, 18 March, at 15:30 (Astana time)"


def test_what_was_said_back_is_understood_as_the_same_moment() -> None:
    for ahead in range(1, 365):
        at = (WEDNESDAY_NOON + timedelta(days=ahead)).replace(hour=10 + ahead % 8, minute=ahead % 2 * 30)
        for language in ("ru", "kk", "en"):
            meant = read_time(spoken(at, language), WEDNESDAY_NOON)
            assert meant and meant.at == at, spoken(at, language)


@pytest.mark.parametrize("text", ['та:9"ст1қаңыз', "\u200b", "З\u200bа\u200bв\u200bтра в 3", "😡😡😡", ""])
def test_a_torn_line_is_read_without_a_fault(text: str):
    read_time(text, WEDNESDAY_NOON)
