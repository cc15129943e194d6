"""Russian words in their dictionary form, and beside a number."""

from functools import cache, lru_cache
from typing import Any

_MONTH_NAMES = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"
_MEASURE_NAMES = """
год день неделя месяц час минута секунда штука раз тысяча миллион процент метр сантиметр миллиметр литр грамм килограмм
тонна градус комната этаж мешок коробка пара комплект
"""
_MONTHS = frozenset(_MONTH_NAMES.split())
_MEASURES = frozenset(_MEASURE_NAMES.split())


@lru_cache(maxsize=20_000)
def lemma(word: str) -> str:
    """The dictionary form of a normalised word, е for ё; a word that may be a place is read as the place."""
    parses = analyser().parse(word)
    likeliest = [parse for parse in parses if parse.score == parses[0].score]
    place = next((parse for parse in likeliest if "Geox" in parse.tag), likeliest[0])  # «в Астану» is the city
    form: str = place.normal_form
    return form.replace("ё", "е")


@lru_cache(maxsize=20_000)
def part_of_speech(word: str) -> str:
    """The likeliest part of speech of a normalised word in OpenCorpora's short names (NOUN, ADJF…), '' if none."""
    return str(analyser().parse(word)[0].tag.POS or "")


@lru_cache(maxsize=20_000)
def is_known(word: str) -> bool:
    """Whether the Russian dictionary holds this form of a word."""
    return bool(analyser().word_is_known(word))


@lru_cache(maxsize=2_000)
def beside(number: int, noun: str) -> str:
    """A measure or month as it is said after a figure: 5 лет, 3 дня, 15 сентября; any other word as it is."""
    if noun in _MONTHS:
        return str(_noun(noun).inflect({"gent", "sing"}).word)
    form = str(_noun(noun).make_agree_with_number(number).word) if noun in _MEASURES else noun
    return "лет" if form == "годов" else form


def _noun(word: str) -> Any:
    """The reading of a word as a noun in the nominative."""
    return next(parse for parse in analyser().parse(word) if {"NOUN", "nomn", "sing"} in parse.tag)


@cache
def analyser() -> Any:
    """pymorphy3's analyser, loaded once in a process (20 ms, 15 MB)."""
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()
