"""What the words beside a figure make of it: a total or an average, growth, a share of which thing, of which period."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from saudager.truth import comparing
from saudager.words import normalise, stems


def _said(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})")


UP = re.compile(
    rf"{comparing.UP.pattern}|(?<!\w)(?:рост(?:а|у|ом|е)?\b|раст[её]т|растут|раста?л|растущ|наращива|өсу|көбею|growing)"
)
DOWN = re.compile(rf"{comparing.DOWN.pattern}|(?<!\w)(?:сниж|пада[ею]|сокраща|убыва|азаю|falling|shrink)")
AVERAGE = _said(r"средн|в среднем|чек(?!ов)|average|mean\b|per order|орташа")
ORDERS = _said(
    r"заказ|покупок|покупки\b|поставок|поставк|раз(?:а)?\b|отгруз|orders?\b|purchases|times\b|тапсырыс|рет\b"
)
BOUGHT = _said(
    r"сумм|объ[её]м|закуп|покуп|купи|приобре|потрат|трат|итог|оборот|бюджет|заказ|всего|расход|"
    r"total|purchas|bought|buy|spen[dt]|worth|order|volume|сатып ал|жалпы|сома|көлем|тапсырыс"
)
MORE_OR_LESS = _said(
    r"больше|меньше|разниц|прирост|прибав|вырос|увелич|рост|сниз|сократ|упал|more|less|difference|up by|down by|grew|"
    r"rose|fell|айырма|көп|аз\b|артты|өсті|кеміді"
)
GROWN_BY = re.compile(
    r"(?:вырос|рост|увелич|сниз|сократ|упал|прибав|grew|grown|rose|fell|increas|decreas)\w*[^.!?]*\sна\s$"
    r"|(?:grew|grown|rose|fell|increas\w+|decreas\w+|up|down)[^.!?]*\sby\s$"
)
LAST = _said(r"послед|крайн|недавн|last|latest|recent|соңғы")
FIRST = _said(
    r"перв|впервые|начал|с (?:самого )?\d|со?\s|работаем|работаете|сотруднич|вместе|first|since|began|started|"
    r"алғаш|бастап|бері"
)
NEXT = _said(r"следующ|очередн|ожида|жд[её]м|ждать|планиру|подойд[её]т|пора|понадоб|next|expect|around|due|келесі|күт")
RHYTHM = _said(r"раз в|кажд|обычно|регулярн|примерно|every|usual|regular|сайын|әдетте")
TIMES = _said(r"раз(?:а)?\b|покуп|заказ|брал|times|bought|рет\b")
RANGE = _said(r"с\b|со\b|по\b|до\b|за\b|период|from|to\b|until|through|period|between|бастап|дейін|аралығ")
FELL_FROM = re.compile(r"(?:\bс|\bсо|\bfrom)\s$")
ROSE_TO = re.compile(r"(?:\bдо|\bto|→|->)\s$")
OFF = _said(
    r"скид|дешевле|выгод|эконом|бонус|кэшб[эе]к|предоплат|аванс|рассроч|наценк|комисси|жеңілдік|discount|off\b|"
    r"sav[ei]|cashback"
)
"""What a price or a share of ours is never said with."""
CHANGE = _said(r"динамик|изменен|change|өзгер")
OF_SHARE = _said(r"дол[яюие]|share|үлес")
ONE_DAY = _said(r"послед|крайн|впервые|перв|следующ|очередн|last|latest|first|next|соңғы|алғаш|келесі")
"""The month of a day that is spoken of, and not of what was bought in it."""
_DAYS = {
    "last_purchase": _said(
        r"(?:последн|крайн)\w+ (?:покупк|заказ|раз|закупк)|last (?:purchase|order|time)|соңғы (?:сатып|тапсырыс|рет)"
    ),
    "first_purchase": _said(r"впервые|перв\w+ (?:покупк|заказ|раз|закупк)|first (?:purchase|order|time)|алғаш"),
    "expected_next_purchase": _said(
        r"следующ\w+ (?:покупк|заказ|закупк)|next (?:purchase|order)|келесі (?:сатып|тапсырыс)"
    ),
}
_SUM_OF = _said(r"(?:заказ|покуп)\w* на|сумм\w+ заказ\w*|объ[её]м\w* заказ\w*|покупки|purchases")
_SUMMED = re.compile(r"(?<!\w)(?:сумм|объ[её]м|закуп|оборот|value|amount|spend|сома|көлем)|[₽₸$€]")
_MONTHS = (
    r"январ|қаңтар|januar", r"феврал|ақпан|februar", r"март|наурыз|march", r"апрел|сәуір|april",
    r"(?:мая|май|мае|маем)\b|мамыр|may\b", r"июн|маусым|june", r"июл|шілде|july", r"август|тамыз|august",
    r"сентябр|қыркүйек|september", r"октябр|қазан|october", r"ноябр|қараша|november", r"декабр|желтоқсан|december",
)  # fmt: skip
_MONTH = [(number, _said(words)) for number, words in enumerate(_MONTHS, start=1)]
_BEFORE = _said(
    r"прошл\w+ (?:год|период|12)|в прошлый период|годом (?:раньше|ранее)|год (?:назад|тому назад)|предыдущ|"
    r"позапрошл|былтыр|өткен жыл|алдыңғы|(?<!the )(?<!this )last year|previous|(?:a |the )?year (?:before|earlier|"
    r"ago)|"
    r"раньше было|ранее было"
)
_OTHER = _said(
    r"полгод|полугод|квартал|недел|декад|ежемесяч|ежегод|еженедел|ежедн|в месяц|за месяц|кажд\w+ (?:месяц|год|"
    r"квартал|недел|день)|"
    r"(?:последн|прошл|эт|текущ)\w+ месяц|месяц (?:назад|к месяцу)|в день|за (?:вс[её]|весь) (?:время|"
    r"период сотруднич)|"
    r"с начала сотруднич|за (?:эти |последние )?(?:два|три|четыре|пять|десять|\d{1,2}) (?:год|лет)|half[- ]year|"
    r"half (?:a|the|of the) year|"
    r"quarter(?:ly)?\b|week|monthly|per month|a month|every month|each month|per year|every year|all[- ]time|"
    r"тоқсан|жарты жыл|апта|айына|ай сайын|жыл сайын"
)
_NOW = _said(
    r"(?:за|в|на протяжении) (?:этот |последн\w+ |прошедш\w+ |истекш\w+ |текущ\w+ )?год|эт\w+ год|последн\w+ 12|"
    r"в этом(?! месяц| квартал)|за период|последн\w+ год|12 месяц|двенадцат\w+ месяц|over the (?:last|past) year|"
    r"this year|past year|last 12|past 12|"
    r"биыл|соңғы 12|соңғы жыл|осы жыл"
)
_YEAR = re.compile(r"(?<![\d.,-])((?:19|20)\d{2})(?![\d-]|[.,]\d|\s?(?:%|[₽₸$€]|руб|тенге|тг|шт))")
_COMPARED = (
    r"(?:по сравнению с(?:о)?|относительно|против|к|чем(?: в| за)?|от|над|compared (?:to|with)|vs\.?|versus|"
    r"than(?: in)?|"
    r"from|on)\s(?:(?:уровн\w+|показател\w+|итог\w+|the|за)\s)?"
)
_LAST_TIME = (
    r"(?:прошл\w+ (?:год\w*|период\w*)|предыдущ\w+ (?:год\w*|период\w*|12 месяц\w*)|годом (?:раньше|ранее)|год назад|"
    r"(?:last|previous) (?:year|period|12 months)|(?:a |the )year (?:before|earlier|ago))"
)
_COMPARISON = re.compile(
    rf"(?<!\w)(?:{_COMPARED}{_LAST_TIME}|год к году|year[- ](?:on|over)[- ]year|yoy|"
    r"(?:былтырғы|өткен жыл|алдыңғы (?:жыл|кезең))\w*(?: салыстырғанда| қарағанда))(?!\w)"
)
_WORD = re.compile(r"[^\W_]{2,}")
_MOST_PARTS = 6


@dataclass(frozen=True, slots=True)
class Period:
    """Which period words speak of; ``years`` are written ones, ``months`` are 1 to 12."""

    before: bool = False
    now: bool = False
    other: bool = False
    years: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.before or self.now or self.other or bool(self.years or self.months)


@lru_cache(maxsize=4096)
def period(plain: str) -> Period:
    """What normalised words say of the period."""
    return Period(
        bool(_BEFORE.search(plain)),
        bool(_NOW.search(plain)),
        bool(_OTHER.search(plain)),
        frozenset(int(year) for year in _YEAR.findall(plain)),
        frozenset(number for number, said in _MONTH if said.search(plain)),
    )


def without_comparisons(text: str, year_before: int | None) -> str:
    """The text with «к прошлому году», «чем годом раньше» blanked: they tell the base of a growth, no other period."""
    plain = normalise(text)
    spans = [hit.span() for hit in _COMPARISON.finditer(plain)]
    if year_before:
        compared = rf"(?<!\w){_COMPARED}{year_before}(?:-?(?:му|м|го))?(?:\s(?:год\w*|г\.|жыл\w*))?(?!\w)"
        spans += [hit.span() for hit in re.finditer(compared, plain)]
    for start, end in spans:
        text = f"{text[:start]}{'¤' * (end - start)}{text[end:]}"
    return text


def compares(blanked: str) -> bool:
    """Whether something was blanked there."""
    return "¤¤¤" in blanked


def stands_out(plain: str) -> str | None:
    """Which day of the company's purchases is spoken of: last_purchase, first_purchase, expected_next_purchase."""
    return next((name for name, said in _DAYS.items() if said.search(plain)), None)


def speaks_of_orders(plain: str) -> bool:
    """Whether it is how many orders there were that is spoken of, and not their sum."""
    return bool(ORDERS.search(_SUM_OF.sub(" ", plain))) and not _SUMMED.search(plain)


def direction(plain: str) -> int:
    """1 up, -1 down, 0 neither or both."""
    up, down = bool(UP.search(plain)), bool(DOWN.search(plain))
    return (up > down) - (down > up)


@lru_cache(maxsize=4096)
def _telling(label: str) -> tuple[frozenset[str], str]:
    """What a thing is known by: stems of its words, short words and models as they are; and its acronym."""
    words = _WORD.findall(normalise(label))
    acronym = "".join(word[0] for word in words) if len(words) >= 3 else ""
    short = {word for word in words if len(word) == 2 or any(sign.isdigit() for sign in word)}
    return stems(label) | short, acronym


def named(text: str, labels: Iterable[str]) -> frozenset[str]:
    """Which things a text names: those with half of their words in it, unless another is named by more of them."""
    plain = normalise(text)
    said, words = stems(text), frozenset(_WORD.findall(plain))
    hits: dict[str, frozenset[str]] = {}
    for label in labels:
        telling, acronym = _telling(label)
        found = telling & (said | words)
        if acronym and acronym in words:
            found = telling
        if telling and len(found) * 2 >= min(len(telling), _MOST_PARTS):
            hits[label] = found
    return frozenset(label for label, found in hits.items() if not any(found < other for other in hits.values()))
