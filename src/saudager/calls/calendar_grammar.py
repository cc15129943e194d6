"""How days are said: «завтра», «17.03», «первого ноября», «наурыздың 17-сі», «в следующую пятницу», «через 2 дня»."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from saudager.calls.line import Line, Word
from saudager.calls.mentions import Day, Mention

_MINUTES = {"H": 60, "1": 60, "S": 60, "I": 1}
_DAYS = {"K": 1, "J": 1, "E": 7}
_YEAR_IS_NEAR = range(2000, 2100)
_NO_ONE_DAY = Day(is_unclear=True)
Reader = Callable[[dict[str, Word], datetime], Day | datetime | None]


def distances(line: Line, now: datetime) -> Iterator[Mention]:
    """Moments and days counted from now; «2 часа назад» is read too, and means nothing."""
    yield from _read(line, now, _DISTANCES)
    for hit in _AGO.finditer(line.kinds):
        line.take(hit.start(), hit.end(), "_")


def days(line: Line, now: datetime) -> Iterator[Mention]:
    """Days of the calendar; a bound («до пятницы») is read, and is no day."""
    yield from _read(line, now, _CALENDAR)


def _read(line: Line, now: datetime, rules: list[tuple[re.Pattern[str], Reader]]) -> Iterator[Mention]:
    for pattern, reader in rules:
        at = 0
        while hit := pattern.search(line.kinds, at):
            words = {name: line.words[hit.start(name)] for name, said in hit.groupdict().items() if said}
            found = reader(words, now)
            at = hit.end() if found else hit.start() + 1
            if found is None:
                continue
            start, end = (hit.start("core"), hit.end("core")) if "core" in words else hit.span()
            if isinstance(found, datetime):
                line.take(start, end, "c")
                yield Mention(start, end, moment=found)
            else:
                line.take(start, end, "d")
                yield Mention(start, end, day=found)


def _distance(words: dict[str, Word], now: datetime) -> Day | datetime | None:
    unit, count = words["unit"], words.get("count")
    many = 1.0 if count is None else _amount(count)
    if unit.kind in _MINUTES:
        half = 0.5 if "half" in words else 0
        more = words["more"].value if "more" in words else 0
        minutes = (many + half) * _MINUTES[unit.kind] + more
        return now.replace(second=0, microsecond=0) + timedelta(minutes=minutes) if 0 < minutes < 7 * 1440 else None
    if unit.kind == "E" and many in range(1, 10):
        return Day(now.date() + timedelta(weeks=many), week=int(many))
    if unit.kind == "Q":
        return Day(_months_later(now.date(), int(many)))
    return Day(now.date() + timedelta(days=int(many * _DAYS[unit.kind]))) if many < 100 else None


def _amount(count: Word) -> float:
    if count.kind in "hl":
        return 0.5
    if count.kind == "X" and count.text[len(str(int(count.value)))] in ",.":
        return float(f"{int(count.value)}.{count.other}")
    return count.value


def _half_an_hour(words: dict[str, Word], now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + timedelta(minutes=30)


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _full(words: dict[str, Word], now: datetime) -> Day:
    written = int(words["date"].value)
    return Day(date.fromordinal(written)) if written else _NO_ONE_DAY


def _relative(words: dict[str, Word], now: datetime) -> Day:
    ahead = words["day"].value
    return Day(now.date() + timedelta(days=ahead), is_past=ahead < 0)


def _of_month(words: dict[str, Word], now: datetime) -> Day | None:
    """The next such date ahead, today too, unless the year is said."""
    day, month = words["day"], words["month"]
    year = words.get("year")
    if year is not None and int(year.value) in _YEAR_IS_NEAR:
        found = _date(int(year.value), int(month.value), int(day.value))
        return Day(found) if found else _NO_ONE_DAY
    return _next_date(int(day.value), int(month.value), now.date())


def _dotted(words: dict[str, Word], now: datetime) -> Day | None:
    """17.03; after «в» and beside another day 15.10 is a time, and 2.5 never is a date."""
    pair = words["pair"]
    if len(pair.text.rstrip(".")) - len(str(int(pair.value))) < 3 and "sure" not in words:
        return None
    separator = re.sub(r"\d", "", pair.text)
    if separator in ",=" or (separator == "-" and not re.fullmatch(r"\d+-0[1-9]", pair.text)):
        return None
    if pair.value > 24 or pair.other > 59 or pair.other in range(1, 13):
        return _next_date(int(pair.value), pair.other, now.date())
    return None


def _next_date(day: int, month: int, today: date) -> Day:
    found = (_date(year, month, day) for year in range(today.year, today.year + 9))
    return next((Day(one) for one in found if one and one >= today), _NO_ONE_DAY)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _of_this_month(words: dict[str, Word], now: datetime) -> Day | None:
    """«25 числа»: the next month that has such a day still ahead."""
    wanted, day = words["day"], int(words["day"].value)
    if not 0 < day < 32 or (wanted.form == "nth" and "sure" not in words):
        return None
    today = now.date()
    for ahead in range(13):
        month = _months_later(today.replace(day=1), ahead)
        found = _date(month.year, month.month, day)
        if found and found >= today:
            return Day(found)
    return None


def _ordinal_alone(words: dict[str, Word], now: datetime) -> Day | None:
    """«17-го», «двадцать седьмого»; «пятого» alone may be an hour or anything."""
    day = words["day"]
    return _of_this_month(words, now) if day.form == "digits" or day.value > 12 else None


def _of_dates(words: dict[str, Word], now: datetime) -> Day | None:
    pair = words["pair"]
    return _next_date(int(pair.value), int(words["month"].value), now.date())


def _weekday(words: dict[str, Word], now: datetime) -> Day:
    which = words.get("which")
    weekday = int(words["day"].value)
    if which is not None and which.kind == "<":
        monday = now.date() - timedelta(days=now.weekday())
        return Day(monday + timedelta(days=weekday - 7), is_past=True)
    return Day(weekday=weekday, week=1 if which is not None and which.kind == ">" else None)


def _weekday_and_number(words: dict[str, Word], now: datetime) -> Day | None:
    """«Вторник 24, 15:00»: a date when the next such date falls on the weekday."""
    found = _of_this_month(words, now)
    return found if found and found.on and found.on.weekday() == words["weekday"].value else None


def _no_one_day(words: dict[str, Word], now: datetime) -> Day:
    """«На выходных», «на неделе», «через понедельник»: which day it is, only the customer can say."""
    return _NO_ONE_DAY


def _week(words: dict[str, Word], now: datetime) -> Day:
    week = {">": 1, "=": 0, "<": -1}[words["which"].kind]
    return Day(week=week, is_past=week < 0)


_UNIT = "(?P<unit>[H1SIKJEQ])"
_DISTANCES: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"r~?A", _half_an_hour),
        (r"r(?P<count>h)(?P<unit>[H1])", _distance),
        (r"r~?(?P<unit>[1])u?(?P<more>N)I", _distance),
        (r"r~?(?P<unit>[1H])[us]?(?P<half>h)", _distance),
        (rf"r~?(?P<count>[NXm])[us]?(?P<half>h){_UNIT}", _distance),
        (rf"r~?(?P<count>[NXm])(?:-[Nm])?{_UNIT}(?:u?(?P<more>N)I)?", _distance),
        (r"r(?P<unit>[HIKJE])(?P<count>[NXm])(?![NIHKE])", _distance),
        (r"r(?P<unit>1)(?P<more>N)(?=$|,)", _distance),
        (r"r(?P<unit>[H1IEQ])", _distance),
        (r"(?P<unit>[HIKJE])r~?(?P<count>[NXm])(?:-N)?(?![nNHIKE])", _distance),
        (r"(?P<unit>[1])r(?!N)", _distance),
        (r"(?P<count>[NXlm])(?P<half>j)?N?(?P<unit>[SIKEQ])p", _distance),
        (r"(?P<count>N)S(?P<more>N)Ip", _distance),
        (r"(?P<unit>[EQ])p", _distance),
        (r"(?P<count>[Nhm])?(?P<unit>[H1IKEQ])(?:\+|sV)", _distance),
    )
]
_AGO = re.compile(r"[NXmhBl]?[H1SIKJEQA]g")
_CALENDAR: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"(?P<date>F)Y?", _full),
        (r"(?P<year>B)Y(?P<day>[NO])-?(?P<month>M)", _of_month),
        (r"s?(?P<day>[NO])(?:[uoe-](?:[NO]))?-?(?P<month>M)(?:(?P<year>B)Y?)?", _of_month),
        (r"(?P<pair>X)(?P<month>M)", _of_dates),
        (r"(?P<day>X)T", _of_this_month),
        (r"rW", _no_one_day),
        (r"(?P<core>(?P<month>M)(?P<day>[NO])(?:,?(?P<year>B)Y?)?)(?![HPJnI%])", _of_month),
        (r"(?P<day>[NO])T", _of_this_month),
        (r"T(?P<day>[NO])", _of_this_month),
        (r"(?P<sure>(?P<day>O))K", _of_this_month),
        (r"(?P<core>(?P<day>O))(?![n?H1IK])", _ordinal_alone),
        (r"(?P<core>(?P<day>O))(?=,?[vc~ki])", _of_this_month),
        (r"(?<![vk~R_])(?P<core>(?P<sure>(?P<pair>X)))(?=,?i?(?:[vk]?[NXCG1]|[vk]?c))(?![nI%])", _dotted),
        (r"(?<![vk~pesR_])(?P<core>(?P<pair>X))(?![nIH%PJ])", _dotted),
        (r"(?P<weekday>W),?(?P<day>N)(?=,?[vk]?[CNX])", _weekday_and_number),
        (r"s[RW]i(?P<day>R)", _relative),
        (r"s[RW]i(?P<day>W)", _weekday),
        (r"(?P<which>>)E[,i]?v?(?P<day>W)", _weekday),
        (r"(?P<day>W)[vi]?(?P<which>>)E", _weekday),
        (r"(?P<which>[>=<])?(?P<day>W)", _weekday),
        (r"(?P<which>[>=<])E", _week),
        (r"[>=]?a|iE", _no_one_day),
        (r"(?P<day>R)K?", _relative),
    )
]
