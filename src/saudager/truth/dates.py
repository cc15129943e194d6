"""Dates as they are written: «15 октября», «с 15 на 21 октября», «до конца ноября», 01.03.2026, «21-е»."""

import re
from calendar import monthrange
from collections.abc import Iterator

_MONTHS = (
    r"янв\w*|қаңтар\w*|jan(?:uary)?", r"фев\w*|ақпан\w*|feb(?:ruary)?", r"март\w*|наурыз\w*|mar(?:ch)?",
    r"апр\w*|сәуір\w*|apr\w*",
    r"ма[йя]|мамыр\w*|may", r"июн\w*|маусым\w*|june?", r"июл\w*|шілде\w*|july?", r"авг\w*|тамыз\w*|aug\w*",
    r"сен\w*|қыркүйек\w*|sep\w*", r"окт\w*|қазан\w*|oct\w*", r"ноя\w*|қараша\w*|nov\w*", r"дек\w*|желтоқсан\w*|dec\w*",
)  # fmt: skip
_MONTH = "|".join(f"(?P<m{number}>{pattern})" for number, pattern in enumerate(_MONTHS, start=1))
_OF_YEAR = r"(?:,?\s+(?P<year>\d{4})(?!\d)(?:\s*г(?:ода?|\.)?(?!\w))?)?"
_WRITTEN = [
    re.compile(r"(?<![\d.,])(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|\d{2})(?!\d)"),
    re.compile(r"(?<![\d-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?![\d-])"),
    re.compile(
        rf"(?:(?<![\d.,:])(?P<before>\d{{1,2}})(?:-?го)?(?P<joint>\s?[-–—]\s?|\s(?:на|по|до|и|или|to|and)\s))?"
        rf"(?<![\d.,])(?P<day>\d{{1,2}})(?:-?го|st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})(?!\w){_OF_YEAR}"
    ),
    re.compile(rf"(?<!\w)(?:{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:]){_OF_YEAR}"),
    re.compile(rf"(?<!\w)(?P<last>конца|концу|конец|(?:the\s)?end of)\s+(?:{_MONTH})(?!\w){_OF_YEAR}"),
    re.compile(rf"(?<!\w)(?:{_MONTH})\s+(?P<year>\d{{4}})(?!\d)(?:\s*г(?:ода?|\.)?(?!\w))?"),
    re.compile(
        r"(?<![\d.,-])(?P<year>(?:19|20)\d{2})"
        r"(?:(?:-?(?:й|м|го|ом))?\s(?:г\.|год(?:а|у|ом|ов)?(?!\w)|жыл\w*)|-(?:й|м|го|ом)(?!\w))"
    ),
    re.compile(r"(?<![\d.,:-])(?P<day>[12]?\d|3[01])-(?:е|го|му)(?!\w)"),
]  # fmt: skip
_ORDINALS = (
    "перв", "втор", "трет", "четверт", "пят", "шест", "седьм", "восьм", "девят", "десят", "одиннадцат", "двенадцат",
    "тринадцат", "четырнадцат", "пятнадцат", "шестнадцат", "семнадцат", "восемнадцат", "девятнадцат", "двадцат",
)  # fmt: skip
_SPELLED = re.compile(
    rf"(?<!\w)(?:(?P<tens>двадцать|тридцать)\s)?(?:(?P<ordinal>{'|'.join(_ORDINALS)})|(?P<thirty>тридцат))"
    rf"(?:ое|ого|ому|ье|ьего|ьему)\s(?:{_MONTH})(?!\w){_OF_YEAR}"
)
_LEAP = 2028
"""A year that has every day, for dates without one."""


def spoken_dates(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Start, end and day-month[-year] of every date in normalised text; «0» for a day or month that is not said."""
    left = text
    for pattern in (_SPELLED, *_WRITTEN):
        for hit in pattern.finditer(left):
            yield from _read(hit)
            left = f"{left[: hit.start()]}{'¤' * len(hit.group())}{left[hit.end() :]}"


def _read(hit: re.Match[str]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    said = hit.groupdict()
    named = next((str(number) for number in range(1, 13) if said.get(f"m{number}")), "0")
    month, year = said.get("month") or named, said.get("year") or ""
    full_year = (f"20{year}" if len(year) == 2 else year,) if year else ()
    if said.get("before"):
        yield *hit.span("before"), (said["before"], month, *full_year)
    day = said.get("day") or "0"
    if said.get("ordinal") or said.get("thirty"):
        tens = {"двадцать": 20, "тридцать": 30}.get(said["tens"] or "", 0)
        day = str(tens + (_ORDINALS.index(said["ordinal"]) + 1 if said["ordinal"] else 30))
    if said.get("last"):
        day = str(monthrange(int(year or _LEAP), int(month))[1])
    yield (hit.start("day") if said.get("before") else hit.start()), hit.end(), (day, month, *full_year)
