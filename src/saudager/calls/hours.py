"""When this shop takes calls, by its settings and the law's days off."""

from datetime import datetime

from saudager.calls.holidays import public_holidays
from saudager.calls.slots import Hours
from saudager.settings import Settings


def working_hours(settings: Settings, now: datetime) -> Hours:
    """Monday to Friday without the public holidays of this year and the next, and DAYS_OFF."""
    year = now.astimezone(settings.zone).year
    return Hours(
        zone=settings.zone,
        begin=settings.working_hours_start,
        end=settings.working_hours_end,
        minutes=settings.call_minutes,
        holidays=public_holidays(year) | public_holidays(year + 1) | frozenset(settings.days_off),
        capacity=settings.calls_at_once,
    )
