"""How times of day are said: «в 15:30», «полпятого», «үш жарымда», «quarter to five», «с 3 до 5»."""

import re
from collections.abc import Callable, Iterator

from saudager.calls import clock_readers as read
from saudager.calls.line import Line, Word
from saudager.calls.mentions import Clock, Mention

# The groups of a rule: lead and tail tell a time from a bound; core is what is read; time, hour, minutes the figures;
# of, of_day, of_before say the half of the day; until, late_of, late_of_day are the end of a span.
_OF = r"(?:[rv=]?(?P<of>P)|(?P<of_day>J|(?<=[NC1H])L))?"
_TIME = "[NCX1H]"
Reader = Callable[[dict[str, Word]], Clock | None]


def spoken_clocks(line: Line) -> Iterator[Mention]:
    """Times said with half, quarter, past and to; ordinals are hours here, so this goes before the days."""
    yield from _read(line, _SPOKEN)


def plain_clocks(line: Line, *, asked: bool) -> Iterator[Mention]:
    """Every other time; days must have been read, as «завтра 3» is a time and «3» is one only when it was ``asked``."""
    yield from _read(line, _RANGES)
    yield from _read(line, _PLAIN)
    if asked:
        yield from _read(line, _ANSWERS)


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


_LEAD = r"(?:(?P<lead>[vik~pes])[~k]?)"
_UNTIL = rf"(?P<until>{_TIME})[H1]?(?:[rv=]?(?P<late_of>P)|(?P<late_of_day>J))?"
_NOT_COUNTED = r'(?![nIKEQMTYS%NUBA1Hj"])'
_MARKED = _NOT_COUNTED + r"(?!-[NX1H])"

_SPOKEN: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"{_LEAD}?(?P<core>(?P<half>h)(?P<hour>O)[H1]?{_OF})", read.half_before),
        (rf"{_LEAD}?(?P<core>(?P<minutes>[hqN])I?y(?P<hour>[N1])H?{_OF})", read.minutes_past),
        (rf"{_LEAD}?(?P<core>(?P<half>h)(?P<hour>N)H?{_OF})", read.half_before),
        (
            rf"{_LEAD}?(?P<core>(?P<hour>G)[H1]?{_OF})",
            read.half_before_in_one_word,
        ),
        (rf"{_LEAD}?(?P<core>(?P<quarters>N)?q(?P<hour>O)[H1]?{_OF})", read.quarter_of),
        (rf"{_LEAD}?(?P<core>(?P<minutes>N)I(?P<hour>O)[H1]?{_OF})", read.minutes_of),
        (rf"{_LEAD}?(?P<core>I(?P<minutes>N)(?P<hour>O)[H1]?{_OF})", read.minutes_of),
        (rf"{_LEAD}?(?P<core>b(?P<minutes>[qN])I?(?P<hour>[N1])[H1]?{_OF})", read.minutes_to),
        (rf"{_LEAD}?(?P<core>(?P<minutes>q)t(?P<hour>N)H?{_OF})", read.minutes_to),
        (rf"(?<=[v~])(?P<core>(?P<minutes>N)I?t(?P<hour>N)H?{_OF})", read.minutes_to),
        (r"(?P<core>S?(?P<hour>N)(?P<minutes>N)Iy)", read.minutes_past),
        (r"(?P<core>S?(?P<hour>N)(?P<minutes>N)Ib)", read.minutes_to),
        (r"(?P<core>(?:(?P<of_before>P)S?|S)?(?P<time>N)j)(?P<tail>[pe])?", read.and_half),
        (rf"(?P<lead>[v])(?P<core>(?P<hour>O)[1H]){_OF}", read.in_the_hour),
        (rf"{_LEAD}?(?P<core>(?P<time>Z))(?P<tail>[pe])?", read.noon),
    )
]
_RANGES: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"(?P<core>s(?P<time>{_TIME})H?{_OF}(?:[et]|i?-){_UNTIL}){_NOT_COUNTED}", read.begins),
        (rf"(?P<core>s(?P<time>{_TIME})H?{_OF}i{_UNTIL}){_NOT_COUNTED}", read.from_one_to_another),
        (rf"(?P<core>\|(?P<time>{_TIME})H?{_OF}u{_UNTIL})", read.begins),
        (r"(?P<core>S?(?P<time>[NC])uS?(?P<until>[NC])\|)", read.begins),
        (r"(?P<core>S?(?P<time>[NC])S?(?P<until>[NC])e)", read.begins_in_kazakh),
        (r"(?P<core>(?P<time>C)H?[et-](?P<until>C))", read.begins),
        (rf"{_LEAD}(?P<core>(?P<time>[NC1])-{_UNTIL}){_NOT_COUNTED}", read.begins),
        (rf"d_*,?(?P<core>(?P<time>[NC])[t-]{_UNTIL}){_NOT_COUNTED}", read.begins),
    )
]
_PLAIN: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"{_LEAD}?(?P<core>(?:(?P<of_before>P)S?|S)?(?P<time>C)H?{_OF})S?(?P<tail>[pe])?", read.one_time),
        (
            rf"{_LEAD}?(?P<core>(?:(?P<of_before>P)?S)(?P<time>[NX])(?P<minutes>N)?){_NOT_COUNTED}(?P<tail>[pe])?",
            read.one_time,
        ),
        (rf"{_LEAD}?(?P<core>(?P<time>[NX])[H1]?(?P<of>P)){_MARKED}", read.one_time),
        (
            rf"(?<!%)(?:(?P<lead>[vk~pe]))(?P<core>H?(?P<time>[NX1])[H1]?(?:(?P<minutes>N)I?)?{_OF}){_MARKED}(?P<tail>[pe])?",
            read.one_time,
        ),
        (rf"(?P<lead>[vk~S])(?P<core>(?P<time>B)H?{_OF}){_MARKED}", read.military),
        (rf"(?P<lead>[pes~])(?P<core>(?P<time>H){_OF}){_MARKED}", read.one_time),
        (
            rf"(?P<lead>[is])(?P<core>(?P<time>[NX])[H1]?(?P<minutes>N)?(?P<of>P)?){_MARKED}(?![?J])",
            read.one_time,
        ),
        (rf"(?P<lead>[is])(?P<core>(?P<time>[NX])[H1](?P<of_day>J)){_MARKED}", read.one_time),
        (r"(?P<lead>[is])(?P<core>(?P<time>1)(?P<of_day>J))", read.one_time),
        (
            rf"(?:d_*,?|(?P<of_before>P))(?P<core>H?(?P<time>[NX1])[H1]?(?P<minutes>N)?{_OF}){_MARKED}(?!\?)(?P<tail>[pe])?",
            read.bare,
        ),
        (r"(?:^|[,;wx*o])(?P<core>(?P<time>N)[H1]?(?P<minutes>N)?)(?=d)", read.bare),
        (rf"c_*[^NXC]*w[^NXC]*(?P<core>(?P<time>N)H?){_MARKED}(?!\?)", read.bare),
        (rf"(?P<core>(?P<time>[NX])){_MARKED}(?P<tail>[pe~])?", read.with_ending),
        (rf"(?:^|[,;xw*])(?P<core>(?P<time>X)){_MARKED}(?!\?)", read.bare_pair),
        (r"(?:^|[,;w*])(?P<core>(?P<time>N)H?)(?=#)", read.bare),
        (r"(?:^|[,;w*])(?P<core>(?P<time>N)H)(?=$|,)", read.one_time),
    )
]
_ANSWERS: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(r"(?:^|[,;wx*])(?P<core>(?P<time>[NX1])H?)(?=$|[,;wxo*#])"), read.one_time),
]
