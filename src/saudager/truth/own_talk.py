"""Figures that claim nothing: «2–3 вопроса», a call of 15 minutes we propose, what the customer said himself."""

import re
from collections.abc import Sequence
from decimal import Decimal

from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.matching import Place, own_part
from saudager.truth.rows import row_proofs
from saudager.truth.senses import senses_of, senses_of_name
from saudager.truth.sources import marks
from saudager.words import normalise

_NEUTRAL_COUNT = re.compile(
    r"\s*(?:-|–|—|или)?\s*\w*\s*(?:коротк\w+\s+|прост\w+\s+)?(?:вопрос|вариант|"
    r"уточнен|момент|слов|минут|questions?|сұрақ)"
)
_MEETING = re.compile(
    r"созв[оа]н|звон|разговор|поговор|встреч|обсуд|покаж|расскаж|бесед|пообща|хватит|видеосвяз|"
    r"call\b|talk|chat|meet|қоңырау|сөйлес|кездес"
)
_LENGTHS = {"minute": 60, "hour": 1}
_UNKNOWN = re.compile(
    r"(?<!\w)(?:цен|данн|сведени|информаци)\w*\s(?:[^\W\d]+\s){0,3}нет(?!\w)|нет (?:цен|данн|сведени|информаци)"
    r"|(?:no|don't have (?:the |a )?) ?price|бағасы (?:\w+ )?жоқ"
)
"""The draft says that it does not know."""
_MANY = 10
"""From here on even a number in words says how many there are."""
_MINUTES_BEFORE = re.compile(r"минут(?:ок)?\s(?:на\s)?$|мин\sна\s$")
_THEIRS = (FigureKind.SIZE, FigureKind.QUANTITY, FigureKind.NUMBER, FigureKind.DATE, FigureKind.TIME)


def is_claim(figure: Figure, place: Place, known: Known) -> bool:
    """Whether the figure says something about the shop, its things or the customer's dealings."""
    plain = place.plain[slice(*place.span)]
    if _of_a_talk(figure, place, plain) or _asks_back(figure, place, plain):
        return False
    if figure.kind is FigureKind.SIZE and _UNKNOWN.search(plain):
        return False
    if figure.kind is FigureKind.NUMBER:
        if _of_a_label(figure, place, known):
            return False
        if figure.value <= 5 and _NEUTRAL_COUNT.match(place.plain[figure.end : figure.end + 40]):
            return False
        return not figure.in_words or figure.value >= _MANY or (figure.value > 1 and _counted(figure, place, known))
    if figure.kind is FigureKind.DATE and not any(figure.parts[:2]) and _years_compared(known):
        return False
    if figure.kind is FigureKind.DATE and not known.rows:
        return figure.parts[:2] != (Decimal(known.today.day), Decimal(known.today.month))
    return True


def _of_a_label(figure: Figure, place: Place, known: Known) -> bool:
    """«256 ГБ» of «Nova 12 256 ГБ»: the number with its word is part of a thing's name."""
    unit = re.match(r"\s?[^\W\d]{1,3}(?!\w)", place.plain[figure.end :])
    said = f"{place.plain[figure.start : figure.end]}{unit.group()}" if unit else ""
    return bool(said) and any(re.search(rf"(?<!\w){re.escape(said)}(?!\w)", normalise(row.label)) for row in known.rows)


def is_count(figure: Figure) -> bool:
    """Whether it may be a number of things that prices are multiplied by."""
    return figure.kind in (FigureKind.NUMBER, FigureKind.QUANTITY)


def _of_a_talk(figure: Figure, place: Place, plain: str) -> bool:
    if not _MEETING.search(plain):
        return False
    minutes = figure.kind is FigureKind.NUMBER and _MINUTES_BEFORE.search(place.plain[: figure.start])
    return figure.value <= _LENGTHS.get(figure.unit, 60 if minutes else 0)


def _asks_back(figure: Figure, place: Place, plain: str) -> bool:
    """A question or a condition that repeats the customer's own number, or the refusal of a discount he named."""
    own_number = _digits(figure.text) in _digit_runs(place.earlier)
    if figure.kind is FigureKind.PERCENT:
        return own_number and bool(_REFUSES.search(plain))
    asks = plain.rstrip().endswith("?") or bool(_CONDITION.search(plain))
    if figure.kind not in _THEIRS or not place.earlier or not asks:
        return False
    number = figure.text.split()[0] if figure.text.split() else figure.text
    return _digits(number) in _digit_runs(place.earlier)


_REFUSES = re.compile(r"(?<!\w)не (?:могу|можем|да[её]м|сможем|получится|предусмотр)|алмай|can(?:not|'t)")
_CONDITION = re.compile(r"(?<!\w)(?:для|под|если|for|if|үшін)(?!\w)")


def _digits(text: str) -> str:
    return re.sub(r"\D+", " ", text).strip()


def _digit_runs(lines: Sequence[str]) -> set[str]:
    found = {_digits(word) for line in lines for word in line.split()}
    return found - {""}


def _counted(figure: Figure, place: Place, known: Known) -> bool:
    """A number in words is one of a row («семнадцать раз») when the sentence names what that row counts."""
    part = own_part(figure, place)
    about = marks(part, known.names) | senses_of(part)
    stated = [proof for row in known.rows for proof in row_proofs(row)[:1]]
    return any(proof.wide & about for proof in stated if proof.figure.kind in (FigureKind.NUMBER, FigureKind.QUANTITY))


def _years_compared(known: Known) -> bool:
    """Whether rows are of years: then the year says which row is meant, and the row's own figure is the claim."""
    senses = frozenset[str]().union(*(senses_of_name(row.name) | senses_of(row.label) for row in known.rows))
    return "§growth" in senses or any(re.fullmatch(r"~\d{4}", sense) for sense in senses)
