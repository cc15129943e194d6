"""How times of day are said: «в 15:30», «полпятого», «үш жарымда», «quarter to five», «с 3 до 5»."""

import re
from collections.abc import Callable, Iterator

from saudager.calls.mentions import Clock, Mention, Side
from saudager.calls.reading import Line, Word

_HALVES = ("morning", "afternoon", "evening", "night")
_OF = r"(?:[rv=]?(?P<of>P)|(?P<of_day>J|(?<=[NC1H])L))?"
_TIME = "[NCX1H]"
_END = r"(?=$|[,;o!w^-]|[pe~VRWPJx])"
Reader = Callable[[dict[str, Word]], Clock | None]


def spoken_clocks(line: Line) -> Iterator[Mention]:
    """Times said with half, quarter, past and to; ordinals are hours here, so this goes before the days."""
    yield from _read(line, _SPOKEN)


def plain_clocks(line: Line) -> Iterator[Mention]:
    """Every other time; days must have been read, as «завтра 3» is a time and «3» is not."""
    yield from _read(line, _RANGES)
    yield from _read(line, _PLAIN)


def _read(line: Line, rules: list[tuple[re.Pattern[str], Reader]]) -> Iterator[Mention]:
    for pattern, reader in rules:
        at = 0
        while hit := pattern.search(line.kinds, at):
            words = {name: line.words[hit.start(name)] for name, said in hit.groupdict().items() if said}
            clock = reader(words)
            start, end = hit.start("core"), hit.end("core")
            at = max(end, hit.start() + 1)
            if clock is not None:
                line.take(start, end, "c")
                yield Mention(start, end, clock)


def _clock(hour: float, minute: float, words: dict[str, Word], side: Side = "at") -> Clock | None:
    if not (0 <= hour < 25 and 0 <= minute < 60):
        return None
    return Clock(int(hour), int(minute), _half(words), _side(words, side))


def _half(words: dict[str, Word]) -> str:
    if "of_day" in words:
        return "afternoon"
    said = words.get("of") or words.get("of_before")
    if said is None:
        return ""
    return said.form if said.form in ("am", "pm") else _HALVES[int(said.value)]


def _side(words: dict[str, Word], side: Side) -> Side:
    lead, tail = words.get("lead"), words.get("tail")
    if lead is not None and lead.kind in "pe" and lead.form != "kk":
        return "after" if lead.kind == "p" else "before"
    if tail is not None:
        time = words["time"]
        if tail.kind == "p" and time.form in ("abl", "kk"):
            return "after"
        if tail.kind == "e" and time.form in ("dat", "abl", "kk"):
            return "before"
    return side


def _before(hour: float) -> float:
    return (hour - 1) or 12


def _half_before(words: dict[str, Word]) -> Clock | None:
    hour = words["hour"]
    if words["half"].text == "half":
        return _clock(hour.value, 30, words)
    if hour.kind == "N" and not words["half"].text.startswith("по"):
        return None
    return _clock(_before(hour.value), 30, words) if 0 < hour.value <= 12 else None


def _quarter_of(words: dict[str, Word]) -> Clock | None:
    return _clock(_before(words["hour"].value), 15, words) if words["hour"].value <= 12 else None


def _minutes_of(words: dict[str, Word]) -> Clock | None:
    return _clock(_before(words["hour"].value), words["minutes"].value, words)


def _minutes_to(words: dict[str, Word]) -> Clock | None:
    minutes = 15 if words["minutes"].kind == "q" else words["minutes"].value
    hour = words["hour"]
    return _clock(_before(_hour(hour)), 60 - minutes, words) if 0 < minutes < 30 else None


def _minutes_past(words: dict[str, Word]) -> Clock | None:
    minutes = {"q": 15, "h": 30}.get(words["minutes"].kind, words["minutes"].value)
    return _clock(_hour(words["hour"]), minutes, words)


def _and_half(words: dict[str, Word]) -> Clock | None:
    return _clock(words["time"].value, 30, words) if words["time"].value <= 12 else None


def _in_the_hour(words: dict[str, Word]) -> Clock | None:
    """«В третьем часу»: somewhere after two."""
    return _clock(_before(words["hour"].value), 0, words, "after") if words["hour"].value <= 12 else None


def _noon(words: dict[str, Word]) -> Clock | None:
    noon = words["time"].value == 12
    return Clock(12 if noon else 24, 0, "exact", _side(words, "at"))


def _hour(word: Word) -> float:
    return 1 if word.kind in "1H" else word.value


def _one_time(words: dict[str, Word]) -> Clock | None:
    time, minutes = words["time"], words.get("minutes")
    if time.kind == "H" and time.text not in ("часа", "часу"):
        return None
    if time.kind in "CX":
        return _written(time, words)
    if minutes is not None and not _is_minutes(minutes, spoken=bool(time.form) or time.kind == "1"):
        return None
    return _clock(_hour(time), minutes.value if minutes else 0, words)


def _written(time: Word, words: dict[str, Word]) -> Clock | None:
    """15:30, 15.30, 15-30; «3-4» and «14-15» are from three to four and so on."""
    minute: float = time.other
    separator = time.text[len(str(int(time.value))) :][:1] if time.kind == "X" else ":"
    figures = len(re.split(r"\D", time.text)[-1])
    if separator in "-/" and (figures == 1 or (0 < minute - time.value <= 2 and minute % 30)):
        minute = 0
    elif figures == 1:
        return None
    found = _clock(time.value, minute, words)
    exact = time.text[0] == "0" and found is not None and not found.half
    return Clock(found.hour, found.minute, "exact", found.side) if exact and found else found


def _bare_pair(words: dict[str, Word]) -> Clock | None:
    """15.30 with nothing before it that tells a time: only whole five minutes within the day."""
    time = words["time"]
    if not 8 <= time.value <= 20 or time.other % 5 or "," in time.text or re.fullmatch(r"\d+\D\d", time.text):
        return None
    return _written(time, words)


def _bare(words: dict[str, Word]) -> Clock | None:
    return None if _is_weak(words["time"]) or words["time"].form == "many" else _one_time(words)


def _with_ending(words: dict[str, Word]) -> Clock | None:
    """«3-те», «үште»; a bare «3-ке» may be anything but with кейін and the like it is a time."""
    time = words["time"]
    is_time = time.form == "loc" or (time.form in ("abl", "dat") and "tail" in words)
    return _one_time(words) if is_time and not _is_weak(time) else None


def _is_weak(word: Word) -> bool:
    """«Онда» is also "then", «бірде» "once", «торте» is about a cake; «бір» and «он» alone are no times either."""
    said = word.text[:1].isalpha()
    return said and word.form in ("kk", "loc") and (word.value in (1, 10) or word.text.startswith("торт"))


def _military(words: dict[str, Word]) -> Clock | None:
    hour, minute = divmod(words["time"].value, 100)
    return _clock(hour, minute, words) if 8 <= hour < 19 and minute % 5 == 0 else None


def _is_minutes(word: Word, *, spoken: bool) -> bool:
    return len(word.text) == 2 or (spoken and not word.text[:1].isdigit() and word.value in (0, *range(5, 60)))


def _begins(words: dict[str, Word]) -> Clock | None:
    """The beginning of a span; what is said of the half of the day at its end holds for both where that makes sense."""
    first = _one_time(words)
    if first is None or first.half:
        return first
    later = {name.removeprefix("late_"): word for name, word in words.items() if name.startswith("late_")}
    last = _one_time({**later, "time": words["until"]})
    if last is None:
        return None
    both = Clock(first.hour, first.minute, last.half)
    return both if last.half and both.on_24_hours() < last.on_24_hours() else Clock(first.hour, first.minute)


def _from_one_to_another(words: dict[str, Word]) -> Clock | None:
    return _one_time({**words, "time": words["until"]})


_LEAD = r"(?:(?P<lead>[vik~pes])[~k]?)"
_UNTIL = rf"(?P<until>{_TIME})[H1]?(?:[rv=]?(?P<late_of>P)|(?P<late_of_day>J))?"
_NOT_COUNTED = r"(?![nIKEQMT%NUBA1H]|j)"
_MARKED = _NOT_COUNTED + r"(?!-[NX1H])"

_SPOKEN: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"{_LEAD}?(?P<core>(?P<half>h)(?P<hour>O)[H1]?{_OF})", _half_before),
        (rf"{_LEAD}?(?P<core>(?P<minutes>[hqN])I?y(?P<hour>[N1])H?{_OF})", _minutes_past),
        (rf"{_LEAD}?(?P<core>(?P<half>h)(?P<hour>N)H?{_OF})", _half_before),
        (rf"{_LEAD}?(?P<core>(?P<hour>G)[H1]?{_OF})", lambda words: _clock(_before(words["hour"].value), 30, words)),
        (rf"{_LEAD}?(?P<core>(?P<minutes>q)(?P<hour>O)[H1]?{_OF})", _quarter_of),
        (rf"{_LEAD}?(?P<core>(?P<minutes>N)I(?P<hour>O)[H1]?{_OF})", _minutes_of),
        (rf"{_LEAD}?(?P<core>b(?P<minutes>[qN])I?(?P<hour>[N1])[H1]?{_OF})", _minutes_to),
        (rf"{_LEAD}?(?P<core>(?P<minutes>q)t(?P<hour>N)H?{_OF})", _minutes_to),
        (rf"(?<=[v~])(?P<core>(?P<minutes>N)I?t(?P<hour>N)H?{_OF})", _minutes_to),
        (r"(?P<core>S?(?P<hour>N)(?P<minutes>N)Iy)", _minutes_past),
        (r"(?P<core>S?(?P<hour>N)(?P<minutes>N)Ib)", _minutes_to),
        (r"(?P<core>(?:(?P<of_before>P)S?|S)?(?P<time>N)j)(?P<tail>[pe])?", _and_half),
        (rf"(?P<lead>[v])(?P<core>(?P<hour>O)[1H]){_OF}", _in_the_hour),
        (rf"{_LEAD}?(?P<core>(?P<time>Z))(?P<tail>[pe])?", _noon),
    )
]
_RANGES: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"(?P<core>s(?P<time>{_TIME})H?{_OF}(?:[et]|i?-){_UNTIL}){_NOT_COUNTED}", _begins),
        (rf"(?P<core>s(?P<time>{_TIME})H?{_OF}i{_UNTIL}){_NOT_COUNTED}", _from_one_to_another),
        (rf"(?P<core>\|(?P<time>{_TIME})H?{_OF}u{_UNTIL})", _begins),
        (r"(?P<core>S?(?P<time>[NC])uS?(?P<until>[NC])\|)", _begins),
        (r"(?P<core>S?(?P<time>[NC])S?(?P<until>[NC])e)", _begins),
        (r"(?P<core>(?P<time>C)H?[et-](?P<until>C))", _begins),
        (rf"{_LEAD}(?P<core>(?P<time>[NC1])-{_UNTIL}){_NOT_COUNTED}", _begins),
        (rf"d_*,?(?P<core>(?P<time>[NC])[t-]{_UNTIL}){_NOT_COUNTED}", _begins),
    )
]
_PLAIN: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"{_LEAD}?(?P<core>(?:(?P<of_before>P)S?|S)?(?P<time>C)H?{_OF})S?(?P<tail>[pe])?", _one_time),
        (
            rf"{_LEAD}?(?P<core>(?:(?P<of_before>P)?S)(?P<time>[NX])(?P<minutes>N)?){_NOT_COUNTED}(?P<tail>[pe])?",
            _one_time,
        ),
        (rf"{_LEAD}?(?P<core>(?P<time>[NX])H?(?P<of>P)){_MARKED}", _one_time),
        (
            rf"(?<!%)(?:(?P<lead>[vk~pe]))(?P<core>(?P<time>[NX1])[H1]?(?P<minutes>N)?I?{_OF}){_MARKED}(?P<tail>[pe])?",
            _one_time,
        ),
        (rf"(?P<lead>[pes])(?P<core>(?P<time>H){_OF}){_MARKED}", _one_time),
        (rf"(?P<lead>[is])(?P<core>(?P<time>[NX])H?(?P<minutes>N)?{_OF}){_MARKED}(?!\?)", _one_time),
        (r"(?P<lead>[is])(?P<core>(?P<time>1)(?P<of_day>J))", _one_time),
        (rf"(?:d_*,?|(?P<of_before>P))(?P<core>(?P<time>[NX1])H?(?P<minutes>N)?{_OF}){_MARKED}(?!\?)", _bare),
        (rf"c_*[^NXC]*w[^NXC]*(?P<core>(?P<time>N)H?){_MARKED}(?!\?)", _bare),
        (rf"(?P<core>(?P<time>[NX])){_MARKED}(?P<tail>[pe~])?", _with_ending),
        (rf"(?:^|[,;xw*])(?P<core>(?P<time>X)){_MARKED}(?!\?)", _bare_pair),
        (r"(?:^|[,;w*])(?P<core>(?P<time>N)H?)(?=#)", _bare),
        (r"(?:^|[,;w*])(?P<core>(?P<time>N)H)(?=$|,)", _one_time),
    )
]
