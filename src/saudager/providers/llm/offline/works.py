"""Prices that are no price of the thing: of a work on it, of bringing it, a fine or a discount."""

import re
from collections.abc import Collection

from saudager.providers.llm.offline.attributes import TOPICS
from saudager.providers.llm.offline.likeness import base
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.terms import Bag, Term, match
from saudager.providers.llm.offline.units import Unit, subject
from saudager.words import normalise

_WORKS = """
доставка подъем занос разгрузка монтаж демонтаж установка сборка разборка ремонт починка
замена снятие настройка регулировка обслуживание хранение упаковка замер выезд вызов вывоз перетяжка
"""
_SERVICES = frozenset(_WORKS.split())
_WORD = re.compile(r"[^\W\d_]{3,}")
ASIDE = ("instalment", "discount", "prepayment", "return", "warranty", "delivery", "pickup")
"""Topics that are spoken of beside a thing."""


def is_price_of_something_else(unit: Unit, asked: Question, earlier: Collection[Term]) -> bool:
    """A price of a work on the thing, of bringing it, or a sum that is no price at all."""
    words = [term.word for term in (*asked.terms, *earlier) if term.word]
    works = services(unit)
    if works:
        is_named = any(match(Term(word), Bag(frozenset(works))) for word in words)
        return not (is_named or (works == {"доставка"} and "delivery" in asked.topics))
    if unit.asked.words:
        return False
    about = normalise(subject(unit.fact)) if unit.row else unit.plain
    return any(TOPICS[topic][1].search(about) for topic in ASIDE if topic not in asked.topics)


def services(unit: Unit) -> set[str]:
    """Works a row is about, by the first word of its name, its column and its headings."""
    if not unit.row:
        return set()
    texts = [unit.row.name, unit.price.label if unit.price else "", *unit.fact.section.split(" › ")]
    return {base(word) for text in texts if (word := first_word(re.sub(r"^[\d. ]+", "", text)))} & _SERVICES


def first_word(text: str) -> str:
    """The first word of a normalised name or heading, '' when it has none."""
    return next(iter(_WORD.findall(normalise(text))), "")
