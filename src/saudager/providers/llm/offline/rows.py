"""A row of a price list, taken apart into its title, its prices and the rest, and said as a sentence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from saudager.providers.llm import Fact
from saudager.words import cells, normalise, stems

_AMOUNT = re.compile(r"(?:от\s+)?\d[\d ]*(?:[.,]\d+)?(?:\s*[-–—]\s*\d[\d ]*)?")
_CURRENCY = re.compile(r"₸|тенге|тг\b|kzt", re.IGNORECASE)
_PRICED = re.compile(r"₸|тенге|тг\b|kzt|цен|стоим|прайс|тариф|доплат|баға|price")
_PLAIN_PRICE = re.compile(r"^(?:цена|стоимость|тариф|сумма|баға|price)\b(?!\s+\w)")
_WORDED_PRICE = re.compile(r"^(?:бесплатно|входит в цену)")
_UNIT = re.compile(r",\s*(?:мм|см|м|м2|м²|кг|г|л|мл|шт|дн\w*|дней|мес\w*|час\w*|лет|%|мин|рабочих дней)\.?$")
_COUNT = re.compile(r"^(?:№|код|артикул|срок|размер|вес|кол|створ|ширин|длин|высот|толщин)")
_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)\s*[x×х*]\s*(\d+(?:[.,]\d+)?)")


@dataclass(frozen=True, slots=True)
class Price:
    """One price of a row: ``label`` is its column's heading, '' for a plain «Цена»; ``said`` has the currency."""

    label: str
    said: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``title`` names the thing, ``rest`` are the columns that do neither name nor price it."""

    title: str
    prices: tuple[Price, ...]
    rest: tuple[tuple[str, str], ...]
    size: tuple[float, float] | None


def read_row(fact: Fact) -> Row:
    """Take a table row apart; what stands before the prices names the thing, and currency stays as it is written."""
    prices: list[Price] = []
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    for heading, content in cells(fact.text):
        if not content or content in "-–—":
            continue
        if price := _price(heading, content, fact.section):
            prices.append(price)
        else:
            (after if prices else before).append((heading, content))
    title, rest = (before, after) if prices else (before[:1], before[1:])
    found = next((size for _, content in before if (size := _SIZE.search(content))), None)
    return Row(
        title=", ".join(_named(heading, content) for heading, content in title),
        prices=tuple(prices),
        rest=tuple(rest),
        size=(_number(found[1]), _number(found[2])) if found else None,
    )


def say_prices(row: Row, prices: Sequence[Price]) -> str:
    """«Окно двустворчатое, 1500×1500: Стандарт 60 — 94 500 ₸, Премиум 76 — 131 000 ₸», without the full stop."""
    if len(prices) == 1:
        label = f", {_uncapitalised(prices[0].label)}" if prices[0].label else ""
        return f"{row.title}{label} — {prices[0].said}"
    return f"{row.title}: {', '.join(f'{price.label} — {price.said}' for price in prices)}"


def say_rest(row: Row, wanted: frozenset[str]) -> str:
    """The columns the wanted stems name, or all of them, behind the row's title; without the full stop."""
    named = tuple(pair for pair in row.rest if stems(pair[0]) & wanted)
    said = [_say_cell(heading, content) for heading, content in named or row.rest]
    return f"{row.title} — {', '.join(said)}" if said else row.title


def _say_cell(heading: str, content: str) -> str:
    if _UNIT.search(normalise(heading)) and not _AMOUNT.fullmatch(normalise(content)):
        return f"{_uncapitalised(heading)}: {content}"
    return f"{_uncapitalised(_bare(heading))} {_with_unit(heading, content)}"


def _price(heading: str, content: str, section: str) -> Price | None:
    label, value = normalise(heading), normalise(content)
    if (_CURRENCY.search(value) and re.search(r"\d", value)) or _WORDED_PRICE.match(value):
        return Price(_label(heading), content)
    if not _AMOUNT.fullmatch(value) or _UNIT.search(label) or _COUNT.search(label):
        return None
    if not (_PRICED.search(label) or _PRICED.search(normalise(section))):
        return None
    written = _CURRENCY.search(heading) or _CURRENCY.search(section)
    return Price(_label(heading), f"{content} {written.group() if written else '₸'}")


def _label(heading: str) -> str:
    return "" if _PLAIN_PRICE.search(normalise(heading)) else re.sub(r",\s*(?:₸|тг\.?|тенге|KZT)$", "", heading)


def _named(heading: str, content: str) -> str:
    plain_number = _AMOUNT.fullmatch(normalise(content))
    return f"{_uncapitalised(_bare(heading))} {_with_unit(heading, content)}" if plain_number else content


def _with_unit(heading: str, content: str) -> str:
    unit = _UNIT.search(normalise(heading))
    return f"{content} {unit.group().lstrip(', ')}" if unit and _AMOUNT.fullmatch(normalise(content)) else content


def _bare(heading: str) -> str:
    return heading.rsplit(", ", 1)[0]


def _uncapitalised(text: str) -> str:
    return text if len(text) < 2 or text[1].isupper() or re.search(r"\d", text) else text[0].lower() + text[1:]


def _number(written: str) -> float:
    return float(written.replace(",", "."))
