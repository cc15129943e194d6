"""How well each table row and each sentence of the passages fits a question."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from saudager.providers.llm import Fact
from saudager.providers.llm.offline.reading import Question
from saudager.providers.llm.offline.rows import Row, read_row
from saudager.words import normalise, sentences, stem, stems

MONEY = re.compile(r"\d\s*(?:тыс\.?|млн)?\s*(?:₸|тг|тенге|kzt)")
_EXPECTS = (
    (
        re.compile(r"когда|срок|сколько\s+(?:дней|времени|ждать)|как долго|быстро|how long"),
        re.compile(r"\d\s*(?:рабоч\w+\s)?(?:дн|день|час|недел)|дней:\s\d"),
    ),
    (re.compile(r"гаранти|служ|сколько\s+лет|кепілдік|warrant"), re.compile(r"\d\s*(?:год|лет|мес)")),
    (re.compile(r"скид|скин|дешевле|discount|жеңілдік"), re.compile(r"\d\s*%")),
    (
        re.compile(r"во сколько|график|режим|часы|до скольки|со скольки|открыт|работаете|hours"),
        re.compile(r"\d{1,2}:\d{2}"),
    ),
    (
        re.compile(r"\bгде\b|адрес|находитесь|мекенжай|where"),
        re.compile(r"\b(?:ул\.|улица|пр\.|проспект|мкр|адрес|тц)"),
    ),
)
_COUNTS = re.compile(r"скольк|как(?:ая|ой|ое|ие)\b|цен|стои|қанша|how m")
SYNONYMS = {
    stem(word): frozenset(stem(other) for other in others.split())
    for word, others in {
        "график": "часы работаем режим",
        "режим": "часы работаем график",
        "работаете": "часы работаем график режим",
        "открыты": "часы работаем график режим",
        "закрыты": "часы работаем график режим",
        "выходные": "часы вс сб",
        "занимает": "срок",
        "ждать": "срок изготовления",
        "скинуть": "скидка",
        "дешевле": "скидка",
        "закрываетесь": "часы работаем график режим",
        "привезете": "доставка доставляем везем",
        "привезти": "доставка доставляем везем",
        "довезете": "доставка доставляем везем",
        "возите": "доставка доставляем везем",
        "доставляете": "доставка везем",
        "доставите": "доставка везем",
        "доставка": "доставляем везем",
        "установка": "монтаж",
        "установить": "монтаж",
        "ставите": "монтаж ставим",
        "кредит": "рассрочка",
        "рассрочку": "рассрочка",
        "частями": "рассрочка",
        "находитесь": "адрес",
        "адрес": "салон улица",
        "платный": "бесплатный бесплатно стоит",
        "оплатить": "оплата платить заплатить",
        "заплатить": "оплата",
        "вернуть": "возврат",
        "забрать": "самовывоз",
        "скидка": "скидки",
        "изготовить": "изготовление",
        "делается": "изготовление",
        "гарантируете": "гарантия",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that can be said: one table row or one sentence."""

    fact: Fact
    rank: int
    text: str
    own: frozenset[str]
    around: frozenset[str]
    asked: frozenset[str] = frozenset()
    """Stems of the question it answers, in a list of questions and answers."""
    row: Row | None = None


def units_of(facts: Sequence[Fact]) -> list[Unit]:
    units: list[Unit] = []
    for rank, fact in enumerate({(fact.file, fact.page, fact.text): fact for fact in facts}.values()):
        around = stems(fact.section.partition(" › ")[2] or fact.section)
        if fact.row is not None:
            units.append(Unit(fact, rank, fact.text, stems(fact.text), around, row=read_row(fact)))
            continue
        asked = frozenset[str]()
        for sentence in sentences(fact.text):
            if sentence.endswith("?"):
                asked = stems(sentence)
            else:
                units.append(Unit(fact, rank, sentence, stems(sentence), around | asked, asked))
    return units


def covers(unit: Unit, about: frozenset[str], question: Question) -> bool:
    """More than half of what the question is about; verbs that are not found do not count against it."""
    found = frozenset(one for one in about if has(unit, one))
    missing = about - found - (question.verbs - SYNONYMS.keys())
    return bool(found) and len(found) > len(missing) and not (len(found) == 1 and missing)


def has(unit: Unit, wanted: str) -> bool:
    alternatives = SYNONYMS.get(wanted, frozenset()) | {wanted}
    return bool(alternatives & unit.own or alternatives & unit.around)


def score_of(
    unit: Unit,
    about: frozenset[str],
    helping: frozenset[str],
    frequency: dict[str, int],
    question: Question,
    total: int,
) -> float:
    score = 0.0
    for one in about | helping:
        alternatives = SYNONYMS.get(one, frozenset()) | {one}
        place = 1.0 if alternatives & unit.own else 0.7 if alternatives & unit.around else 0.0
        rarity = 1 + math.log(total / frequency[one]) if frequency[one] else 0.0
        score += place * rarity * (1.0 if one in about else 0.45)
    if score == 0:
        return 0.0
    asked, said = normalise(question.text), normalise(unit.text)
    score += 0.9 if about <= unit.asked else 0.0
    if question.wants_price:
        score += 1.6 if unit.row and unit.row.prices else 1.0 if MONEY.search(said) else 0.0
    if _COUNTS.search(asked) and re.search(r"\d", said):
        score += 0.5
    score += sum(0.9 if sign.search(said) else -0.5 for wish, sign in _EXPECTS if wish.search(asked))
    if unit.asked and not unit.asked & about:  # said in passing, under another question
        score -= 0.8
    if unit.row:
        score -= 0.8 * (question.wants_price and _is_about_another_thing(unit.row, about | helping))
        score += 0.6 * len(question.numbers & numbers_of(unit))
        score += 1.5 if question.size and unit.row.size and same_size(question.size, unit.row.size) else 0.0
        score -= 0.3 * len(stems(unit.row.title.split(", ")[0]) - about - helping)
    return score + 0.3 * (1 - unit.rank / max(total, 1))


def _is_about_another_thing(row: Row, wanted: frozenset[str]) -> bool:
    """«Монтаж входной двери» is a work, not the door: the first word of a row says what it is."""
    first = stems(row.title.split()[0]) if row.title else frozenset()
    meant = wanted | frozenset(other for one in wanted for other in SYNONYMS.get(one, frozenset()))
    return bool(first) and not first & meant


def numbers_of(unit: Unit) -> frozenset[str]:
    if unit.row is None:
        return frozenset()
    return frozenset(re.findall(r"\d+", f"{unit.row.title} {' '.join(price.label for price in unit.row.prices)}"))


def same_size(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return sorted(one) == sorted(other) if one[0] != one[1] else one == other
