"""The period before and the present one: which of two a row is of, and which of two a draft means."""

import re
from collections import defaultdict
from collections.abc import Sequence

from saudager.truth.figures import Figure
from saudager.truth.named import NamedFact
from saudager.truth.senses import senses_of
from saudager.words import normalise

BEFORE, NOW = "~prev", "~this"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_PART = re.compile(r"(?:-|q|кв\w* ?)(\d{1,2})(?!\d)|(\d)\s?-?(?:й\s)?(?:кв|q)")
_ORDINALS = ("перв", "втор", "трет", "четверт")
_ORDINAL = re.compile(rf"(?<!\w)({'|'.join(_ORDINALS)})\w+ (?:квартал|полугоди)")
_JOINT = re.compile(r"\s?(?:до|to|->|→)\s?")
_START = re.compile(r"(?<!\w)(?:с|со|from)\s*$")


def relative_periods(rows: Sequence[NamedFact]) -> dict[NamedFact, str]:
    """For rows of one name that are told apart by their periods: the latest is now, the one before it is before."""
    found: dict[NamedFact, str] = {}
    named: dict[str, dict[tuple[int, int], NamedFact]] = defaultdict(dict)
    for row in rows:
        if when := _period(row):
            named[_YEAR.sub("", row.name)][when] = row
    for by_period in named.values():
        if len(by_period) > 1:
            earlier, latest = sorted(by_period)[-2:]
            found |= {by_period[earlier]: BEFORE, by_period[latest]: NOW}
    return found


def moved(figure: Figure, plain: str, others: Sequence[Figure]) -> frozenset[str]:
    """«Выросли с 2,1 до 2,4 млн»: the first amount is of the period before, the second of the present one."""
    for one in others:
        first, second = sorted((one, figure), key=lambda each: each.start)
        if (
            first is not second
            and _JOINT.fullmatch(plain[first.end : second.start])
            and _START.search(plain[: first.start])
        ):
            return frozenset([BEFORE if figure is first else NOW])
    return frozenset()


def _period(row: NamedFact) -> tuple[int, int] | None:
    said = normalise(f"{row.label} {row.name.replace('_', ' ')}")
    year, part = _YEAR.search(said), _PART.search(_YEAR.sub("", normalise(row.label)))
    months = [int(sense[1:]) for sense in senses_of(row.label) if re.fullmatch(r"~\d{1,2}", sense)]
    if ordinal := _ORDINAL.search(said):
        months = [_ORDINALS.index(ordinal[1]) + 1]
    number = months[0] if months else int(part[1] or part[2]) if part else 0
    return (int(year.group()) if year else 0, number) if year or number else None
