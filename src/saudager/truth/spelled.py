"""Numbers written in words: «пять лет», «сто тридцать одна тысяча тенге»."""

import re
from collections.abc import Iterator
from decimal import Decimal

_WORDS = {
    1: r"один|одна|одно|одну|одного|одной",
    2: r"два|две|двух|двумя",
    3: r"три|трех|тремя",
    4: r"четыре|четырех",
    5: r"пять|пяти",
    6: r"шесть|шести",
    7: r"семь|семи",
    8: r"восемь|восьми",
    9: r"девять|девяти",
    10: r"десять|десяти",
    11: r"одиннадцат[ьи]",
    12: r"двенадцат[ьи]",
    13: r"тринадцат[ьи]",
    14: r"четырнадцат[ьи]",
    15: r"пятнадцат[ьи]",
    16: r"шестнадцат[ьи]",
    17: r"семнадцат[ьи]",
    18: r"восемнадцат[ьи]",
    19: r"девятнадцат[ьи]",
    20: r"двадцат[ьи]",
    30: r"тридцат[ьи]",
    40: r"сорока?",
    50: r"пятьдесят|пятидесяти",
    60: r"шестьдесят|шестидесяти",
    70: r"семьдесят|семидесяти",
    80: r"восемьдесят|восьмидесяти",
    90: r"девяносто|девяноста",
    100: r"сто|ста",
    200: r"двести",
    300: r"триста",
    400: r"четыреста",
    500: r"пятьсот",
    600: r"шестьсот",
    700: r"семьсот",
    800: r"восемьсот",
    900: r"девятьсот",
}
_SCALES = {1000: r"тысяч\w*", 1_000_000: r"миллион\w*"}
_VALUES = [(re.compile(pattern), value) for value, pattern in (_WORDS | _SCALES).items()]
_ONE = "|".join(_WORDS.values())
_ANY = f"{_ONE}|{'|'.join(_SCALES.values())}"
_RUN = re.compile(rf"(?<!\w)(?:полтор[аы]|(?:{_ONE})(?:\s+(?:{_ANY}))*)(?!\w)")


def spelled_numbers(text: str) -> Iterator[tuple[int, int, Decimal]]:
    """Start, end and value of every number written in words in normalised text."""
    for run in _RUN.finditer(text):
        yield run.start(), run.end(), _value(run.group().split())


def _value(words: list[str]) -> Decimal:
    if words[0].startswith("полтор"):
        return Decimal("1.5")
    total = part = 0
    for word in words:
        value = next(value for pattern, value in _VALUES if pattern.fullmatch(word))
        if value >= 1000:
            total, part = total + (part or 1) * value, 0
        else:
            part += value
    return Decimal(total + part)
