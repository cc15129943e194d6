"""What the words around a figure let it be: «почти 2,5 млн», «более половины», «около 15 %», or just that figure."""

import re
from decimal import Decimal
from enum import StrEnum


class Manner(StrEnum):
    """How exact a figure claims to be."""

    EXACT = "exact"
    ABOUT = "about"
    ALMOST = "almost"
    BIT_MORE = "bit more"
    BIT_LESS = "bit less"
    MORE = "more"
    LESS = "less"
    FROM = "from"
    UP_TO = "up to"


_LINK = r"(?:\s+(?:чем|на|в|за|по|из|до|than|the|a|by|at|for))*\s*(?:[₸$€]\s?)?$"
_BEFORE = [
    (Manner.BIT_MORE, r"(?:чуть|немного|слегка)\s+(?:более|больше|выше|свыше|дороже)|с небольшим|"
        r"(?:a (?:little|bit)|slightly|just) (?:over|more|above)"),
    (Manner.BIT_LESS, r"(?:чуть|немного|слегка)\s+(?:менее|меньше|ниже|дешевле)|неполн\w+|"
        r"(?:a (?:little|bit)|slightly|just) (?:under|less|below)"),
    (Manner.ALMOST, r"почти|без малого|практически|almost|nearly|close to"),
    (Manner.ABOUT, r"около|примерно|порядка|приблизительно|где-то|ориентировочно|в районе|шамамен|"
        r"жуық|about|around|roughly|approximately|some|~|≈"),
    (Manner.EXACT, r"не (?:более|больше|менее|меньше)"),
    (Manner.MORE, r"более|больше|свыше|выше|over|more|above|exceed\w*|перевали\w+|превы\w+|артық"),
    (Manner.LESS, r"менее|меньше|ниже|less|under|below|кем"),
    (Manner.FROM, r"от|начиная с|from|starting at|starts at"),
    (Manner.UP_TO, r"до|up to|максимум|не дороже"),
]  # fmt: skip
_READ = [(manner, re.compile(rf"(?<!\w)(?:{words}){_LINK}")) for manner, words in _BEFORE]
_AFTER = [
    (Manner.BIT_MORE, re.compile(r"\s?с (?:небольшим|лишним|хвостиком)(?!\w)")),
    (Manner.ABOUT, re.compile(r"\s?(?:шамасында|жуық|дай(?!\w)|or so)")),
    (Manner.MORE, re.compile(r"\s?(?:-?(?:нан|ден|тан|тен|дан)\s)?(?:астам|артық)")),
]
_WINDOW = 40


def manner(text: str, start: int, end: int) -> Manner:
    """How the figure at ``start``–``end`` of a normalised text is meant."""
    before = text[max(0, start - _WINDOW) : start]
    for kind, pattern in _AFTER:
        if pattern.match(text, end):
            return kind
    return next((kind for kind, pattern in _READ if pattern.search(before)), Manner.EXACT)


def holds(how: Manner, said: Decimal, true: Decimal, *, rounded: bool = False) -> bool:
    """Whether a figure said in this manner is true of a value; ``rounded``: «треть» is no exact figure."""
    if said == true:
        return how not in (Manner.MORE, Manner.LESS, Manner.BIT_MORE, Manner.BIT_LESS, Manner.ALMOST)
    if not said or not true or (said < 0) != (true < 0):
        return False
    off = (true - said) / abs(said)
    if said < 0:
        off = -off
    match how:
        case Manner.ABOUT:
            return abs(off) <= Decimal("0.08" if rounded else "0.05") and (rounded or _rounder(said, true))
        case Manner.ALMOST:
            return Decimal("-0.08" if rounded else "-0.05") <= off < 0 and (rounded or _rounder(said, true))
        case Manner.BIT_MORE:
            return 0 < off <= Decimal("0.1")
        case Manner.BIT_LESS:
            return Decimal("-0.1") <= off < 0
        case Manner.MORE:
            return 0 < off <= Decimal("0.3")
        case Manner.LESS:
            return Decimal("-0.25") <= off < 0
        case _:
            return rounded and abs(off) <= Decimal("0.025")


def _rounder(said: Decimal, true: Decimal) -> bool:
    """Whether it is a rounding at all: fewer digits than the value, or a five at the end."""
    digits = said.normalize().as_tuple().digits
    return len(digits) < len(true.normalize().as_tuple().digits) or digits[-1] == 5
