"""Until when a step of a sequence waits: for so long, for a time of day in the shop's zone, or for an event."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from saudager.automation.definitions import Wait, WaitUntil
from saudager.automation.names import WEEKDAYS


def over_at(step: Wait | WaitUntil, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment the wait ends by itself; None: only the event ends it."""
    if isinstance(step, Wait):
        return now + step.duration
    if step.time is None:
        return None if step.at_most is None else now + step.at_most
    here = now.astimezone(zone)
    days, again = (0, 1) if step.weekday is None else ((WEEKDAYS.index(step.weekday) - here.weekday()) % 7, 7)
    if days == 0 and step.time < here.time():
        days = again
    return datetime.combine(here.date() + timedelta(days=days), step.time, zone).astimezone(now.tzinfo)
