"""One spelling for the many a word is typed in: other letters, by ear, with a slip of the finger."""

import re
from functools import lru_cache

from saudager.languages.dictionary import fold

_LATIN = re.compile("[a-z]")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_LETTERS_TYPED = """
shch=щ sch=щ sh=ш ch=ч zh=ж kh=х gh=г ts=ц tsya=тся tsa=тся yo=е ya=я ia=я yu=ю iu=ю je=е ye=е 4=ч 6=ш
a=а b=б c=с d=д e=е f=ф g=г h=х i=и j=ж k=к l=л m=м n=н o=о p=п q=к r=р s=с t=т u=у v=в w=ш x=х y=и z=з
"""
_LETTERS = dict(pair.split("=") for pair in _LETTERS_TYPED.split())
_WHERE_J_IS_SOFT = {"ja": "я", "ju": "ю", "jo": "е", "j": "и"}
_PIECE = re.compile("tsya|tsa|shch|sch|sh|ch|zh|kh|gh|ts|yo|ya|ia|yu|iu|je|ye|ja|ju|jo|.")
_BY_EAR = str.maketrans("ео", "иа")


def is_latin(word: str) -> bool:
    """Whether a lower-case word has Latin letters."""
    return _LATIN.search(word) is not None


@lru_cache(maxsize=20_000)
def spellings(word: str) -> tuple[str, ...]:
    """A lower-case word as the list has it: English as it is, then what it may be in Cyrillic letters."""
    if not is_latin(word):
        return (folded(word),)
    in_cyrillic = (_PIECE.sub(read, word) for read in (_with_hard_j, _with_soft_j))
    return (word, *map(folded, in_cyrillic))


def folded(word: str) -> str:
    """Folded but for the sign that tells «звонить» from «звонит»; English stays as it is."""
    if is_latin(word):
        return word
    return _DOUBLED.sub(r"\1", fold(word)).replace("тс", "ц") + ("ь" if word.endswith("ть") else "")


def hardened(spelling: str) -> str:
    """Without the soft sign, which few type in Latin letters."""
    return spelling.removesuffix("ь")


def by_ear(spelling: str) -> str:
    """One key for what sounds alike: «пиристаньте» is перестаньте."""
    return hardened(spelling).translate(_BY_EAR)


def slips(spelling: str) -> set[str]:
    """The word and all that one letter less makes of it; words with a slip in common are one letter apart."""
    return {spelling, *(spelling[:at] + spelling[at + 1 :] for at in range(len(spelling)))}


def _with_hard_j(piece: re.Match[str]) -> str:
    """«jazbaniz» is жазбаныз."""
    letters = piece.group()
    return _LETTERS.get(letters) or "".join(_LETTERS.get(letter, letter) for letter in letters)


def _with_soft_j(piece: re.Match[str]) -> str:
    """«menja» is меня."""
    return _WHERE_J_IS_SOFT.get(piece.group()) or _with_hard_j(piece)
