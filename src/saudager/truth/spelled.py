"""Numbers written in words: «пять лет», «сто тридцать одна тысяча тенге», «екі қап», «ninety thousand»."""

import re
from collections.abc import Iterator
from decimal import Decimal

_RUSSIAN = {
    1: r"один|одна|одно|одну|одного|одной",
    2: r"два|две|двух|двумя|двое|оба|обе",
    3: r"три|трех|тремя|трое",
    4: r"четыре|четырех|четверо",
    5: r"пять|пяти|пятью|пятеро",
    6: r"шесть|шести",
    7: r"семь|семи",
    8: r"восемь|восьми",
    9: r"девять|девяти",
    10: r"десять|десяти|десяток",
    11: r"одиннадцат[ьи]",
    12: r"двенадцат[ьи]|дюжин[аы]",
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
    100: r"сто|ста|сотн[яюи]",
    200: r"двести|двухсот",
    300: r"триста|трехсот",
    400: r"четыреста|четырехсот",
    500: r"пятьсот|пятисот",
    600: r"шестьсот|шестисот",
    700: r"семьсот|семисот",
    800: r"восемьсот|восьмисот",
    900: r"девятьсот|девятисот",
    1000: r"тысяч\w*",
    1_000_000: r"миллион\w*",
}
_KAZAKH = {
    1: "бір", 2: "екі", 3: "үш", 4: "төрт", 5: "бес", 6: "алты", 7: "жеті", 8: "сегіз", 9: "тоғыз", 10: "он",
    20: "жиырма", 30: "отыз", 40: "қырық", 50: "елу", 60: "алпыс", 70: "жетпіс", 80: "сексен", 90: "тоқсан",
    100: "жүз", 1000: "мың", 1_000_000: "миллион",
}  # fmt: skip
_ENGLISH = {
    1: "one", 2: "two|both", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten",
    11: "eleven", 12: "twelve|dozen", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen", 17: "seventeen",
    18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy",
    80: "eighty", 90: "ninety", 100: "hundred", 1000: "thousand", 1_000_000: "million",
}  # fmt: skip
_HALF = {"с половиной", "жарым", "and a half"}


class _Reader:
    def __init__(self, words: dict[int, str]) -> None:
        self.values = [(re.compile(pattern), value) for value, pattern in words.items()]
        some = "|".join(words.values())
        self.run = re.compile(
            rf"(?<!\w)(?:полтор[аы](?:\s|(?!\w))|пол(?=миллион|тысяч))?(?:(?:{some})(?:[\s-]+(?:and\s+)?(?:{some}|{'|'.join(_HALF)})"
            r")*)?(?<=\w)(?!\w)"
        )

    def value(self, run: str) -> Decimal:
        total, part, said = Decimal(0), Decimal(0), run
        if run.startswith("полтор"):
            part, said = Decimal("1.5"), run[len("полтора") :]
        elif run.startswith("пол"):
            part, said = Decimal("0.5"), run[len("пол") :]
        halved = any(half in said for half in _HALF)
        for word in re.findall(r"\w+", re.sub("|".join(_HALF) + r"|\band\b", " ", said)):
            value = next(value for pattern, value in self.values if pattern.fullmatch(word))
            if value >= 1000:
                part = (part or Decimal(1)) + (Decimal("0.5") if halved else 0)
                total, part, halved = total + part * value, Decimal(0), False
            elif value == 100 and 0 < part < 10:
                part *= value
            else:
                part += value
        return total + part + (Decimal("0.5") if halved else 0)


_RU, _KK, _EN = _Reader(_RUSSIAN), _Reader(_KAZAKH), _Reader(_ENGLISH)
_KAZAKH_LETTERS = re.compile(r"[әіңғүұқөһ]")
_WORDS = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"[^\n.!?]+")
_SCALE = re.compile(r"тысяч|миллион|мың|thousand|million|hundred")
_DIGIT_BEFORE = re.compile(r"\d\s?$")
_LATIN = re.compile(r"[a-z]{2}")


def spelled_numbers(text: str) -> Iterator[tuple[int, int, Decimal]]:
    """Start, end and value of every number written in words in normalised text."""
    kazakh = bool(_KAZAKH_LETTERS.search(text))
    mostly = kazakh and _is_kazakh(text)
    for part in _PART.finditer(text) if kazakh else [None]:
        start, end = part.span() if part else (0, len(text))
        said = text[start:end]
        in_kazakh = _is_kazakh(said) if kazakh and _KAZAKH_LETTERS.search(said) else mostly
        for reader in (_KK if in_kazakh else _RU, *((_EN,) if _LATIN.search(said) else ())):
            for run in reader.run.finditer(text, start, end):
                if run.group() and not (_SCALE.match(run.group()) and _DIGIT_BEFORE.search(text[: run.start()])):
                    yield run.start(), run.end(), reader.value(run.group())


def _is_kazakh(text: str) -> bool:
    """Whether a good part of its words has letters of Kazakh: a name alone makes no Kazakh sentence, in which «он» is
    ten."""
    words = _WORDS.findall(text)
    return sum(bool(_KAZAKH_LETTERS.search(word)) for word in words) * 4 >= len(words)
