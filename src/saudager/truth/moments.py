"""Days and hours of one moment: the weekday of a date, «завтра», and a date with its own time."""

import re
from collections.abc import Iterator, Sequence, Set
from datetime import date, datetime, timedelta

from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.matching import Place
from saudager.truth.named import NamedFact
from saudager.truth.rows import is_true
from saudager.truth.weekdays import weekdays
from saudager.words import normalise

_RELATIVE = [
    (2, re.compile(r"(?<!\w)(?:послезавтра|бүрсігүні|the day after tomorrow)(?!\w)")),
    (1, re.compile(r"(?<!\w)(?:завтра|ертең|(?<!after )tomorrow)(?!\w)")),
    (0, re.compile(r"(?<!\w)(?:сегодня|бүгін|today)(?!\w)")),
]


_DENIES = re.compile(r"(?<!\w)(?:не|нет|занято|жоқ|not|no)(?!\w)")


def wrong_moments(place: Place, known: Known) -> Iterator[str]:
    """Russian complaints about the days and hours of one sentence."""
    plain = place.plain[slice(*place.span)]
    dates = [figure for figure in place.inside if figure.kind is FigureKind.DATE]
    times = [figure for figure in place.inside if figure.kind is FigureKind.TIME]
    today, moments = known.today, known.moments
    days = weekdays(plain)
    relative = next((today + timedelta(days=ahead) for ahead, said in _RELATIVE if said.search(plain)), None)
    meant = [_as_date(figure, moments, today) for figure in dates]
    if len(meant) == 1 and meant[0]:
        if days and meant[0].weekday() not in days:
            yield f"{meant[0]:%d.%m.%Y}: день недели назван неверно."
        if relative and relative != meant[0] and not _DENIES.search(plain):
            yield f"{meant[0]:%d.%m.%Y}: это не тот день, что назван."
    elif not meant and moments and not _DENIES.search(plain) and (days or (relative and (times or _promised(plain)))):
        fitting = [when for _, when in moments if _fits(when, days, relative, times)]
        if not fitting:
            yield "Названный день не совпадает с записью."
    elif not meant and days and not plain.rstrip().endswith("?") and days - _told(known, place.earlier):
        yield "Такого дня недели в документах нет."
    timed = [when for row, when in moments if ":" in row.value]
    if (
        len(meant) == 1
        and meant[0]
        and times
        and timed
        and not any(_fits(one, set(), meant[0], times) for one in timed)
    ):
        yield "Дата и время взяты из разных записей."


def _promised(plain: str) -> bool:
    """«Привезём завтра»; «чем могу помочь сегодня?» names no day of ours."""
    return not plain.rstrip().endswith("?") and bool(re.search(r"завтра|ертең|бүрсігүні|tomorrow", plain))


def _told(known: Known, earlier: Sequence[str]) -> set[int]:
    found: set[int] = set()
    for text in [*(text for text, _ in known.texts), *(normalise(line) for line in earlier)]:
        found |= weekdays(text)
    if any({"daily", "everyday"} & frozenset(row.name.split("_")) and is_true(row) for row in known.rows):
        found |= set(range(7))
    return found


def _as_date(figure: Figure, moments: Sequence[tuple[NamedFact, datetime]], today: date) -> date | None:
    day, month = int(figure.parts[0]), int(figure.parts[1])
    for _, when in moments:
        if (when.day, when.month) == (day, month) and (len(figure.parts) < 3 or when.year == figure.parts[2]):
            return when.date()
    year = int(figure.parts[2]) if len(figure.parts) > 2 else today.year
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    late = len(figure.parts) < 3 and (today - found).days > 180
    return found.replace(year=year + 1) if late else found


def _fits(when: datetime, days: Set[int], day: date | None, times: Sequence[Figure]) -> bool:
    hours = {(int(time.parts[0]), int(time.parts[1])) for time in times}
    hours |= {(hour + 12, minute) for hour, minute in hours if hour < 12}
    return (
        (not days or when.weekday() in days)
        and (day is None or when.date() == day)
        and (not times or (when.hour, when.minute) in hours)
    )
