"""Shares and multiples in words: «треть», «каждый пятый», «в полтора раза», «вдвое», «a quarter», «екі есе»."""

import re
from collections.abc import Iterator
from decimal import Decimal

_THIRD = Decimal(100) / 3
_SHARES: list[tuple[str, Decimal]] = [
    (r"три четверт\w+|three[- ]quarters?|төрттен үші?", Decimal(75)),
    (r"две трети|двух третей|two[- ]thirds?|үштен екі\w*", 2 * _THIRD),
    (r"половин\w+|наполовину|жарты\w*|(?:a |by )?half", Decimal(50)),
    (r"(?:одн\w+ )?трет(?:ь|и|ью)|a third|one[- ]third|үштен бір\w*", _THIRD),
    (r"четверт(?:ь|и|ью)|a quarter|one[- ]quarter|төрттен бір\w*|ширек\w*", Decimal(25)),
    (r"пят\w+ част\w+|кажд\w+ пят\w+|a fifth|one[- ]fifth|every fifth|бестен бір\w*", Decimal(20)),
    (r"десят\w+ част\w+|кажд\w+ десят\w+|a tenth|one[- ]tenth|every tenth|оннан бір\w*", Decimal(10)),
    (r"кажд\w+ трет\w+|every third", _THIRD),
    (r"кажд\w+ четверт\w+|every fourth", Decimal(25)),
    (r"кажд\w+ втор\w+|every second", Decimal(50)),
]
_MULTIPLES: list[tuple[str, Decimal]] = [
    (r"в полтора раза|бір жарым есе", Decimal("1.5")),
    (r"вдвое|удво\w+|дважды больше|doubled?|twice|twofold|екі есе\w*", Decimal(2)),
    (r"втрое|утро(?:и|ен)\w+|tripled?|threefold|үш есе\w*", Decimal(3)),
    (r"вчетверо|quadrupled?|fourfold|төрт есе\w*", Decimal(4)),
]
_NOT_SHARE = r"(?!\s+(?:перв|втор|трет|четв|пят|шест|седьм|восьм|девят|десят|один|двенад|дня\b|часа\b|past|quarter))"
_TIMES = re.compile(
    r"(?<!\w)(?:в\s)?(\d+(?:[.,]\d+)?)\s?(?:раза?(?!\w)\s?(?=больше|меньше|дороже|"
    r"дешевле|выше|ниже|чаще)|times (?:more|less|the)|есе)"
)
_IN_TIMES = re.compile(
    r"(?<!\w)в\s(\d+(?:[.,]\d+)?|двух?|два|три|четыре|пять|шесть|десять)\s(?:с половиной\s)?раза?(?!\w)"
)
_SPELLED = {"два": 2, "двух": 2, "дву": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6, "десять": 10}
_READ_SHARES = [(re.compile(rf"(?<!\w)(?:{words})(?!\w){_NOT_SHARE}"), value) for words, value in _SHARES]
_READ_MULTIPLES = [(re.compile(rf"(?<!\w)(?:{words})(?!\w)"), value) for words, value in _MULTIPLES]
_HINT = re.compile(
    r"треть|трети|четверт|половин|част|кажд|раза?\b|вдвое|втрое|вчетв|удво|утро|жарты|"
    r"тен |ширек|есе|half|third|quarter|fifth|tenth|every|doubl|twice|tripl|fold|times"
)


def shares(text: str) -> Iterator[tuple[int, int, Decimal]]:
    """Start, end and per cent of every share in words in normalised text."""
    if not _HINT.search(text):
        return
    for pattern, value in _READ_SHARES:
        for hit in pattern.finditer(text):
            if not text[: hit.start()].rstrip().endswith((" с", " without", "третьем", "в первой", "во второй")):
                yield hit.start(), hit.end(), value


def multiples(text: str) -> Iterator[tuple[int, int, Decimal]]:
    """Start, end and factor of every «в два раза», «вдвое» in normalised text."""
    if not _HINT.search(text):
        return
    for pattern, value in _READ_MULTIPLES:
        for hit in pattern.finditer(text):
            yield hit.start(), hit.end(), value
    for pattern in (_IN_TIMES, _TIMES):
        for hit in pattern.finditer(text):
            factor = _SPELLED.get(hit[1]) or Decimal(hit[1].replace(",", "."))
            half = Decimal("0.5") if "с половиной" in hit.group() else 0
            yield hit.start(), hit.end(), Decimal(factor) + half
