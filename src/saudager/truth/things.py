"""Which thing a draft speaks of, and whether that is another one than a row's label says."""

import re

from saudager.languages.russian import part_of_speech
from saudager.truth.sources import names_stand
from saudager.words import COMMON, PRICING, normalise, stem

_QUOTED = re.compile(r"[«\"“]([^»\"”]{2,60})[»\"”]")
_LARGE = re.compile(r"(?<=[\w,;)][ ])[«\"]?([A-ZА-ЯЁӘҒҚҢӨҰҮҺІ]\w{2,})")
_WORDS = re.compile(r"[а-я]{3,}")
_WORDS_GENERIC = """
цена стоимость сумма вариант модель изделие товар штука единица комплект набор заказ день услуга размер прайс
каталог спасибо скидка доставка предоплата гарантия рассрочка итог разница закупка рост срок время час минута год
месяц неделя раз случай клиент покупка объем период тысяча миллион процент половина часть доля счет оплата город
адрес телефон номер сайт почта запись замер визит встреча приветствие итого наличие склад остаток шт квартал
договор порядок условие
"""
_GENERIC = frozenset(stem(word) for word in _WORDS_GENERIC.split())


def foreign_thing(part: str, own: frozenset[str], labels: frozenset[str]) -> bool:
    """Whether the part names a thing (a quoted name, or a Russian noun) that neither this label nor another has."""
    quoted = [
        frozenset(stem(word) for word in re.findall(r"\w{2,}", normalise(name))) for name in _QUOTED.findall(part)
    ]
    if any(not words & own for words in quoted):
        return True
    if not any(_WORDS.match(mark) for mark in own) or re.search(r"[әіңғүұқөһ]", normalise(part)):
        return False
    nouns = {stem(word) for word in _WORDS.findall(normalise(part)) if part_of_speech(word) == "NOUN"}
    nouns -= COMMON | PRICING | _GENERIC | (labels - own)
    return bool(nouns) and not nouns & own


def proper_names(part: str, names: frozenset[str]) -> frozenset[str]:
    """Stems of words written large or in quotes inside a part, and the numbers of known names in it."""
    plain = normalise(part)
    found = {stem(normalise(word)) for word in _LARGE.findall(part)}
    found |= {stem(word) for name in _QUOTED.findall(plain) for word in re.findall(r"[^\W\d]{3,}", name)}
    for name in names:
        word, _, number = name.rpartition(" ")
        if word and stem(word) in found and names_stand(name, plain):
            found.add(number)
    return frozenset(found)
