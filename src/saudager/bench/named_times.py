"""Which time a customer means for a call: the product's reading beside a pattern and beside ``dateparser``.

The cases are the exam's: a line, the moment it was written, and what should come of it. ``kept`` are those set aside
while the product's rules were made. The pattern is what plans for such a salesperson ask for: a day word or a date, an
hour with or without minutes, then the working hours.
"""

import re
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from saudager.bench import left_out, settings, shares
from saudager.bench.left_out import LeftOut
from saudager.calls.hours import working_hours
from saudager.calls.phrases import read_time
from saudager.calls.slots import Hours, Verdict, is_bookable
from saudager.exam.cases import CallSlotCase, read_cases, shipped

_FEWEST = 20
_BOOKED = {Verdict.BOOKABLE: "bookable"}
_DAYS = {"послезавтра": 2, "завтра": 1, "сегодня": 0, "ертең": 1, "бүгін": 0}
_WEEKDAYS = ("понедельник", "вторник", "сред", "четверг", "пятниц", "суббот", "воскресень")
_DATE = re.compile(r"\b(\d{1,2})\.(\d{1,2})\b")
_HOUR = re.compile(r"\b(?:в|на|к|сағат|at)\s+(\d{1,2})(?:[:.](\d{2}))?\b|\b(\d{1,2}):(\d{2})\b")
Row = dict[str, Any]
Read = Callable[[str, datetime], datetime | None]
"""From a line and the moment it was written, aware, the time it names."""


async def measured(scale: float) -> list[Row]:
    """The product, the pattern, and dateparser where it is installed."""
    cases = [case for case in read_cases("callslot", shipped("callslot")) if isinstance(case, CallSlotCase)]
    cases = cases[: max(_FEWEST, round(len(cases) * scale))]
    rows = []
    for name, read in (("product", _product), ("pattern", _pattern), ("dateparser", _dateparser)):
        try:
            rows.append({"variant": f"times_{name}", **_row(cases, read)})
        except LeftOut as why:
            rows.append({"variant": f"times_{name}", "left_out": str(why)})
    return rows


def _row(cases: Sequence[CallSlotCase], read: Read) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        own = settings.in_folder(folder)
    right = [_is_right(case, read, working_hours(own, case.now)) for case in cases]
    kept = [is_right for case, is_right in zip(cases, right, strict=True) if case.kept]
    of_kept = shares.share("understood", sum(kept), len(kept))
    return shares.share("understood", sum(right), len(right)) | {
        f"kept_{name}": value for name, value in of_kept.items()
    }


def _is_right(case: CallSlotCase, read: Read, hours: Hours) -> bool:
    """Whether the time is the one meant, and would be booked or not as it should."""
    now = case.now.astimezone(hours.zone)
    at = read(case.text, now)
    got = "no_time" if at is None else _BOOKED.get(is_bookable(at, now, hours), "outside_hours")
    return got == case.expect and (case.expect_at is None or at == case.expect_at)


def _product(text: str, now: datetime) -> datetime | None:
    meant = read_time(text, now)
    return meant.at if meant is not None else None


def _pattern(text: str, now: datetime) -> datetime | None:
    said = text.lower()
    hour = _HOUR.search(said)
    if hour is None:
        return None
    at = now.replace(second=0, microsecond=0)
    date = _DATE.search(said)
    try:
        at = at.replace(hour=int(hour[1] or hour[3]), minute=int(hour[2] or hour[4] or 0))
        return at.replace(day=int(date[1]), month=int(date[2])) if date else at + timedelta(days=_days_ahead(said, now))
    except ValueError:
        return None


def _days_ahead(said: str, now: datetime) -> int:
    for word, days in _DAYS.items():
        if word in said:
            return days
    return next(((day - now.weekday()) % 7 for day, stem in enumerate(_WEEKDAYS) if stem in said), 0)


def _dateparser(text: str, now: datetime) -> datetime | None:
    """The first ``search_dates`` finds in Russian, dates to come preferred; it knows no Kazakh. A day without an hour
    comes with the hour of ``now`` and is none."""
    left_out.need("dateparser")
    from dateparser.search import search_dates

    told = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "future"}
    found = search_dates(text, languages=["ru"], settings=told)
    at: datetime | None = found[0][1] if found else None
    if at is None or at.time() == now.time():
        return None
    return at.replace(tzinfo=now.tzinfo, second=0, microsecond=0)
