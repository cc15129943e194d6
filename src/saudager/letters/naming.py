"""Names, money and days as a letter says them: whom it greets, by name and patronymic where there is one."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from saudager.languages import Language
from saudager.moments import spoken_day
from saudager.orders.naming import plain

_PATRONYMIC = re.compile(
    r"\w{2,}(?:ович|евич|ьич|овна|евна|ична|инична|[оеё]вны)|(?:лук|фом|кузьм|иль|никит|сав)(?:ич|инична)"
    r"|\w{2,}(?:ұлы|қызы|улы|кызы|оглы|гызы)",
    re.IGNORECASE,
)
_SURNAME = re.compile(
    r"\w{2,}(?:[оеё]ва?|ина?|ына?|ск(?:ий|ая|ой)|цк(?:ий|ая|ой)|енко|чук|юк|як|ян|дзе|швили|баев|баева|[её]вна)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\.?")
_NO_NAME = frozenset(
    ("null", "none", "undefined", "nan", "unknown", "имя", "клиент", "контакт", "менеджер", "бухгалтерия", "отдел",
     "директор", "офис", "склад", "закупки", "office", "sales", "info", "test", "тест")
)  # fmt: skip
_MOST_WORDS, _LONGEST = 4, 60
_FIRM = re.compile(r"^(?:тоо|ооо|ао|пао|зао|оао|ип|гу|жшс|llp|llc|ltd)\s+", re.IGNORECASE)
_QUOTES = str.maketrans(dict.fromkeys("«»“”„\"'`", ""))
_SIGNS = {"KZT": "₸", "RUB": "₽", "USD": "$", "EUR": "€"}


def greeted(name: str) -> str | None:
    """How he is greeted: «Петров Иван Петрович» is «Иван Петрович», «Петров Иван» is «Иван», «Айгерім» stays.

    None for what is no name: a department, a number, a sentence.
    """
    words = plain(name).split()
    fit = all(_WORD.fullmatch(word) for word in words) and 0 < len(words) <= _MOST_WORDS and len(name) <= _LONGEST
    if not fit or any(word.lower().rstrip(".") in _NO_NAME for word in words):
        return None
    words = [word.title() if word.islower() or (word.isupper() and len(word) > 2) else word for word in words]
    own = [word for word in words if not word.endswith(".")]
    if not own or len(own[0]) < 2:
        return None
    at = next((at for at, word in enumerate(own) if at and _PATRONYMIC.fullmatch(word)), None)
    if at is not None:
        return f"{own[at - 1]} {own[at]}"
    if len(own) == 1:
        return None if len(words) > 1 else own[0]
    if len(own) == 2:
        first, second = own
        return second if _SURNAME.fullmatch(first) and not _SURNAME.fullmatch(second) else first
    return " ".join(own)


def firm(name: str) -> str:
    """«ТОО «ТехКом»» as «ТехКом»: the name without its form and quotation marks."""
    said = plain(name).translate(_QUOTES).strip()
    return _FIRM.sub("", said) or said


def title(name: str, most: int = 90) -> str:
    """A product's name in one line, cut at a word."""
    said = plain(name.translate(_QUOTES))
    return said if len(said) <= most else f"{said[:most].rpartition(' ')[0] or said[: most - 1]}…"


def amount(value: Decimal, currency: str) -> str:
    """``94500 KZT``: how a row names an amount, to the unit where there are thousands of them."""
    exact = value.quantize(Decimal(1), ROUND_HALF_UP) if abs(value) >= 1000 else value.quantize(Decimal("0.01"))
    return f"{_bare(exact)} {currency}"


def money(value: Decimal, currency: str) -> str:
    """``94 500 ₸``: the same for people."""
    number, _, _ = amount(value, currency).partition(" ")
    whole, _, cents = number.partition(".")
    written = f"{int(whole):,}".replace(",", " ")
    cents = f",{cents.ljust(2, '0')}" if cents else ""
    return f"{written}{cents} {_SIGNS.get(currency, currency)}"


def share(value: Decimal) -> Decimal:
    """A fraction to the whole per cent; below one per cent to the tenth of it."""
    return value.quantize(Decimal("0.01") if abs(value) >= Decimal("0.01") else Decimal("0.001"), ROUND_HALF_UP)


def percent(value: Decimal) -> str:
    """``45 %`` of the fraction 0.45; without its sign."""
    return f"{_bare(abs(share(value)) * 100)} %".replace(".", ",")


def day(written: str, language: Language) -> str:
    """``2026-10-03`` as «3 октября 2026», «2026 ж. 3 қазан», “3 October 2026”."""
    when = date.fromisoformat(written)
    said = spoken_day(when, language)
    return f"{said} {when.year}" if language != "kk" else f"{when.year} жылғы {said}"


def _bare(value: Decimal) -> str:
    return f"{value.normalize():f}"
