"""A week of calls as a calendar: days, the hours in which calls are taken, what is booked and what is free."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from saudager.calls import diary
from saudager.calls.diary import Entry
from saudager.calls.holidays import public_holidays
from saudager.calls.hours import working_hours
from saudager.calls.models import CallStatus
from saudager.calls.slots import Hours, Verdict, is_bookable
from saudager.settings import Settings

Off = Literal["weekend", "holiday", "day_off"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A time calls may begin at; ``calls`` begin in it or between it and the next."""

    at: datetime
    calls: list[Entry]
    is_free: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the shop's zone, and why no calls are taken on it."""

    day: date
    off: Off | None
    slots: list[Slot]

    @property
    def calls(self) -> list[Entry]:
        return [call for slot in self.slots for call in slot.calls]


def week_of(session: Session, day: date, *, settings: Settings, now: datetime) -> list[Day]:
    """Monday to Sunday of the week the day is in; every day has the same slots."""
    monday = day - timedelta(days=day.weekday())
    begins, ends = (datetime.combine(monday + timedelta(days=days), time(), settings.zone) for days in (0, 7))
    calls = diary.between(session, begins, ends)
    hours = working_hours(settings, now)
    return [_day(monday + timedelta(days=days), calls, hours, settings, now) for days in range(7)]


def _day(day: date, calls: Sequence[Entry], hours: Hours, settings: Settings, now: datetime) -> Day:
    its_own = [call for call in calls if call.at.astimezone(hours.zone).date() == day]
    off = _why_off(day, settings)
    return Day(day, off, list(_slots(day, its_own, calls, hours, now)))


def _slots(day: date, its_own: list[Entry], calls: Sequence[Entry], hours: Hours, now: datetime) -> Iterator[Slot]:
    starts = [
        datetime.combine(day, time(minutes // 60, minutes % 60), hours.zone)
        for minutes in range(hours.begin * 60, hours.end * 60 - hours.minutes + 1, hours.minutes)
    ]
    booked = [call.at for call in calls if call.status == CallStatus.BOOKED]
    for number, start in enumerate(starts):
        begins = start if number else datetime.combine(day, time(), hours.zone)
        ends = starts[number + 1] if number + 1 < len(starts) else begins + timedelta(days=1)
        bookable = is_bookable(start, now, hours) is Verdict.BOOKABLE
        overlapping = sum(abs(at - start) < hours.length for at in booked)
        yield Slot(
            start, [call for call in its_own if begins <= call.at < ends], bookable and overlapping < hours.capacity
        )


def _why_off(day: date, settings: Settings) -> Off | None:
    if day in settings.days_off:
        return "day_off"
    if day in public_holidays(day.year):
        return "holiday"
    return "weekend" if day.weekday() not in Hours(settings.zone).days else None
