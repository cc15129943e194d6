"""What a line asks for: a slot that can be booked, a time that cannot, or no time at all."""

from datetime import datetime
from typing import Literal

from saudager.calls.phrases import read_time
from saudager.calls.slots import Hours, Verdict, is_bookable

Wish = Literal["bookable", "outside_hours", "no_time"]


def slot_of(text: str, now: datetime, hours: Hours) -> tuple[datetime | None, Wish]:
    """The exact time a line asks for, and whether a call can begin then; a time that has passed is outside hours.

    ``now`` is aware, in the shop's zone; ``(None, "no_time")`` for a vague time or none.
    """
    meant = read_time(text, now)
    if meant is None or meant.at is None:
        return None, "no_time"
    return meant.at, "bookable" if is_bookable(meant.at, now, hours) is Verdict.BOOKABLE else "outside_hours"
