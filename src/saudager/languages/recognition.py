"""Which of the three languages a line is written in, whatever letters it is typed with."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from saudager.languages import english, kazakh, numerals, russian
from saudager.languages.dictionary import fold, places
from saudager.languages.latin import is_russian_line, kazakh_from_latin, russian_from_latin
from saudager.words import normalise

Language = Literal["ru", "kk", "en"]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_KAZAKH_LETTER = re.compile(r"[әіңғүұқөһ]")
_LATIN = re.compile(r"[a-z]")
_TELLING_WORDS = """
the a an is are am was were do does did have has can could would will what which where when who why how much many
and or for from with without to of in on at by this that my your our his her its i you we they me us it if not no
yes any some there hello hi hey please pls thanks thank good morning evening afternoon sorry need want price
"""
_TELLING_ENGLISH = frozenset(_TELLING_WORDS.split())
_GREETINGS_IN_KAZAKH = """
сәлем сәлеметсіз сәлеметсізбе саламатсыз саламатсызба салам ассалаумағалейкум рахмет рақмет иә
"""
_GREETINGS = frozenset(map(fold, _GREETINGS_IN_KAZAKH.split()))
_COURTESIES = frozenset({"здравствуйте", "здрасте", "привет", "спасибо", "пожалуйста"})
_PARTICLES = frozenset({"ма", "ме", "ба", "бе", "па", "пе"})
_KAZAKH_ENDING = re.compile(
    r"(?:сиз|сиздер|сиздар|синдар|синдер|низ|низдер|низдар|низши|аиин|еиин|имиз|атин|етин|икпа|икпе|сизба|сизбе)$"
)
_SURE, _LIKELY, _FAINT = 2.0, 1.0, 0.5
_ENOUGH = 0.9
_LETTERS_OF_A_WORD = range(3, 40)


def language_of(text: str, before: Language | None = None) -> Language:
    """The language of a customer's line; ``before``, that of the conversation, decides for figures and names alone.

    A line of Russian words with a Kazakh question in it («доставка бар ма») is Kazakh; one Kazakh word in a Russian
    question leaves it Russian. Russian and Kazakh typed in Latin letters are told from English by their words.
    """
    words = [normalise(word) for word in _WORD.findall(text) if len(word) < _LETTERS_OF_A_WORD.stop]
    in_latin = [word for word in words if _LATIN.search(word)]
    in_cyrillic = [word for word in words if not _LATIN.search(word)]
    scores: dict[Language, float] = {"ru": 0.0, "kk": 0.0, "en": 0.0}
    _weigh_cyrillic(in_cyrillic, scores)
    _weigh_latin(in_latin, scores, alone=not in_cyrillic)
    best = max(scores.values())
    if best == 0 or (best < _ENOUGH and before):
        return before or "ru"
    return next(language for language in ("kk", "ru", "en") if scores[language] == best)


def _weigh_cyrillic(words: Sequence[str], scores: dict[Language, float]) -> None:
    if len(words) > 2 and all(_KAZAKH_LETTER.search(word) and kazakh.meaning(word) for word in words[-2:]):
        scores["kk"] += _SURE  # the verb stands last: «<Russian name of a thing> қанша тұрады?»
    for word, following in pairwise([*words, ""]):
        if fold(word) in _GREETINGS:
            scores["kk"] += _FAINT
        elif _KAZAKH_LETTER.search(word):
            is_name = fold(word) in places().folded or kazakh.meaning(word) is None
            scores["kk"] += _FAINT if is_name and not _has_ending(word) else _LIKELY + _FAINT
        elif _is_town(word, following):
            continue
        elif kazakh.phrase_meaning((word, following)) is not None or _is_kazakh(word):
            scores["kk"] += _SURE
        elif word in _PARTICLES:
            scores["kk"] += _LIKELY
        elif word in _COURTESIES:
            scores["ru"] += _FAINT
        elif russian.is_known(word):
            scores["ru"] += 0 if _is_in_both(word) else _LIKELY
        elif kazakh.russian_root(word) is not None:
            scores["kk"] += _FAINT


def _is_kazakh(word: str) -> bool:
    """A Kazakh word without Kazakh letters: known to the dictionary, to no Russian one, and not borrowed."""
    if len(word) not in _LETTERS_OF_A_WORD or russian.is_known(word) or fold(word) in places().folded:
        return False
    found = kazakh.meaning(word, shortest_stem=3)
    return _has_ending(word) if found is None else fold(found)[:4] != fold(word)[:4]


def _is_town(word: str, following: str) -> bool:
    return f"{fold(word)} {fold(following)}" in places().folded


def _is_in_both(word: str) -> bool:
    """A Russian word that a Kazakh would read otherwise: бар, кун, май."""
    found = kazakh.meaning(word, shortest_stem=99)
    return bool(found) and found != word


def _has_ending(word: str) -> bool:
    return _KAZAKH_ENDING.search(fold(word)) is not None


def _weigh_latin(words: Sequence[str], scores: dict[Language, float], *, alone: bool) -> None:
    """Latin words that no dictionary holds are names; between Cyrillic words only telling English counts."""
    in_english = [word for word in words if _is_english(word)]
    telling = sum(word in _TELLING_ENGLISH or "'" in word for word in in_english)
    if telling or (alone and _are_english(len(in_english), len(words))):
        weight = _LIKELY if telling or len(in_english) > 1 else _FAINT
        scores["en"] += telling * _LIKELY + len(in_english) * weight
    in_russian = is_russian_line(word for word in words if word not in in_english)
    for word, following in pairwise([*words, ""] if alone else []):
        if word in _TELLING_ENGLISH:
            continue
        in_kazakh = kazakh_from_latin(word)
        if kazakh.phrase_meaning((in_kazakh, kazakh_from_latin(following))) is not None:
            scores["kk"] += _SURE
        elif word in in_english:
            continue
        elif in_russian and russian_from_latin(word) is not None:
            scores["ru"] += _SURE
        elif _is_kazakh(in_kazakh) and kazakh.meaning(in_kazakh, shortest_stem=4) is not None:
            scores["kk"] += _SURE


def _is_english(word: str) -> bool:
    known = english.meaning(word) is not None or numerals.value(word) is not None
    return known and word not in places().folded


def _are_english(known: int, total: int) -> bool:
    """Every word, or most of a longer line: «Apple Watch Ultra» is a name."""
    return known == total or (known > 2 and 2 * known > total)
