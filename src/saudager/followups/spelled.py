"""A customer's line as words in one spelling, whatever letters it was typed in, and the signs between them."""

import re
from collections.abc import Sequence
from functools import lru_cache

from saudager.languages.dictionary import fold
from saudager.languages.latin import kazakh_from_latin
from saudager.words import clean, normalise

SENTENCE_ENDS = frozenset(".!?\n")
CLAUSE_ENDS = SENTENCE_ENDS | frozenset(",;:()—–")

_PIECE = re.compile(
    r"[^\W\d_]+(?:['’`][^\W\d_]+)*|\d+(?:[.,:/]\d+)*|\n|[.!?…]+|[,;:()—–]|\+(?!\d)|(?<!\S)-(?!\S)|[^\w\s\ufe0f\U0001f3fb-\U0001f3ff]"
)
_SMILE = re.compile(r"[:;=]-?[)D(*pPР]+|\){2,}|\({2,}|(?<=\w)\)(?=\s*$)", re.MULTILINE)
_REPEATED = re.compile(r"([^\W\d_])\1+")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
_LATIN = re.compile(r"[a-z]")
_SOFT_J = (re.compile(r"(?<=[aeiouy])j(?=[uae]|$|[^aeiouy])"), "y")
_AGREEING = dict.fromkeys("👍👌✅✔☑🤝🆗🙆+", "да")
_REFUSING = dict.fromkeys("👎❌🚫🙅✖-", "нет")
_SHORT_WORDS = """
no net da a i do on ya ne my we to ok by me be so at kk k an am is hi ty
"""
_IN_ANY_LANGUAGE = frozenset(_SHORT_WORDS.split())
_ALSO_ENGLISH = """
the and or but with from your our his her their he she they us if as was were been can could will would should have
has had there here please much many which about because expensive price delivery need color size
"""


@lru_cache(maxsize=20_000)
def one_spelling(word: str) -> str:
    """«жарайды», «жарайди» and «жарааайды» are one word; the Russian «я» stays apart from the Kazakh «иә»."""
    word = normalise(word)
    return word if word == "я" else _REPEATED.sub(r"\1", fold(word).replace("шч", "ш"))


def plain_words(phrase: str) -> list[str]:
    """The words of a phrase from a list, Latin ones left in Latin letters."""
    return [one_spelling(piece.replace("'", "").replace("’", "")) for piece in phrase.replace("-", " ").split()]


def pieces(text: str, english: frozenset[str]) -> list[str]:
    """Words and signs in order; Latin words outside ``english`` are taken for Russian or Kazakh ones."""
    plain = _HYPHEN.sub(" ", _SMILE.sub(" ", clean(text, 1000)))
    found = [piece for piece in _PIECE.findall(normalise(plain)) if piece]
    latin = [_bare(piece) for piece in found if _LATIN.search(piece)]
    in_english = _is_english(latin, english)
    return [_spelled(piece, english, in_english=in_english, alone=len(found) == 1) for piece in found]


def _spelled(piece: str, english: frozenset[str], *, in_english: bool, alone: bool) -> str:
    if piece[0] in ".!?…":
        return "?" if "?" in piece else "!" if "!" in piece else "." if len(piece) == 1 else ","
    if piece in _AGREEING:
        return "да"
    if piece in _REFUSING:
        return "нет" if alone or piece != "-" else ","
    if not _LATIN.search(piece):
        return one_spelling(piece)
    word = _bare(piece)
    if in_english or (word in english and word not in _IN_ANY_LANGUAGE):
        return _REPEATED.sub(r"\1", word)
    if word == "ya" and not alone:
        return "я"
    return one_spelling(kazakh_from_latin(_SOFT_J[0].sub(_SOFT_J[1], piece)))


def _bare(word: str) -> str:
    return re.sub(r"['’`]", "", word)


def _is_english(latin: Sequence[str], english: frozenset[str]) -> bool:
    """Most words that could tell are English; «no» and «ok» alone are taken for English too."""
    telling = [word for word in latin if word not in _IN_ANY_LANGUAGE]
    known = sum(_REPEATED.sub(r"\1", word) in english or word in _ENGLISH for word in telling)
    return 2 * known >= len(telling) if telling else latin[:1] in (["no"], ["ok"], ["k"], ["kk"], ["ty"], ["hi"])


_ENGLISH = frozenset(_ALSO_ENGLISH.split())
