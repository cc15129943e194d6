"""Prices that say so themselves: «2350» under «Цена, тг» becomes «2 350 тг», «зумба 15 000» becomes «зумба 15 000 ₸».

Merchants name the currency once, in a heading or on the first line. Here each amount gets it when the document is
read, so that whoever finds the passage, searches it or proves a figure by it need not guess again.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from saudager.knowledge.tables import Table
from saudager.words import normalise

_CURRENCY = re.compile(r"[₸₽$€]|(?<!\w)(?:тенге|теңге|тнг|тг|kzt|руб(?:лей)?|usd|eur)(?!\w)\.?", re.IGNORECASE)
_SAID_LAST = re.compile(rf"[,(\s]+(?:в\s+)?(?:{_CURRENCY.pattern})\)?$", re.IGNORECASE)
_PRICE = re.compile(r"цен|стоим|прайс|тариф|доплат|оплата|сумма|баға|price|cost")
_JOINTS = (
    "в|во|за|с|со|на|и|или|при|до|по|от|если|плюс|без|для|у|о|к|из|но|а|не|это|как|уже|сразу|отдельно|включая|всего|любой"
    "|каждый|каждая|каждое|один|одна|одно|вместо|когда|независимо|мен|және|үшін|бір|is|per|for|and|or|a|with"
)
_COUNT = re.compile(
    r"^(?:№|код|артикул|арт\b|sku|срок|размер|вес|масс|кол|створ|ширин|длин|высот|выс\b|глуб|толщин|стаж|год|остат|налич"
    r"|в налич|склад|шт|объем|мощност|гарант|время|длительн|возраст|телефон|лет|мест|этаж|площад|скидк|процент|порц"
    r"|диаметр|ккал|модель|номер|id|штрих|напряж|ток|емкост)"
    r"|[,(]\s*(?:мм|см|м|м2|м²|кг|г|гр|л|мл|шт|лет|а|вт|квт|ач|дн\w*|мин|час\w*|мес\w*|%)\.?\)?$"
)
_AMOUNT = re.compile(
    r"(?P<lead>(?:от |до |~ ?)?(?:\+ ?)?)(?P<sum>\d{1,3}(?: \d{3})+|\d+)(?:[.,]0{1,2}(?!\d))?(?P<rest>(?:[.,]\d+)?.*)"
)
_GROUPED = re.compile(r"(?:от |до )?\+? ?(?:[1-9]\d{0,2}(?: \d{3})+|[1-9]\d{2,4}[05]0)\*?")
_MEASURED = re.compile(
    r"\s?(?:%|[x×хX*]\s?\d|мм|см|м\b|м2|м²|кг|гр?\b|л\b|мл|шт|дн|день|недел|час|мин|мес|год|лет|раз)"
)
_RANGE = re.compile(r"(?P<dash>\s?[-–—]\s?)(?P<sum>\d{1,3}(?: \d{3})+|\d+)(?P<rest>.*)")
_IN_TEXT = re.compile(r"(?<![\d+№#.,:/×x*])(?<![\d№][ -])[1-9]\d{0,2}(?: \d{3})+(?! ?\d|[.,]\d)(?=$|[\s).,;:!?/–—-])")
_SMALL_IN_TEXT = re.compile(
    r"(?<=[^\W\d][^\W\d] )(?<!до )(?<!ул )(?<!дом )(?<!офис )(?<!этаж )(?<!размер )(?<!рост )(?<!кабинет )(?<!бутик )"
    r"[1-9]\d[05]0?(?=$|[\n).,;]|\s[—–-]\s|\s?/\s?[^\W\d]| (?:в|за|с) [^\W\d])(?![.,]\d)"
)
_COUNTED_BY = re.compile(
    rf" ?(?:{_CURRENCY.pattern}|тыс|млн|%|[x×х*] ?\d|[-–—] ?\d)| (?!(?:{_JOINTS})(?!\w))[^\W\d]", re.IGNORECASE
)
_PART = re.compile(r"[.,]\d+")
_DASHES = frozenset(("", "-", "–", "—"))
_LEAST, _LEAST_SMALL = 50, 100
_MOST_OF = 0.8


def priced(table: Table, above: str) -> Table:
    """The table with its currency in the cells of its price columns and no longer in their headings.

    A heading that names a currency or a price makes its column one; where the table or what stands above it is about
    prices, so do sums in most cells, unless the heading names another measure. ``above`` holds the headings over it.
    """
    columns = list(zip(*(row.cells for row in table.rows), strict=True))
    named = [_names_price(heading) for heading in table.headings]
    about_prices = any(named) or bool(_names_price(above))
    said = next((found.group() for text in (*table.headings, above) if (found := _CURRENCY.search(text))), "")
    signs = [
        _sign(_CURRENCY.search(heading), said)
        if at and (is_named or _holds_sums(heading, cells, about_prices=about_prices))
        else ""
        for at, (heading, is_named, cells) in enumerate(zip(table.headings, named, columns, strict=True))
    ]
    if not any(signs):
        return table
    headings = [
        _SAID_LAST.sub("", heading) if sign else heading for heading, sign in zip(table.headings, signs, strict=True)
    ]
    rows = [
        replace(row, cells=[_with(sign, cell) if sign else cell for cell, sign in zip(row.cells, signs, strict=True)])
        for row in table.rows
    ]
    return Table(headings, rows)


def priced_text(text: str) -> str:
    """Running text in which every amount has its currency: set in thousands, with no other measure behind it; beside
    such amounts also the smaller ones of a list («носки детские 600, взрослые 1 100»)."""
    said = _IN_TEXT.sub(
        lambda found: found.group() if _COUNTED_BY.match(text, found.end()) else f"{found.group()} ₸", text
    )
    if not _CURRENCY.search(said):
        return said
    return _SMALL_IN_TEXT.sub(
        lambda found: f"{found.group()} ₸" if int(found.group()) >= _LEAST_SMALL else found.group(), said
    )


def _names_price(text: str) -> bool:
    plain = normalise(text)
    return bool(_CURRENCY.search(plain) or (_PRICE.search(plain) and not _COUNT.search(plain)))


def _sign(of_heading: re.Match[str] | None, of_table: str) -> str:
    written = (of_heading.group() if of_heading else of_table).rstrip(".")
    return "₸" if written.lower() in ("", "kzt") else written


def _holds_sums(heading: str, cells: Sequence[str], *, about_prices: bool) -> bool:
    """Whether most cells are sums: any from 50 on in a table about prices, elsewhere only those set in thousands."""
    if _COUNT.search(normalise(heading)):
        return False
    filled = [cell for cell in cells if re.search(r"\d", cell)]
    sums = [cell for cell in filled if (_is_sum(cell) if about_prices else _GROUPED.fullmatch(cell))]
    return bool(sums) and len(sums) >= _MOST_OF * len(filled)


def _is_sum(cell: str) -> bool:
    found = _AMOUNT.fullmatch(cell)
    if not found or _MEASURED.match(found["rest"]):
        return False
    amount = int(found["sum"].replace(" ", ""))
    return amount >= _LEAST and (amount % 5 == 0 or " " in found["sum"]) and found["rest"] in ("", "*")


def _with(sign: str, cell: str) -> str:
    """«2350 за лист» as «2 350 ₸ за лист», «8000-12000» as «8 000-12 000 ₸»."""
    found = _AMOUNT.fullmatch(cell)
    if not found or _CURRENCY.search(cell) or _MEASURED.match(found["rest"]):
        return cell
    if (upper := _RANGE.fullmatch(found["rest"])) and not _MEASURED.match(upper["rest"]):
        return f"{found['lead']}{_grouped(found['sum'])}{upper['dash']}{_grouped(upper['sum'])} {sign}{upper['rest']}"
    if upper:
        return cell
    part = _PART.match(found["rest"])
    end = part.end() if part else 0
    whole = f"{found['lead']}{_grouped(found['sum'])}{found['rest'][:end]}"
    return f"{whole} {sign}{priced_text(found['rest'][end:])}"


def _grouped(amount: str) -> str:
    """«189000» as «189 000»."""
    return amount if " " in amount else f"{int(amount):,}".replace(",", " ")
