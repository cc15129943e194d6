"""Periods of whole months up to a day, and the calendar months in them."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from saudager.errors import Refused

LONGEST = 60
"""Months a period may have."""
_YEAR = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``since`` to ``until``, both counted in, and the period before, which ends where this one begins.

    ``since`` is the day after ``months_before(until, months)``, so that periods of so many months follow each other
    without a gap.
    """

    since: date
    until: date
    since_before: date
    months: tuple[str, ...]
    """Calendar months as ``2026-01``, the last is that of ``until``: twelve, or as many as the period has if these are
    more."""

    @property
    def first_of_months(self) -> date:
        return date.fromisoformat(f"{self.months[0]}-01")


def up_to(until: date, months: int) -> Period:
    """The last so many months; raises Refused unless these are 1 to 60."""
    if isinstance(months, bool) or not 1 <= months <= LONGEST:
        raise Refused(f"Период — от 1 до {LONGEST} месяцев, а не {months}.")
    shown = max(months, _YEAR)
    return Period(
        months_before(until, months) + _DAY,
        until,
        months_before(until, 2 * months) + _DAY,
        tuple(_name(until, back) for back in reversed(range(shown))),
    )


def months_before(day: date, months: int) -> date:
    """The same day so many months ago. The last day of a month stays the last; a day that month has not is its last."""
    year, month = divmod(day.year * _YEAR + day.month - 1 - months, _YEAR)
    last = monthrange(year, month + 1)[1]
    is_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))


def _name(day: date, months: int) -> str:
    year, month = divmod(day.year * _YEAR + day.month - 1 - months, _YEAR)
    return f"{year:04}-{month + 1:02}"
