"""The hours in which answers are written, when the shop keeps any."""

from datetime import datetime, time, timedelta

from saudager.settings import Settings

_DAY = timedelta(days=1)


def opening(settings: Settings, at: datetime) -> datetime:
    """The first moment from ``at`` on at which answers are written: ``at`` itself when they are, or at any hour."""
    if not settings.reply_hours:
        return at
    begins, ends = (time.fromisoformat(part) for part in settings.reply_hours.split("-"))
    local = at.astimezone(settings.zone)
    is_open = begins <= local.time() < ends if begins < ends else local.time() >= begins or local.time() < ends
    if is_open:
        return at
    day = local.date() if local.time() < begins else local.date() + _DAY
    return datetime.combine(day, begins, settings.zone).astimezone(at.tzinfo)
