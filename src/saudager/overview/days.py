"""The figures of many days: those that are over are kept, today's are counted as they are asked for."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.db.statements import Statement, document, insert_into, moment
from saudager.overview import day as of_day
from saudager.overview.day import Figures
from saudager.queues import tasks

COUNT_DAYS = "count_days"
"""The task that keeps the figures of the days that are over."""
KEPT_BACK_TO = 120
"""How many days are counted when there are no figures yet."""

_STILL_MOVING = 35
"""How many days back figures still change: the last touch of a follow-up is answered a month after the first."""
_WEEKS_USUAL = 8
_COUNTS = (
    "lines",
    "answers",
    "by_people",
    "contacts",
    "handed_over",
    "calls",
    "deals",
    "opted_out",
    "median_seconds",
    "p90_seconds",
    "micro_usd",
)


def period(session: Session, days: int, zone: ZoneInfo, *, now: datetime) -> list[Figures]:
    """The last ``days`` days, oldest first, today's as far as it has come; a day nobody counted is all zero."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    kept = {figures.day: figures for figures in _read(session, first, today)}
    kept[today] = of_day.count(session, today, zone)
    return [kept.get(day) or _nothing(day) for day in (first + timedelta(days=n) for n in range(days))]


def usual(session: Session, day: date) -> dict[str, float]:
    """What the same weekday came to before, the median of at most eight weeks; nothing without two of them."""
    before = [day - timedelta(weeks=weeks) for weeks in range(1, _WEEKS_USUAL + 1)]
    kept = [figures for figures in _read(session, before[-1], day) if figures.day in before]
    found: dict[str, float] = {}
    for name in _COUNTS:
        values = [value for figures in kept if (value := getattr(figures, name)) is not None]
        if len(values) > 1:
            found[name] = median(values)
    return found


def keep(session: Session, figures: Figures, *, now: datetime) -> None:
    """Store what a day came to, in place of what was known."""
    values = {name: getattr(figures, name) for name in _COUNTS}
    touches = json.dumps(figures.touches)
    _KEEP(session, day=figures.day.isoformat(), touches=touches, counted_at=now, **values)


def ask_for_missing(session: Session, zone: ZoneInfo, *, now: datetime) -> None:
    """Have yesterday and the days before counted now if nobody did, as when the product was not running at night."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    if yesterday in to_count(session, zone, now=now):
        tasks.enqueue(session, COUNT_DAYS, task_id=f"{COUNT_DAYS}:{yesterday}", now=now)


async def count_days(app: App, task_id: str) -> int:
    """Count every day that is over and may have changed, a transaction each; how many."""
    zone, now = app.settings.zone, app.clock.now()
    days = await app.db.read(to_count, zone, now=now, again=_STILL_MOVING)
    for day in days:
        figures = await app.db.read(of_day.count, day, zone)
        await app.db.run(keep, figures, now=now)
    return len(days)


def to_count(session: Session, zone: ZoneInfo, *, now: datetime, again: int = 0) -> list[date]:
    """Days that are over and not counted since the first line, oldest first; the last ``again`` in any case."""
    first_line = moment(_FIRST(session).fetchone()[0])
    if first_line is None:
        return []
    today = now.astimezone(zone).date()
    first = max(first_line.astimezone(zone).date(), today - timedelta(days=KEPT_BACK_TO))
    known = {figures.day for figures in _read(session, first, today - timedelta(days=again))}
    days = (first + timedelta(days=number) for number in range((today - first).days))
    return [day for day in days if day not in known]


def _read(session: Session, since: date, until: date) -> Sequence[Figures]:
    """From ``since`` up to, not including, ``until``."""
    rows = _KEPT(session, since=since.isoformat(), until=until.isoformat()).fetchall()
    return [_figures(row) for row in rows]


def _figures(row: Sequence[object]) -> Figures:
    day, touches, *counts = row
    kept_day = day if isinstance(day, date) else date.fromisoformat(str(day))
    values = dict(zip(_COUNTS, counts, strict=True))
    return Figures(day=kept_day, touches=document(touches), **values)  # type: ignore[arg-type]


def _nothing(day: date) -> Figures:
    return Figures(day, 0, 0, 0, 0, 0, 0, 0, 0, None, None, 0)


_FIRST = Statement("select min(received_at) from messages")
_KEPT = Statement(f"""
    select day, touches, {", ".join(_COUNTS)} from daily_figures where day >= :since and day < :until
    order by day""")  # noqa: S608
_KEEP = insert_into(
    "daily_figures",
    ("day", "touches", "counted_at", *_COUNTS),
    "on conflict (day) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in ("touches", "counted_at", *_COUNTS)),
)
