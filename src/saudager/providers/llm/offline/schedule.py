"""Days of the week in a text and the part of a timetable that speaks of a day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAMES = (
    r"пн|понедельник\w*|mon(?:day)?s?", r"вт|вторник\w*|tue(?:sday)?s?", r"ср|сред[аеуы]|wed(?:nesday)?s?",
    r"чт|четверг\w*|thu(?:rsday)?s?", r"пт|пятниц\w*|fri(?:day)?s?", r"сб|суббот\w*|sat(?:urday)?s?",
    r"вс|воскрес[еи]н\w*|воскрес\w*|sun(?:day)?s?",
)  # fmt: skip
_DAY = "|".join(f"(?P<d{number}>{pattern})" for number, pattern in enumerate(_NAMES))
_ANY = re.compile(
    rf"(?<![\w])(?:{_DAY}|(?P<work>будни\w*|будн[яе]\w*|рабочие дни)|(?P<rest>выходны[ехм]\w*)"
    rf"|(?P<all>ежедневно))(?!\w)\.?"
)
_RANGE = re.compile(r"\s*(?:[-–—]|по)\s*$")
_LIST = re.compile(r"\s*(?:,|и|/)\s*$")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}|выходн\w*|закрыт\w*|не работ\w*|круглосуточ\w*|с \d{1,2} до \d{1,2}")


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of a timetable: its days (0 is Monday) and where it stands in the text."""

    days: frozenset[int]
    start: int
    end: int


def days_in(text: str) -> frozenset[int]:
    """Every day of the week a normalised text names."""
    return frozenset().union(*(days for days, _, _ in _runs(text))) if text else frozenset()


def timetable(text: str) -> list[Hours]:
    """The parts of a normalised text that give hours for days, in order; the last one ends with its times."""
    runs = list(_runs(text))
    found = []
    for place, (days, start, end) in enumerate(runs):
        until = runs[place + 1][1] if place + 1 < len(runs) else len(text)
        if _TIME.search(text, end, until):
            found.append(Hours(days, start, until))
        elif found and not text[found[-1].end : start].strip(" ,;"):
            found[-1] = Hours(found[-1].days, found[-1].start, until)
    return found


def _runs(text: str) -> Iterator[tuple[frozenset[int], int, int]]:
    """Days written together («пн–пт», «вт, чт, сб») with the span they take."""
    days: set[int] = set()
    start = end = -1
    last = -1
    for hit in _ANY.finditer(text):
        named = _meant(hit)
        between = text[end : hit.start()] if end >= 0 else ""
        if end >= 0 and _RANGE.fullmatch(between) and len(named) == 1 and last >= 0:
            day = next(iter(named))
            days |= set(range(last, day + 1)) if day >= last else {*range(last, 7), *range(day + 1)}
        elif end >= 0 and _LIST.fullmatch(between):
            days |= named
        else:
            if days:
                yield frozenset(days), start, end
            days, start = set(named), hit.start()
        end = hit.end()
        last = next(iter(named)) if len(named) == 1 else -1
    if days:
        yield frozenset(days), start, end


def _meant(hit: re.Match[str]) -> frozenset[int]:
    if hit["work"]:
        return frozenset(range(5))
    if hit["rest"]:
        return frozenset((5, 6))
    if hit["all"]:
        return frozenset(range(7))
    return frozenset(day for day in range(7) if hit[f"d{day}"])
