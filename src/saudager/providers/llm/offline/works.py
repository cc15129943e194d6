"""Works a price is for, and what is spoken of beside a thing."""

import re

from saudager.providers.llm.offline.likeness import base
from saudager.providers.llm.offline.units import Unit
from saudager.words import normalise

_WORKS = """
доставка подъем занос разгрузка монтаж демонтаж установка сборка разборка ремонт починка
замена снятие настройка регулировка обслуживание хранение упаковка замер выезд вызов вывоз перетяжка
"""
_SERVICES = frozenset(_WORKS.split())
ANCILLARY = frozenset(("доставка", "подъем", "занос", "разгрузка", "упаковка", "хранение", "вывоз"))
"""Works that come with a sale; a shop that lives on one of them has it in its tables."""
_WORD = re.compile(r"[^\W\d_]{3,}")
ASIDE = ("instalment", "discount", "prepayment", "return", "warranty", "delivery", "pickup")
"""Topics that are spoken of beside a thing."""


def services(unit: Unit) -> set[str]:
    """Works a row is about, by the first word of its name, column and headings; a sentence, by its first word."""
    if unit.row:
        texts = [unit.row.name, unit.price.label if unit.price else "", *unit.fact.section.split(" › ")]
    else:
        texts = [unit.said]
    return {base(word) for text in texts if (word := first_word(re.sub(r"^[\d. ]+", "", text)))} & _SERVICES


def first_word(text: str) -> str:
    """The first word of a normalised name or heading, '' when it has none."""
    return next(iter(_WORD.findall(normalise(text))), "")
