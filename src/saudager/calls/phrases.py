"""Which time a customer means: «завтра в половине четвёртого», «ертең сағат үште», «next tuesday 10:30»."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import get_args

from saudager.calls.calendar_grammar import days, distances
from saudager.calls.choosing import Offer, wanted
from saudager.calls.clock_grammar import plain_clocks, spoken_clocks
from saudager.calls.line import Line
from saudager.calls.mentions import Clock, Day, Mention, Part
from saudager.calls.reading import read_line

_PARTS = ("morning", "afternoon", "evening", "night")
_LUNCH = re.compile(r"(?P<half>f)[hl]?[JK]|K(?P<kazakh>f)[hl]|(?P<before>[pe])?L(?P<after>[pe])?|p&|&p|e&|&e")
_PART_ENDS = {"morning": 12, "afternoon": 18, "evening": 22, "night": 24}
_VAGUE = re.compile(r"V|[>=]?E|\+|vM")


@dataclass(frozen=True, slots=True)
class Meant:
    """The time a customer named, as exactly as they did: a moment, or only a day, a part of it, a bound, or nothing.

    ``at``, ``after`` and ``before`` are aware, in the zone of the ``now`` they were read by; ``after`` and ``before``
    are bounds («после 15:00»), not times.
    """

    at: datetime | None = None
    day: date | None = None
    part: Part | None = None
    after: datetime | None = None
    before: datetime | None = None
    day_said: bool = field(default=False, compare=False)
    """Whether the line names the day of ``at``."""


def read_time(text: str, now: datetime, *, asked: bool = False) -> Meant | None:
    """What a line says of the time of a call, None when it has no word about time.

    ``now`` is aware, in the shop's zone. An hour from 1 to 7 is in the afternoon unless the line says otherwise; a time
    without a day is the next one ahead; the first of several times offered counts, and the last correction. A time
    that has passed is returned as it was said. When a time was just ``asked`` for, a figure alone is one.
    """
    line = read_line(text)
    mentions = sorted(_mentions(line, now, asked=asked), key=lambda mention: mention.start)
    offer = wanted(mentions, line)
    if offer is None:
        return Meant() if mentions else None
    return _meant(offer, now)


def _mentions(line: Line, now: datetime, *, asked: bool) -> Iterator[Mention]:
    """Everything said about time; what one rule has read is hidden from those after it."""
    yield from distances(line, now)
    yield from spoken_clocks(line)
    yield from days(line, now)
    yield from plain_clocks(line, asked=asked)
    for hit in _LUNCH.finditer(line.kinds):
        line.take(*hit.span(), "z")
        yield Mention(*hit.span(), part=_around_lunch(line, hit))
    for at, word in enumerate(line.words):
        if line.kinds[at] == "P":
            yield Mention(at, at + 1, part=_PARTS[int(word.value)])
    for hit in _VAGUE.finditer(line.kinds):
        yield Mention(*hit.span())


def _around_lunch(line: Line, hit: re.Match[str]) -> str:
    if hit["half"] or hit["kazakh"]:
        first = line.words[hit.start("half" if hit["half"] else "kazakh")].value == 1
        return "morning" if first else "afternoon"
    if "&" in hit.group():
        return "morning" if "e" in hit.group() else "evening"
    return "morning" if "e" in (hit["before"], hit["after"]) else "afternoon"


def _meant(offer: Offer, now: datetime) -> Meant:
    if offer.moment:
        return Meant(offer.moment, offer.moment.date(), day_said=True)
    if offer.clock and offer.is_exact:
        at = _at(offer.day, offer.clock, offer.part, now)
        return Meant(at, at.date(), day_said=offer.day is not None)
    said = "evening" if offer.part == "night" else offer.part
    part = next((one for one in get_args(Part) if one == said), None)
    day = _date(offer.day, now, lambda today: _PART_ENDS.get(offer.part or "", 0) > now.hour)
    if offer.bound is None:
        return Meant(day=day, part=part)
    bound = _at(offer.day, replace(offer.bound, side="at"), offer.part, now)
    if offer.bound.side == "after":
        return Meant(day=day, part=part, after=bound)
    return Meant(day=day, part=part, before=bound)


def _at(day: Day | None, clock: Clock, part: str | None, now: datetime) -> datetime:
    """A time without a day is today while it is ahead, then tomorrow."""
    hour, minute, later = clock.on_24_hours(part or "")

    def on(one: date) -> datetime:
        return datetime.combine(one + timedelta(days=later), time(hour, minute), now.tzinfo)

    found = _date(day, now, lambda today: on(today) > now)
    if found is None:
        found = now.date() if on(now.date()) > now else now.date() + timedelta(days=1)
    return on(found)


def _date(day: Day | None, now: datetime, is_ahead: Callable[[date], bool]) -> date | None:
    """The date of a day; of a weekday, today's only while what is meant is ahead. None for no day or a whole week."""
    if day is None or day.on is not None:
        return None if day is None else day.on
    if day.weekday is None:
        return None
    today = now.date()
    if day.week is not None:
        return today + timedelta(days=day.weekday - today.weekday() + 7 * day.week)
    ahead = (day.weekday - today.weekday()) % 7
    return today + timedelta(days=ahead if ahead or is_ahead(today) else 7)
