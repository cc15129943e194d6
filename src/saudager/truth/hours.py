"""Clock times as they are spoken: «три часа дня», «четверть пятого», «half past two», «в 9 утра»."""

import re
from collections.abc import Iterator
from decimal import Decimal

_HOURS = {
    "час": 1, "один": 1, "два": 2, "двух": 2, "три": 3, "трех": 3, "четыре": 4, "четырех": 4, "пять": 5, "пяти": 5,
    "шесть": 6, "шести": 6, "семь": 7, "семи": 7, "восемь": 8, "восьми": 8, "девять": 9, "девяти": 9, "десять": 10,
    "десяти": 10, "одиннадцать": 11, "одиннадцати": 11, "двенадцать": 12, "двенадцати": 12,
}  # fmt: skip
_ORDINALS = {
    "первого": 1, "второго": 2, "третьего": 3, "четвертого": 4, "пятого": 5, "шестого": 6, "седьмого": 7,
    "восьмого": 8, "девятого": 9, "десятого": 10, "одиннадцатого": 11, "двенадцатого": 12,
}  # fmt: skip
_ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_HOUR = "|".join(sorted(_HOURS, key=len, reverse=True))
_ORDINAL = "|".join(_ORDINALS)
_EN = "|".join(_ENGLISH)
_PART = r"(?:\s(?P<part>утра|дня|вечера|ночи))"
_SPOKEN = [
    re.compile(rf"(?<!\w)(?P<what>половин[аеу]|пол-?|четверть|без четверти)\s?(?P<hour>{_ORDINAL}|"
        rf"{_HOUR}|\d{{1,2}}){_PART}?(?!\w)"),
    re.compile(rf"(?<!\w)(?P<what>)(?P<hour>{_HOUR}|\d{{1,2}})(?:\sчас(?:а|ов)?{_PART}|"
        rf"\s(?P<other>утра|вечера|ночи))(?!\w)"),
    re.compile(rf"(?:(?<=\b[вск]\s)|(?<=\bдо\s)|(?<=после\s))(?P<what>)(?P<hour>{_HOUR}|\d{{1,2}}){_PART}(?!\w)"),
    re.compile(rf"(?<!\w)(?P<what>)(?P<hour>{_HOUR})\s(?:ровно|часов|часа)(?=\W*(?:$|[.!?,]))(?P<part>(?!))?"),
    re.compile(rf"(?<!\w)(?P<what>half past|quarter past|quarter to)\s(?P<hour>{_EN}|"
        rf"\d{{1,2}})(?:\s?(?P<part>[ap]\.?m\.?))?(?!\w)"),
    re.compile(rf"(?<!\w)(?P<what>)(?P<hour>{_EN}|"
        rf"\d{{1,2}})(?::(?P<minutes>[0-5]\d))?\s?(?P<part>[ap]\.?m\.?|in the (?:morning|"
        rf"afternoon|evening))(?!\w)"),
]  # fmt: skip
_NOON = re.compile(r"(?<!\w)(?:в полдень|at noon)(?!\w)")
_HINT = re.compile(
    r"утра|дня|вечера|ночи|полов|четверт|\bпол|часа?\b|часов|\d\s?[ap]\.?m|past|quarter|noon|полдень|in the "
)


def spoken_times(text: str) -> Iterator[tuple[int, int, int, int, bool]]:
    """Start, end, hour, minute of every spoken time, and whether its half of the day is known."""
    if not _HINT.search(text):
        return
    for hit in _NOON.finditer(text):
        yield *hit.span(), 12, 0, True
    for pattern in _SPOKEN:
        for hit in pattern.finditer(text):
            read = _hour(hit)
            if read is not None:
                yield *hit.span(), *read


def _hour(hit: re.Match[str]) -> tuple[int, int, bool] | None:
    said, what, part = hit["hour"], hit["what"], hit["part"] or hit.groupdict().get("other") or ""
    hour = _ORDINALS.get(said) or _HOURS.get(said) or _ENGLISH.get(said) or int(said)
    minute = int(hit.groupdict().get("minutes") or 0)
    if what.startswith("пол") or what == "четверть":
        if said not in _ORDINALS:
            return None
        hour, minute = hour - 1, 30 if what.startswith("пол") else 15
    elif what in ("без четверти", "quarter to"):
        hour, minute = hour - 1, 45
    elif what.endswith("past"):
        minute = 30 if what.startswith("half") else 15
    late = part in ("дня", "вечера") or part.startswith("p") or part.endswith(("afternoon", "evening"))
    if late and hour < 12:
        hour += 12
    if hour > 24:
        return None
    return hour, minute, bool(part) or hour >= 12


def same_hour(one: tuple[Decimal, ...], other: tuple[Decimal, ...], *, known: bool) -> bool:
    """Whether two times are one; when the half of the day is not said, three may be fifteen."""
    return one == other or (not known and (one[0] + 12, *one[1:]) == other)
