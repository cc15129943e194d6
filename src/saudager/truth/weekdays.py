"""Days of the week as people write them: «в четверг», «пн–пт», «в будни», «сенбі», «on Mondays»."""

import re
from functools import lru_cache

from saudager.words import stem

_WEEKDAYS = [
    re.compile(rf"(?<!\w)(?:{said})(?!\w)")
    for said in (
        r"понедельник\w*|дүйсенбі\w*|mondays?", r"вторник\w*|сейсенбі\w*|tuesdays?",
        r"сред(?:а|у|ы|ой|ам)|сәрсенбі\w*|wednesdays?", r"четверг\w*|бейсенбі\w*|thursdays?",
        r"пятниц\w*|жұма(?:да|ға|ның|сы)?|fridays?", r"суббот\w*|сенбі\w*|saturdays?",
        r"воскресень\w*|жексенбі\w*|sundays?",
    )
]  # fmt: skip
_SHORT = re.compile(r"(?<!\w)(пн|вт|ср|чт|пт|сб|вс)(?:\s?[-–—]\s?(пн|вт|ср|чт|пт|сб|вс))?(?!\w)")
_SHORTS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_EVERY_DAY = re.compile(r"ежедневно|каждый день|без выходных|все дни|күн сайын|daily|every day")
_WORKDAYS = re.compile(r"будн|жұмыс күн|weekdays")
_HINT = re.compile(
    r"ник|сред[ауы]|сред(?:ой|ам)|четв|пятн|субб|воскр|будн|ежедн|кажд|все дни|"
    r"без вых|сенбі|жұма|күн|day|(?<!\w)(?:пн|вт|ср|чт|пт|сб|вс)(?!\w)"
)

_WORDS_DAY_STEMS = """
понедельник вторник среда среду среды четверг пятница суббота воскресенье будни ежедневно
дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі
"""
DAY_STEMS = frozenset(stem(word) for word in _WORDS_DAY_STEMS.split())


@lru_cache(maxsize=8192)
def weekdays(plain: str) -> frozenset[int]:
    """Numbers of the weekdays named in normalised text, Monday 0; short forms, their ranges and «в будни» too."""
    if not _HINT.search(plain):
        return frozenset()
    found: set[int] = {number for number, said in enumerate(_WEEKDAYS) if said.search(plain)}
    for hit in _SHORT.finditer(plain):
        first = _SHORTS.index(hit[1])
        last = _SHORTS.index(hit[2]) if hit[2] else first
        found |= {number % 7 for number in range(first, last + 1 if last >= first else last + 8)}
    if _EVERY_DAY.search(plain):
        found |= set(range(7))
    if _WORKDAYS.search(plain):
        found |= set(range(5))
    return frozenset(found)
