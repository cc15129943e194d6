"""Whether two figures measure the same, and whether they are one: «2 года» and 24 months, «почти 2,5 млн»."""

import re
from decimal import Decimal

from saudager.truth.figures import Figure, FigureKind
from saudager.truth.hours import same_hour
from saudager.truth.rounding import Manner, holds
from saudager.truth.sources import size_mark
from saudager.truth.units import in_least
from saudager.words import normalise

_RECKONED = re.compile(r"(?P<working>рабоч|раб\.|business|working|жұмыс)|(?P<calendar>календар|calendar|күнтізбе)")


def comparable(one: Figure, other: Figure) -> bool:
    """Whether two figures measure the same; a bare number may be an amount or an hour whose unit was left out."""
    if one.kind is FigureKind.NUMBER and not one.unit:
        return _bare(one, other)
    if one.kind is FigureKind.QUANTITY and in_least(Decimal(1), one.unit)[1] == "" and other.kind is FigureKind.NUMBER:
        return True
    if one.kind is not other.kind:
        return False
    if one.kind in (FigureKind.SIZE, FigureKind.TIME, FigureKind.MULTIPLE):
        return True
    return one.unit == other.unit or in_least(Decimal(1), one.unit)[1] == in_least(Decimal(1), other.unit)[1]


def same(one: Figure, other: Figure, how: Manner) -> bool:
    """Whether two comparable figures are one, the first said in this manner."""
    if one.kind is FigureKind.SIZE:
        return size_mark(one) == size_mark(other)
    if one.kind is FigureKind.TIME:
        return same_hour(one.parts, other.parts, known=one.unit != "12h")
    if one.kind is FigureKind.DATE:
        shared = min(len(one.parts), len(other.parts))
        return all(mine == theirs or not mine for mine, theirs in zip(one.parts[:shared], other.parts, strict=False))
    if one.kind is FigureKind.NUMBER and other.kind is FigureKind.QUANTITY:
        return holds(how, one.value, other.value)
    if _reckoned(one) and _reckoned(other) and _reckoned(one) != _reckoned(other):
        return False
    if one.unit == other.unit and how is Manner.EXACT and one.value == other.value:
        return True
    if how is Manner.EXACT and not one.in_words and one.unit == other.unit:
        return False
    rounded = one.in_words and one.kind in (FigureKind.PERCENT, FigureKind.MULTIPLE)
    return holds(how, in_least(one.value, one.unit)[0], in_least(other.value, other.unit)[0], rounded=rounded)


def _reckoned(figure: Figure) -> str:
    """Whether the days are working or calendar ones; '' where it is not said."""
    found = _RECKONED.search(normalise(figure.text))
    return str(found.lastgroup) if found else ""


def _bare(one: Figure, other: Figure) -> bool:
    if other.kind is FigureKind.MONEY:
        return one.value >= 1000 and not one.in_words
    return other.kind is FigureKind.NUMBER or (other.kind is FigureKind.QUANTITY)


def kinds_beside(figure: Figure) -> tuple[FigureKind, ...]:
    """The kinds a figure may be proved by: a number whose unit was left out by amounts and prices too."""
    if figure.kind is FigureKind.NUMBER:
        return (FigureKind.NUMBER, FigureKind.QUANTITY, FigureKind.MONEY)
    if figure.kind is FigureKind.QUANTITY:
        return (FigureKind.QUANTITY, FigureKind.NUMBER)
    return (figure.kind,)
