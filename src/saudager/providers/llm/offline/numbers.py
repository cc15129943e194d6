"""Numbers of a text as rules compare them: with their unit, as a range, as a size, or as a code such as 5W-30."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_UNITS: dict[str, tuple[str, float]] = {
    r"м2|м²|кв\.?\s?м|квадрат\w*": ("area", 1),
    r"м3|м³|куб\.?\s?м|куб(?:а|ов|ик|ика|иков|ометр\w*)?": ("cubic", 1),
    r"мм|миллиметр\w*|mm": ("length", 1),
    r"см|сантиметр\w*|сантим|cm": ("length", 10),
    r"м|метр\w{0,3}|m|meters?|metres?": ("length", 1000),
    r"км|километр\w*|km": ("length", 1_000_000),
    r"кг|килограмм\w*|кило|kg": ("mass", 1000),
    r"г|гр|грамм\w*": ("mass", 1),
    r"л|литр\w*|l|liters?|litres?": ("volume", 1000),
    r"мл|миллилитр\w*|ml": ("volume", 1),
    r"мин|минут\w*|minutes?|min": ("minute", 1),
    r"ч|час|часа|часов|часик\w*|hours?": ("hour", 1),
    r"(?:раб(?:\.|оч\w+)\s?)?(?:дн|дня|дней|день|дням|сут|суток|сутки|ноч\w*|days?)": ("day", 1),
    r"недел\w*|нед|weeks?": ("day", 7),
    r"мес|месяц\w*|months?": ("month", 1),
    r"год|года|годик\w*|лет|годам|г\.|years?": ("month", 12),
    r"шт|штук\w*|штучк\w*|pcs|pieces?|единиц\w*": ("piece", 1),
    r"₸|тг|тнг|тенге|теңге|kzt|tenge|руб(?:л[ьяе]\w*)?": ("money", 1),
    r"тыс|тысяч\w*|тыщ\w*": ("money", 1000),
    r"%|процент\w*|percent": ("percent", 1),
    r"гб|гиг(?:а|ов|абайт\w*)?|gb": ("memory", 1),
    r"тб|терабайт\w*|tb": ("memory", 1024),
    r"вт|ватт\w*|w": ("power", 1),
    r"квт|киловатт\w*|kw": ("power", 1000),
    r"ач|а\s?ч|ah": ("charge", 1),
    r"мач|mah": ("charge", 0.001),
    r"дюйм\w*|inch(?:es)?": ("inch", 1),
    r"лет[-\s]?стаж\w*": ("", 1),
    r"чел(?:овек\w*)?|гост\w+|персон\w*|детей|взрослых|people|persons?|guests?|kids|children": ("person", 1),
}
_UNIT = re.compile("|".join(f"(?P<u{i}>(?:{pattern})(?![^\\W\\d_]))" for i, pattern in enumerate(_UNITS)))
_MEANT = list(_UNITS.values())
_GROUPED = re.compile(r"(?<![\d.,/])[1-9]\d{0,2}(?: \d{3})+(?![\d])")
_TIMES = re.compile(r"(?<=\d)\s?(?:мм|см|м)?\s?(?:[xх×*]|на|by)\s?(?=\d)")
_CLOCK = re.compile(
    r"\+\d[\d ()-]{8,}\d|(?<![\d:])\d{1,2}:\d{2}(?![\d:])|(?<!\d)\d{1,2} (?:янв|фев|март|апр|ма[йя]|июн|июл|авг"
    r"|сен|окт|ноя|дек)\w*"
)
_RADIUS_LETTER = "p"
_RADIUS = re.compile(r"(?<=\d)/?[rр](?=\d)")
_SPELLED = {
    r"один|одна|одно|одну|одного|одной|one": "1",
    r"два|две|двух|двое|обе|оба|обеих|обоих|two|both": "2",
    r"три|трех|трое|three": "3",
    r"четыре|четырех|four": "4",
    r"пять|пяти|five": "5",
    r"шесть|шести|six": "6",
    r"семь|семи": "7",
    r"восемь|восьми": "8",
    r"девять|девяти": "9",
    r"десять|десяти|ten": "10",
    r"двенадцать|двенадцати|twelve": "12",
    r"полтор[аы]": "1.5",
}
_COMPOUND = re.compile(
    r"(?<!\w)(одно|двух|дву|тр[её]х|четыр[её]х|пяти|шести)ъ?"
    r"(?=[^\W\d_]{4,}(?:ый|ий|ой|ая|яя|ое|ее|ые|ие|[оы]го|[оы]му|ую|[оы]м|[оы]х)(?!\w))"
)
_FIRST_PART = {"од": "1", "дв": "2", "тр": "3", "че": "4", "пя": "5", "ше": "6"}
_SPELLED_OUT = [(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), digits) for pattern, digits in _SPELLED.items()]
_WORDED = (
    (re.compile(r"(?<!\w)пол\s?года(?!\w)"), "6 мес"),
    (re.compile(r"(?<!\w)полтора\s+года(?!\w)"), "18 мес"),
    (re.compile(r"(?<!\w)(?:в|за)\s+(?:1|один)\s+раз(?!\w)"), "сразу"),
    (re.compile(r"(?<!\w)(на|за|в)\s+год(?!\w)"), r"\1 12 мес"),
    (re.compile(r"(?<![\w.])(?<!\d )(?:литр|литров(?:ый|ая|ую|ое|ые|ых|ку|ка|ки))(?!\w)"), "1 л"),
    (re.compile(r"(?<!\w)дву(?:х)?литров\w+"), "2 л"),
    (re.compile(r"(?<!\w)тр[её]хлитров\w+"), "3 л"),
    (re.compile(r"(?<!\w)четыр[её]хлитров\w+"), "4 л"),
    (re.compile(r"(?<!\w)пятилитров\w+"), "5 л"),
    (re.compile(r"(?<!\w)десятилитров\w+"), "10 л"),
)
_CODE = r"(?:\d+(?:[.,]\d+)?-?(?![xхрr])[a-zа-я]{1,2}-?\d+|[a-zа-я]{1,4}-\d{2,}|[a-z]{2,4}\d+)"
_NUMBER = re.compile(
    rf"(?<![\w])(?P<code>{_CODE})(?![\w])"
    r"|(?<![\d])(?P<letter>(?<!\w)[a-zа-я])?(?P<low>\d+(?:[.,]\d+)?)(?P<sides>(?:x\d+(?:[.,]\d+)?)+)?"
    r"(?:\s?[-–—]\s?[a-zа-я]?(?P<high>\d+(?:[.,]\d+)?))?"
)
_KEYBOARD = str.maketrans("авеикмнорстухз", "abeikmnopctyxz")


@dataclass(frozen=True, slots=True)
class Number:
    """One number: ``low`` to ``high`` in the base unit (mm, g, ml, day, month, tenge), or the sides of a size."""

    low: float
    high: float
    unit: str = ""
    sides: tuple[float, ...] = ()
    code: str = ""
    start: int = 0
    end: int = 0
    scale: float = 1.0
    is_open: bool = False
    """A range with one end: from three on, up to ten."""
    letter: str = ""
    """The letter before it, as in R15, in the alphabet of codes."""

    @property
    def is_bare(self) -> bool:
        """Whether nothing says what it measures."""
        return not (self.unit or self.code or self.sides or self.letter)

    @property
    def plain(self) -> float:
        """The number as it was written, without its unit."""
        return self.low / self.scale


def in_digits(text: str) -> str:
    """Normalised text with spelled-out numbers as digits and the sides of a size joined by x."""
    for pattern, digits in _WORDED:
        text = pattern.sub(digits, text)
    for pattern, digits in _SPELLED_OUT:
        text = pattern.sub(digits, text)
    text = _COMPOUND.sub(lambda found: f"{_FIRST_PART[found[1][:2]]} ", text)
    text = _GROUPED.sub(lambda found: found.group().replace(" ", ""), text)
    return _RADIUS.sub(" r", _TIMES.sub("x", text))


def numbers(text: str) -> Iterator[Number]:
    """Every number of a text that went through ``in_digits``, in order."""
    for found in _NUMBER.finditer(_CLOCK.sub(lambda clock: " " * len(clock.group()), text)):
        if found["code"]:
            written = found["code"]
            yield Number(0, 0, code=_canonical(written), start=found.start(), end=found.end())
            continue
        low = _float(found["low"])
        if found["sides"]:
            sides = (low, *(_float(side) for side in found["sides"].split("x")[1:]))
            yield Number(low, low, "size", sides, start=found.start(), end=found.end())
            continue
        unit = _UNIT.match(text, found.end() + (text[found.end() : found.end() + 1] in (" ", "-")))
        dimension, scale, end = "", 1.0, found.end()
        if unit and unit.lastgroup:
            dimension, scale = _MEANT[int(unit.lastgroup[1:])]
            end = unit.end()
        high = _float(found["high"]) if found["high"] else low
        if high < low:
            high = low
        yield Number(
            low * scale,
            high * scale,
            dimension,
            start=found.start(),
            end=end,
            scale=scale,
            letter=_canonical(found["letter"] or "").replace("r", _RADIUS_LETTER),
        )


def same(asked: Number, held: Number) -> bool:
    """Whether the number asked for is the one held, or lies in its range."""
    if asked.code or held.code:
        return asked.code == held.code
    if asked.sides or held.sides:
        return _same_size(asked, held)
    if asked.letter and asked.letter != (held.letter or _RADIUS_LETTER):
        return False
    if asked.unit and held.unit:
        return asked.unit == held.unit and held.low <= asked.low <= held.high
    if held.low <= asked.low <= held.high or held.low / held.scale <= asked.plain <= held.high / held.scale:
        return True
    if asked.unit == "length":
        return any(asked.low / factor == held.low for factor in (1, 10, 1000))
    if held.unit == "length":
        return any(asked.low * factor == held.low for factor in (1, 10, 1000))
    return False


def _same_size(asked: Number, held: Number) -> bool:
    if not held.sides:
        return False
    if not asked.sides:
        return any(asked.low / factor == side for side in held.sides for factor in (1, 10, 1000))
    if len(asked.sides) > len(held.sides):
        return False
    ours = held.sides[: len(asked.sides)]
    for factor in (1, 10, 1000, 0.1, 0.01):
        scaled = tuple(round(side * factor, 3) for side in asked.sides)
        if scaled == ours or scaled == ours[::-1]:
            return True
    return False


def _canonical(code: str) -> str:
    return re.sub(r"[- ]", "", code.replace(",", ".")).translate(_KEYBOARD).replace("v", "w").replace("b", "w")


def _float(written: str) -> float:
    return float(written.replace(",", "."))
