"""What a cell means: a moment, a day, an amount, a quantity, a phone number; whatever program wrote it."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from saudager.knowledge.tables import clean
from saudager.phones import normalise_phone
from saudager.providers.marketplace import EARLIEST, LATEST, LONGEST_CODE, MOST_MONEY, MOST_PIECES

Cell = str | int | float | bool | datetime | date | time | timedelta | None
"""A text of a CSV file, or a value of a workbook."""

_SERIALS = (36_526, 73_050)
"""Days since 30.12.1899 as Excel counts them, from 2000 up to 2100."""
_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 (a spreadsheet's days have no zone)
_WRITTEN_DATE = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:\s*г\.?)?(?:[\sT,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?"
)
_CURRENCY = re.compile(r"₸|тенге|тнг|тг\.?|kzt|₽|рублей|руб\.?|р\.|rub|rur|\$|usd|€|eur", re.IGNORECASE)
_CURRENCIES = {"₸": "KZT", "т": "KZT", "k": "KZT", "₽": "RUB", "р": "RUB", "r": "RUB", "$": "USD", "u": "USD"}
_SPACES = re.compile(r"[\s'’_]")
_THOUSANDS = (re.compile(r"\d{1,3}(?:,\d{3})+\.\d{1,2}"), re.compile(r"\d{1,3}(?:\.\d{3})+,\d{1,2}"))
_UNCLEAR = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_SPOILT = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_HIDDEN = re.compile(r"[*xXхХ•]{2,}|\bдоб\b|\bext\b|#", re.IGNORECASE)
_PHONES_APART = re.compile(r"[,;/\n]")
_IN_STOCK = ("есть", "в наличии", "да", "yes", "true", "+")
_OUT_OF_STOCK = ("нет", "нет в наличии", "отсутствует", "no", "false", "-", "—")


class Unreadable(ValueError):
    """A cell that does not hold what its column should; the message says in Russian what is expected."""


def text(cell: Cell, *, most: int) -> str | None:
    """One line of words, None for nothing; a formula's words are words. Raises Unreadable when it is longer."""
    words = clean(shown(cell))
    if len(words) > most:
        raise Unreadable(f"ожидается не больше {most} знаков, а здесь {len(words)}")
    return words or None


def code(cell: Cell, *, most: int = LONGEST_CODE) -> str | None:
    """A number that names an order or a product; Excel's ``4,96E+08`` has lost its digits and is Unreadable."""
    words = text(cell, most=most)
    if words and _SPOILT.fullmatch(words):
        raise Unreadable("Excel сократил номер; задайте столбцу формат «Текстовый» и сохраните файл заново")
    return words


def moment(cell: Cell, zone: ZoneInfo) -> datetime | None:
    """``12.03.2026 14:05``, ISO, or a day's number of a spreadsheet, in the shop's zone unless the cell names one."""
    match cell:
        case datetime():
            return _in_zone(cell, zone)
        case date():
            return _in_zone(datetime.combine(cell, time()), zone)
        case bool():
            raise Unreadable(_A_DATE)
        case int() | float():
            return _of_serial(cell, zone)
    words = clean(shown(cell))
    if not words:
        return None
    if re.fullmatch(r"\d{5}(?:[.,]\d+)?", words):
        return _of_serial(float(words.replace(",", ".")), zone)
    if written := _WRITTEN_DATE.fullmatch(words):
        day, month, year, hour, minute, second = (int(part or 0) for part in written.groups())
        return _made(year + (2000 if year < 100 else 0), month, day, hour, minute, second, zone)
    try:
        return _in_zone(datetime.fromisoformat(words), zone)
    except ValueError:
        raise Unreadable(_A_DATE) from None


def day(cell: Cell, zone: ZoneInfo) -> date | None:
    """The day of a moment in the shop's zone."""
    at = moment(cell, zone)
    return at.astimezone(zone).date() if at else None


def money(cell: Cell, *, signed: bool = False) -> tuple[Decimal, str | None] | None:
    """An amount to the hundredth, and its currency when it stands there; ``12 500 ₸`` is 12500 and KZT. Below zero it
    is only when it may be ``signed``."""
    if isinstance(cell, bool | datetime | date | time | timedelta):
        raise Unreadable(_AN_AMOUNT)
    if isinstance(cell, int | float):
        return _money(Decimal(str(cell)), signed), None
    words = clean(cell)
    if not words:
        return None
    sign = _CURRENCY.search(words)
    digits = _SPACES.sub("", _CURRENCY.sub("", words, count=1))
    if _THOUSANDS[0].fullmatch(digits):
        digits = digits.replace(",", "")
    elif _THOUSANDS[1].fullmatch(digits):
        digits = digits.replace(".", "").replace(",", ".")
    elif _UNCLEAR.fullmatch(digits):
        raise Unreadable(
            f"непонятно, тысячи это или доли; напишите {digits[:-4]}{digits[-3:]} или {digits[:-4]},{digits[-3:-1]}"
        )
    return _money(_decimal(digits, _AN_AMOUNT), signed), _CURRENCIES.get(sign[0].lower()[0], "EUR") if sign else None


def currency(cell: Cell) -> str | None:
    """The code of a currency: «тг», «руб.» and ``KZT`` are understood."""
    words = clean(shown(cell))
    if not words:
        return None
    if sign := _CURRENCY.fullmatch(words):
        return _CURRENCIES.get(sign[0].lower()[0], "EUR")
    if re.fullmatch(r"[A-Za-z]{3}", words):
        return words.upper()
    raise Unreadable("ожидается валюта, например KZT")


def quantity(cell: Cell, *, signed: bool = False) -> Decimal | None:
    """Pieces or kilograms, to the thousandth; 1C writes one piece as ``1,000``. Below zero it is only when it may be
    ``signed``."""
    if isinstance(cell, bool | datetime | date | time | timedelta):
        raise Unreadable(_A_QUANTITY)
    words = _SPACES.sub("", re.sub(r"\s*шт\.?$", "", clean(shown(cell)).lower()))
    if not words:
        return None
    counted = _decimal(words, _A_QUANTITY)
    if not (-MOST_PIECES if signed else 0) <= counted <= MOST_PIECES:
        raise Unreadable(_A_QUANTITY)
    return counted.quantize(Decimal("0.001"))


def stock(cell: Cell) -> Decimal | None:
    """What is left; «в наличии» is at least one piece, «нет» is none, ``>10`` is ten, nothing is not known."""
    words = clean(shown(cell)).lower()
    if words in _IN_STOCK or cell is True:
        return Decimal(1)
    if words in _OUT_OF_STOCK or cell is False:
        return Decimal(0)
    return quantity(words.lstrip("> ") if isinstance(cell, str) else cell)


def phone(cell: Cell) -> str | None:
    """Digits with the country code; None for nothing, for a hidden number, and for one of a switchboard."""
    words = clean(shown(cell))
    if not words or _HIDDEN.search(words):
        return None
    for part in _PHONES_APART.split(words):
        if number := normalise_phone(part):
            return number
    raise Unreadable("ожидается номер телефона, например +7 701 000 00 01")


def shown(cell: Cell) -> str:
    """A cell as its sheet shows it, nearly: a whole number without a point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y %H:%M}"
    return f"{cell:%d.%m.%Y}" if isinstance(cell, date) else str(cell)


_A_DATE = "ожидается дата, например 12.03.2026 14:05"
_AN_AMOUNT = "ожидается сумма, например 12500 или 12 500,50"
_A_QUANTITY = "ожидается количество, например 2"


def _decimal(words: str, expected: str) -> Decimal:
    try:
        if re.fullmatch(r"-?\d+(?:[.,]\d+)?", words):
            return Decimal(words.replace(",", "."))
    except InvalidOperation:
        pass
    raise Unreadable(expected)


def _money(amount: Decimal, signed: bool) -> Decimal:
    if amount.is_nan() or not (-MOST_MONEY if signed else 0) <= amount <= MOST_MONEY:
        raise Unreadable(_AN_AMOUNT)
    return amount.quantize(Decimal("0.01"))


def _of_serial(days: int | float, zone: ZoneInfo) -> datetime:
    if not _SERIALS[0] <= days < _SERIALS[1]:
        raise Unreadable(_A_DATE)
    return _in_zone(_FIRST_DAY + timedelta(seconds=round(days * 86_400)), zone)


def _made(year: int, month: int, day: int, hour: int, minute: int, second: int, zone: ZoneInfo) -> datetime:
    try:
        return _in_zone(datetime(year, month, day, hour, minute, second), zone)  # noqa: DTZ001 (_in_zone gives it one)
    except ValueError:
        raise Unreadable(_A_DATE) from None


def _in_zone(read: datetime, zone: ZoneInfo) -> datetime:
    if not EARLIEST.year <= read.year < LATEST.year:
        raise Unreadable(_A_DATE)
    return read if read.tzinfo else read.replace(tzinfo=zone)
