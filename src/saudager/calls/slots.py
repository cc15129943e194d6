"""Which moments a call can be booked at: working hours, days off, and calls already booked."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from heapq import nsmallest
from itertools import islice

_LOOKED_AHEAD = 60
_WORKDAYS = frozenset(range(5))


class Verdict(StrEnum):
    """Whether a moment can be booked, and if not, why."""

    BOOKABLE = "bookable"
    OUTSIDE_HOURS = "outside_hours"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Hours:
    """When the shop takes calls: from ``begin`` to ``end`` o'clock in ``zone``, ``minutes`` each."""

    zone: tzinfo
    begin: int = 10
    end: int = 18
    minutes: int = 30
    days: frozenset[int] = _WORKDAYS
    """Weekdays, Monday 0."""
    holidays: frozenset[date] = frozenset()
    capacity: int = 1
    """How many calls may run at once."""

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)


def is_bookable(at: datetime, now: datetime, hours: Hours) -> Verdict:
    """Whether a call may begin at ``at``: any minute at which it also ends within working hours. Both are aware."""
    if at < now:
        return Verdict.PAST
    local = at.astimezone(hours.zone)
    begins = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    is_open = timedelta(hours=hours.begin) <= begins <= timedelta(hours=hours.end) - hours.length
    return Verdict.BOOKABLE if is_open and _is_working_day(local.date(), hours) else Verdict.OUTSIDE_HOURS


def free_slots(
    now: datetime, hours: Hours, taken: Sequence[datetime], *, near: datetime | None = None, limit: int = 3
) -> list[datetime]:
    """Up to ``limit`` free moments of the next 60 days in order: the nearest to ``near``, else the soonest.

    They are in the shop's zone, on a grid of ``hours.minutes``; ``taken`` are the starts of the calls booked, each as
    long as a slot. A slot is free while fewer than ``hours.capacity`` of them overlap it. All moments are aware.
    """
    booked = sorted(start.astimezone(UTC) for start in taken)
    free = (slot for slot in _grid(now, hours) if _overlapping(slot, booked, hours.length) < hours.capacity)
    if near is None:
        return list(islice(free, limit))
    wanted = near.astimezone(UTC)
    return sorted(nsmallest(limit, free, key=lambda slot: abs(slot.astimezone(UTC) - wanted)))


def _grid(now: datetime, hours: Hours) -> Iterator[datetime]:
    today = now.astimezone(hours.zone).date()
    starts = range(hours.begin * 60, hours.end * 60 - hours.minutes + 1, hours.minutes)
    for ahead in range(_LOOKED_AHEAD + 1):
        day = today + timedelta(days=ahead)
        if not _is_working_day(day, hours):
            continue
        for start in starts:
            slot = datetime.combine(day, time(start // 60, start % 60), hours.zone)
            if slot >= now:
                yield slot


def _overlapping(slot: datetime, booked: Sequence[datetime], length: timedelta) -> int:
    start = slot.astimezone(UTC)
    return bisect_left(booked, start + length) - bisect_right(booked, start - length)


def _is_working_day(day: date, hours: Hours) -> bool:
    return day.weekday() in hours.days and day not in hours.holidays
