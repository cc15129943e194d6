"""A call can be booked in working hours only, and the slots offered are free, ahead and in order."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from saudager.calls.holidays import public_holidays
from saudager.calls.slots import Hours, Verdict, free_slots, is_bookable
from saudager.calls.wishes import slot_of

pytestmark = pytest.mark.slow

ALMATY = ZoneInfo("Asia/Almaty")
MONDAY = datetime(2026, 3, 16, 9, 0, tzinfo=ALMATY)
HOURS = Hours(ALMATY, holidays=public_holidays(2026))


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ALMATY)


def test_every_minute_of_a_week_is_bookable_exactly_when_the_whole_call_is_in_working_hours() -> None:
    for minute in range(7 * 24 * 60):
        at = _at(16, 0) + timedelta(minutes=minute)
        in_hours = (10, 0) <= (at.hour, at.minute) <= (17, 30) and at.weekday() < 5
        expected = Verdict.PAST if at < MONDAY else Verdict.BOOKABLE if in_hours else Verdict.OUTSIDE_HOURS
        assert is_bookable(at, MONDAY, HOURS) is expected, at


def test_a_holiday_is_no_working_day() -> None:
    assert is_bookable(_at(23, 11), MONDAY, HOURS) is Verdict.OUTSIDE_HOURS
    assert is_bookable(_at(24, 11), MONDAY, HOURS) is Verdict.BOOKABLE
    assert date(2027, 12, 16) in public_holidays(2027) and len(public_holidays(2027)) == 14


def test_a_day_the_merchant_adds_is_no_working_day() -> None:
    hours = Hours(ALMATY, holidays=frozenset({date(2026, 5, 27)}))
    assert is_bookable(datetime(2026, 5, 27, 11, tzinfo=ALMATY), MONDAY, hours) is Verdict.OUTSIDE_HOURS


def test_the_present_moment_can_be_booked_and_no_lead_time_is_asked() -> None:
    assert is_bookable(_at(16, 11), _at(16, 11), HOURS) is Verdict.BOOKABLE
    assert is_bookable(_at(16, 11), _at(16, 11, 1), HOURS) is Verdict.PAST


def test_hours_are_those_of_the_shop_wherever_the_moment_was_written() -> None:
    in_london = _at(16, 11).astimezone(ZoneInfo("Europe/London"))
    assert is_bookable(in_london, MONDAY, HOURS) is Verdict.BOOKABLE


def test_the_soonest_slots_are_offered_first_on_the_half_hour() -> None:
    assert free_slots(_at(16, 11, 10), HOURS, []) == [_at(16, 11, 30), _at(16, 12), _at(16, 12, 30)]


def test_a_slot_is_free_only_while_fewer_calls_than_the_shop_can_take_overlap_it() -> None:
    taken = [_at(16, 10, 15), _at(16, 11)]
    assert free_slots(MONDAY, HOURS, taken) == [_at(16, 11, 30), _at(16, 12), _at(16, 12, 30)]
    two = Hours(ALMATY, capacity=2)
    assert free_slots(MONDAY, two, taken)[0] == _at(16, 10)
    assert free_slots(MONDAY, two, [_at(16, 10), _at(16, 10)])[0] == _at(16, 10, 30)


def test_slots_near_a_moment_are_the_nearest_free_ones_in_order_of_time() -> None:
    assert free_slots(MONDAY, HOURS, [_at(18, 15)], near=_at(18, 15)) == [_at(18, 14), _at(18, 14, 30), _at(18, 15, 30)]


def test_slots_go_on_after_a_weekend_and_holidays() -> None:
    assert free_slots(_at(20, 17, 15), HOURS, []) == [_at(20, 17, 30), _at(24, 10), _at(24, 10, 30)]


def test_no_slot_is_offered_that_could_not_be_booked() -> None:
    for minute in range(0, 14 * 24 * 60, 37):
        now = MONDAY + timedelta(minutes=minute)
        for slot in free_slots(now, HOURS, [_at(17, 12)], near=now + timedelta(hours=5), limit=8):
            assert is_bookable(slot, now, HOURS) is Verdict.BOOKABLE
            assert abs(slot - _at(17, 12)) >= timedelta(minutes=30)


def test_a_shop_without_a_working_day_in_sight_offers_nothing() -> None:
    assert free_slots(MONDAY, Hours(ALMATY, days=frozenset()), []) == []
    far = Hours(ALMATY, holidays=frozenset(MONDAY.date() + timedelta(days=ahead) for ahead in range(61)))
    assert free_slots(MONDAY, far, []) == []


def test_a_customers_line_becomes_a_slot_a_refusal_or_a_question() -> None:
    assert slot_of("завтра в 11:15", MONDAY, HOURS) == (_at(17, 11, 15), "bookable")
    assert slot_of("завтра в 8 вечера", MONDAY, HOURS) == (_at(17, 20), "outside_hours")
    assert slot_of("сегодня в 8", MONDAY, HOURS) == (_at(16, 8), "outside_hours")
    assert slot_of("завтра вечером", MONDAY, HOURS) == (None, "no_time")
    assert slot_of("спасибо", MONDAY, HOURS) == (None, "no_time")
