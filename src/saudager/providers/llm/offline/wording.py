"""The words and numbers of a question as terms: which must stand in what answers, and which only help to choose."""

import re
from dataclasses import dataclass, replace

from saudager.languages.russian import part_of_speech
from saudager.providers.llm.offline.attributes import TOPICS, WANTS, counted_in
from saudager.providers.llm.offline.likeness import base
from saudager.providers.llm.offline.numbers import Number, numbers
from saudager.providers.llm.offline.schedule import days_in
from saudager.providers.llm.offline.terms import (
    Term,
    is_adjective,
    is_filler,
    is_lacking,
    is_name,
    is_negated,
    is_place,
    is_thing,
    is_verb,
    words_beside,
)

_WORD = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+(?:/[^\W\d_]{3,})*")
_LOOSE = re.compile(r"(?<!\w)(?:из|по|к|от|после|перед|через|за|между|как|вместо)\s*$")
_ASIDE = re.compile(r"(?<!\w)(?:на|в|у|при)\s*$")
_PERSON_OF_AGE = re.compile(
    r"(?<!\w)(?:сын|доч|реб[её]н|мне|мам|пап|муж|жен|дет[иея]|бабушк|дедушк|ему|ей|девочк|мальчик|малыш|внук"
    r"|внуч|son|daughter|kid|child)"
)
_PRICE_LEVEL = re.compile(
    r"дешев|дорог|бюджет|доступн|низк|мальн|сам[ыао]|как[оиуа]|котор|весь|вс[ея]|добр|нуж|тво|сво|ваш|наш"
    r"|мо[йяие]|эт|так"
)
_OF_MONEY = re.compile(r"цен|стои|прайс|сумм|тенге|деньг|итог|почем|скольк|скок")
_SHOP = re.compile(r"^(?:город|магазин|салон|офис|филиал|склад|отделени|пункт)\w{0,3}$")
_PEOPLE = re.compile(r"^(?:реб[её]н|дет(?:и|ей|ям|ишк)|малыш|взросл|мужчин|женщин|подрост)")
_BUDGET = re.compile(r"(?:до|не дороже|в пределах|максимум)\s+$")
_SUM = re.compile(r"(?<!\w)(?:на|за|от|до|в|свыше|больше|меньше|сумм\w+|стоит)\s+$")
_CLOCK_BEFORE = re.compile(r"(?<!\w)(?:в|к|до|с|после)\s*$")
_CLOCK_AFTER = re.compile(r"\s*(?::\d{2}|час(?:а|ов)?\s+(?:дня|утра|вечера|ночи)|утра|вечера|ночи|дня(?!\w))")
_ANOTHER_SIZE = re.compile(r"\s\d+ (?:л|кг|мл|г)(?!\w)")
_PACKS = re.compile(r"банк[аиу]|баноч|канистр|упаков|пачк|бутыл|меш(?:ок|к)|рулон|короб|ведр|ящик")
_MEASURE_NAMES = "ампер вольт ватт радиус диаметр дюйм градус литр метр сантиметр миллиметр килограмм грамм штука банка"
_MEASURES = frozenset(_MEASURE_NAMES.split())
_NAME, _THING, _ATTRIBUTE, _ASKING, _COLUMN = 2.0, 1.5, 1.0, 0.8, 0.5
_LEAST_SUM, _MOST_PIECES, _FEW = 1000, 50, 10


@dataclass(frozen=True, slots=True)
class Wording:
    """The terms of a question in their order, the words it must not be, and the most it may cost in tenge."""

    terms: tuple[Term, ...]
    excluded: tuple[str, ...]
    budget: float | None


def wording(plain: str, topics: tuple[str, ...], names: frozenset[str] = frozenset()) -> Wording:
    """Take the words and numbers of a question apart; ``plain`` is normalised, in Russian words and digits, ``names``
    are words that were written as names."""
    written = list(numbers(plain))
    taken = [range(number.start, number.end) for number in written]
    budgets = [number.low for number in written if _is_money(number, plain) and _BUDGET.search(plain, 0, number.start)]
    found = [
        (number.start, _number_term(number, plain))
        for number in written
        if not _is_money(number, plain) and number.unit != "percent" and not _is_clock(number, plain)
    ]
    measured = {number.end + 1 for number in written if _is_measure(_word_after(number, plain))}
    counted = counted_in(plain)
    asking = [*(TOPICS[topic][0] for topic in topics), *WANTS.values()]
    excluded: list[str] = []
    for hit in _WORDS.finditer(plain):
        word, *others = hit.group().split("/")
        if any(hit.start() in span for span in taken) or days_in(word) or (len(word) < 3 and not _is_short_name(word)):
            continue
        if is_negated(plain, hit.start()) and (is_thing(word) or word == "плюс"):
            excluded.append(word)
        elif word == counted:
            found.append((hit.start(), Term(word, weight=_THING)))
        elif is_filler(word) and (_PRICE_LEVEL.search(word) or not is_adjective(word)):
            if is_verb(word) or _may_name_column(word):
                found.append((hit.start(), Term(word, weight=_THING, may_be_name=True)))
        else:
            term = _word_term(word, plain, hit.start(), asking, hit.start() in measured)
            if word in names:
                term = replace(term, weight=_NAME, firm=True, is_name=True, is_adjective=False, is_aside=False)
            found.append((hit.start(), replace(term, others=tuple(others))))
    terms = tuple(term for _, term in sorted(found, key=lambda pair: pair[0]))
    return Wording(terms, tuple(excluded), budgets[-1] if budgets else None)


def _word_term(word: str, plain: str, start: int, asking: list[re.Pattern[str]], is_measure: bool) -> Term:
    lacking = is_lacking(plain, start)
    if any(pattern.search(word) for pattern in asking):
        return Term(word, weight=_ASKING)
    if is_measure or _is_measure(word) or is_filler(word) or _PEOPLE.search(word) or _SHOP.search(word):
        return Term(word, weight=_COLUMN)
    if not is_thing(word):
        return Term(word)
    name, adjective = is_name(word) or is_place(word), is_adjective(word)
    firm = name or not (_LOOSE.search(plain, max(0, start - 9), start) or lacking)
    return Term(
        word,
        weight=_NAME if name else _ATTRIBUTE if adjective else _THING,
        firm=firm,
        is_name=name,
        is_adjective=adjective,
        lacking=lacking,
        is_aside=not name and bool(_ASIDE.search(plain, max(0, start - 4), start)),
    )


def _number_term(number: Number, plain: str) -> Term:
    """A number, with what it counts when a noun stands behind it."""
    after = _word_after(number, plain)
    bare = number.is_bare
    counts = "шт" if number.unit == "piece" else ""
    if bare and number.low <= _MOST_PIECES and after and _counts(after) and not after.startswith("этаж"):
        counts = after
    if not number.unit and number.low < _FEW and _ANOTHER_SIZE.match(plain[number.end : number.end + 8]):
        counts = "шт"
    of_age = number.unit == "month" and number.scale == 12 and bool(_PERSON_OF_AGE.search(plain))
    soft = of_age or number.unit in ("minute", "hour", "person") or after.startswith("этаж")
    beside = words_beside(number, plain) if bare else ()
    return Term(
        number=number, counts=counts, weight=0.3 if soft else _NAME, firm=not soft, of_age=of_age, beside=beside
    )


def _word_after(number: Number, plain: str) -> str:
    if plain[number.end : number.end + 1] != " ":
        return ""
    found = _WORD.match(plain, number.end + 1)
    return found.group() if found else ""


def _is_money(number: Number, plain: str) -> bool:
    """With its currency, or a large bare number behind «на», «от», «за»: a sum and no size."""
    if number.unit or number.code or number.sides or number.letter:
        return number.unit == "money"
    return number.low >= _LEAST_SUM and bool(_SUM.search(plain, 0, number.start))


def _is_clock(number: Number, plain: str) -> bool:
    if number.unit == "hour" and _CLOCK_BEFORE.search(plain, 0, number.start):
        return True
    if number.code or number.sides:
        return False
    return bool(_CLOCK_AFTER.match(plain, number.start + 1 if number.unit else number.end))


def _may_name_column(word: str) -> bool:
    """«Месяц», «сразу»: nothing by themselves, but a table may have a column of that name."""
    return (
        len(word) > 3
        and not (_OF_MONEY.match(word) or _PRICE_LEVEL.match(word))
        and part_of_speech(word) in ("NOUN", "ADJF", "ADVB", "ADJS")
    )


def _is_short_name(word: str) -> bool:
    return len(word) == 2 and is_name(word) and not is_filler(word)


def _counts(word: str) -> bool:
    return part_of_speech(word) == "NOUN" and not days_in(word) and not _is_measure(word)


def _is_measure(word: str) -> bool:
    return base(word) in _MEASURES or bool(_PACKS.match(word)) or _is_unit(word)


def _is_unit(word: str) -> bool:
    return any(one.unit not in ("", "money", "percent") for one in numbers(f"1 {word}"))
