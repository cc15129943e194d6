"""A row of a table taken apart: what it names, what it costs, and the rest."""

import re
from dataclasses import dataclass, replace

from saudager.providers.llm import Fact
from saudager.providers.llm.offline.numbers import Number, numbers
from saudager.words import cells, normalise

_AMOUNT = re.compile(r"(?:от |до |~ ?)?\+? ?\d[\d ]*(?:[.,]\d+)?(?:\s*[-–—]\s*\d[\d ]*)?")
CURRENCY = re.compile(r"\s?(?:₸|(?<!\w)(?:тенге|теңге|тг|тнг|kzt)(?!\w))", re.IGNORECASE)
_PRICED = re.compile(r"цен|стоим|прайс|тариф|доплат|оплата|сумма|баға|price|cost")
_PLAIN_PRICE = re.compile(
    r"^(?:цена|стоимость|тариф|сумма|баға|price|cost)"
    r"(?:\s+(?:за|в)\s+(?:1 шт\w*|одну штуку|единицу|шт\w*|тенге|тг|₸))?\s*(?:\([^)]*\))?$"
)
_IN_NAME = re.compile(
    r"[,;(]\s*(?:за\s+(?:1\s+)?|1\s+(?=(?:час|мин|день|сутки|месяц|недел|м²|м2|кв)\w*))([^\W\d]+\.?[\d²]?)"
)
_RATE = re.compile(r"(?:(?<!\w)(?:за|в|с|на)|/)\s*(?:кажд\w+\s+|1\s+|один\s+|одну\s+|одно\s+)?([^\W\d]+\.?\d?)")
_WORDED_PRICE = re.compile(r"^(?:бесплатно|вход(?:ит|ят) в (?:цену|стоимость)|тегін|free)")
_COUNT = re.compile(
    r"^(?:№|код|артикул|арт\b|sku|срок|размер|вес|кол|створ|ширин|длин|высот|выс\b|толщин|стаж|год|остат|налич|в налич|"
    r"склад|шт|объем|мощност|гарант|время|длительн|возраст|телефон|лет|мест|этаж)|, (?:мм|см|м|кг|г|л|мл|шт|лет"
    r"|а|вт|ач)$"
)
_UNIT = re.compile(r",\s*([^\W\d][\w²%.]{0,8}(?: дней)?)\.?$")
_SPEC = re.compile(r"^(?:вес|выс|толщин|стаж|год)")
_CODE = re.compile(r"^(?:артикул|код|арт\.?|sku|№|id)$")
_NUMBER = re.compile(r"[\d\s.,–—-]+")
_YES_NO = re.compile(r"(?:да|нет|есть|\+|-)$")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: ``said`` is how a seller would say it beside the others."""

    heading: str
    content: str

    @property
    def is_code(self) -> bool:
        """An article number: it names the thing for the shop, not for the customer."""
        return bool(_CODE.search(normalise(self.heading)))

    @property
    def is_bare(self) -> bool:
        """A number, or a yes or no, that means nothing without its heading."""
        plain = normalise(self.content)
        return bool(
            _NUMBER.fullmatch(plain)
            or _YES_NO.match(plain)
            or (_SPEC.search(normalise(self.heading)) and _AMOUNT.match(plain))
        )

    @property
    def said(self) -> str:
        if not self.heading:
            return self.content
        unit = _UNIT.search(self.heading)
        name = uncapitalised(self.heading[: unit.start()] if unit else self.heading)
        if not unit or unit[1].istitle():
            return f"{uncapitalised(self.heading)} {self.content}" if self.is_bare else f"{name}: {self.content}"
        return f"{name} {self.content} {unit[1]}" if _NUMBER.fullmatch(self.content) else f"{name}: {self.content}"


@dataclass(frozen=True, slots=True)
class Price:
    """One price of a row: ``label`` is its column's heading, '' for a plain «Цена»; ``said`` has the currency."""

    label: str
    said: str
    amount: float | None
    """In tenge; None when it is told in words."""
    marked: bool = False
    """A star beside it points at a note."""
    rate: Number | None = None
    """What it is the price of, when that is a measure: one kilogram, one month."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``named`` stand before the prices and name the thing, ``rest`` are the other cells."""

    named: tuple[Cell, ...]
    prices: tuple[Price, ...]
    rest: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The first cell that is no article number."""
        return next((cell.content for cell in self.named if not cell.is_code), "")


def read_row(fact: Fact) -> Row:
    """Take a table row apart."""
    pairs = [Cell(heading, content) for heading, content in cells(fact.text) if content and content not in "-–—"]
    named: list[Cell] = []
    prices: list[Price] = []
    rest: list[Cell] = []
    for place, cell in enumerate(pairs):
        price = _price(cell, fact.section) if place else None
        if price:
            prices.append(price)
        else:
            (rest if prices else named).append(cell)
    if not prices:
        first = next((i for i, cell in enumerate(named) if not cell.is_code), 0)
        named, rest = named[: first + 1], named[first + 1 :]
    per = rate(normalise(" ; ".join(cell.content for cell in named)), _IN_NAME)
    prices = [replace(price, rate=price.rate or per) for price in prices]
    return Row(tuple(named), tuple(prices), tuple(rest))


def money_of(text: str) -> float | None:
    """The first amount of a text as a number."""
    found = re.search(r"\d[\d \u00a0]*(?:[.,]\d+)?", text)
    return float(re.sub(r"[ \u00a0]", "", found.group()).replace(",", ".")) if found else None


def uncapitalised(text: str) -> str:
    """With a small first letter, unless the word is a name or an abbreviation."""
    first = text.split(" ")[0]
    is_name = not first[1:].islower() or re.search(r"\d|«", first) or re.match(r"\w+ \d", text)
    return text if len(text) < 2 or is_name else text[0].lower() + text[1:]


def _price(cell: Cell, section: str) -> Price | None:
    """The price a cell holds: an amount with its currency; under the heading of a price also a share, or words."""
    value, heading = normalise(cell.content), normalise(cell.heading)
    label, said = _label(cell.heading), cell.content.rstrip("*")
    if _WORDED_PRICE.match(value):
        return Price(label, said, 0.0)
    amount = _AMOUNT.match(value)
    if amount and CURRENCY.match(value, amount.end()):
        measure = rate(f"{heading} ; {value} ; {normalise(section.rpartition(' › ')[2])}")
        return Price(label, said, money_of(value), cell.content.endswith("*"), measure)
    is_told = not _COUNT.search(heading) and ("%" in value or not re.search(r"\d", value))
    return Price(label, said, None) if _PRICED.search(heading) and is_told else None


def rate(text: str, pattern: re.Pattern[str] = _RATE) -> Number | None:
    """The measure a price is for: one kilogram in «цена за кг»."""
    for found in pattern.finditer(text):
        measure = next(iter(numbers(f"1 {found[1]}")), None)
        if measure and measure.unit not in ("", "money", "percent", "piece"):
            return measure
    return None


def _label(heading: str) -> str:
    label = re.sub(r"[,(\s]+(?:₸|тг\.?|тенге|KZT)\)?$", "", heading, flags=re.IGNORECASE)
    label = re.sub(r"(?<=за )1 ", "", label.removesuffix(" в"))
    return "" if _PLAIN_PRICE.search(normalise(label)) else label
