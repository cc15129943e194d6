"""Which part a customer's word plays in a wish about our messages, however it is typed: the list beside this module."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from saudager.languages import russian
from saudager.languages.dictionary import fold

UNKNOWN = "x"
_LIST = Path(__file__).with_name("wishes.txt")
_LATIN = re.compile(r"[a-z]")
_DOUBLED = re.compile(r"([^\W\d_])\1+")
_LETTERS = {"sch": "щ", "shch": "щ", "sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "gh": "г", "ts": "ц", "yo": "е"}
_LETTERS |= {"ya": "я", "ia": "я", "yu": "ю", "iu": "ю", "je": "е", "ye": "е", "4": "ч", "6": "ш"}
_LETTERS |= dict(zip("abcdefghijklmnopqrstuvwxyz", "абсдефгхижклмнопкрстувшхиз", strict=True))
_AFTER_SOFT_J = {"ja": "я", "ju": "ю", "jo": "е", "j": "и"}
_PIECE = re.compile("shch|sch|sh|ch|zh|kh|gh|ts|yo|ya|ia|yu|iu|je|ye|ja|ju|jo|.")
_UNSTRESSED = str.maketrans("ео", "иа")
_SHORTEST_MISSPELT = 5
_DENIED_IN_ONE = re.compile(r"н[еи](?=.{4})")
_MAY_BE_DENIED = frozenset("WPGBCwpgbIN")


@dataclass(slots=True)
class _Words:
    exact: dict[str, str] = field(default_factory=dict)
    loose: dict[str, str] = field(default_factory=dict)
    beginnings: dict[str, str] = field(default_factory=dict)
    """By the beginning of a word that may have any ending."""
    joined: set[str] = field(default_factory=set)
    """First words of phrases."""
    longest: int = 1
    """Words in the longest phrase."""


def parts_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """What the words of one clause play, each with its word; words that are one phrase give one part."""
    known = _words()
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        size = _phrase_at(words, at) if not known.joined.isdisjoint(_spellings(words[at])) else 1
        phrase = " ".join(words[at : at + size])
        found.append((known.exact[_joined(words[at : at + size])] if size > 1 else _part_of(phrase), phrase))
        at += size
    return found


def _phrase_at(words: Sequence[str], at: int) -> int:
    known = _words()
    for size in range(min(known.longest, len(words) - at), 1, -1):
        if _joined(words[at : at + size]) in known.exact:
            return size
    return 1


def _joined(words: Sequence[str]) -> str:
    """The key of a phrase; English or Cyrillic throughout."""
    known = _words().exact
    keys = ("_".join(spelled) for spelled in zip(*map(_three, words), strict=True))
    return next((key for key in keys if key in known), "")


def _three(word: str) -> tuple[str, ...]:
    spellings = _spellings(word)
    return (*spellings, *(spellings[-1],) * 3)[:3]


@lru_cache(maxsize=20_000)
def _part_of(word: str) -> str:
    known = _words()
    spellings = _spellings(word)
    for spelling in spellings:
        if found := known.exact.get(spelling) or _by_beginning(spelling):
            return found
    if not _LATIN.search(word) and russian.is_known(word):
        return UNKNOWN
    for spelling in spellings:
        if denied := _DENIED_IN_ONE.match(spelling):
            found = known.exact.get(spelling[denied.end() :], UNKNOWN)
            if found[0] in _MAY_BE_DENIED:
                return f"n{found}"
        if len(spelling) >= _SHORTEST_MISSPELT and (found := known.loose.get(spelling.translate(_UNSTRESSED), "")):
            return found
    return UNKNOWN


def _by_beginning(spelling: str) -> str | None:
    beginnings = _words().beginnings
    tried = (beginnings.get(spelling[:size]) for size in range(len(spelling), 2, -1))
    return next(filter(None, tried), None)


@lru_cache(maxsize=20_000)
def _spellings(word: str) -> tuple[str, ...]:
    """A word as the list has it: English as it is, then what it may be in Cyrillic letters."""
    if not _LATIN.search(word):
        return (_folded(word),)
    in_cyrillic = (_PIECE.sub(read, word) for read in (_with_hard_j, _with_soft_j))
    return tuple(dict.fromkeys((word, *map(_folded, in_cyrillic))))


def _with_hard_j(piece: re.Match[str]) -> str:
    """«jazbaniz» is жазбаныз."""
    letters = piece.group()
    return _LETTERS.get(letters) or "".join(_LETTERS.get(letter, letter) for letter in letters)


def _with_soft_j(piece: re.Match[str]) -> str:
    """«menja» is меня."""
    return _AFTER_SOFT_J.get(piece.group()) or _with_hard_j(piece)


def _folded(word: str) -> str:
    return word if _LATIN.search(word) else _DOUBLED.sub(r"\1", fold(word))


@cache
def _words() -> _Words:
    known = _Words()
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        part, _, entries = line.partition(" = ")
        for entry in entries.split():
            _learn(known, entry, part)
    return known


def _learn(known: _Words, entry: str, part: str) -> None:
    pieces = [_folded(piece) for piece in entry.removesuffix("*").split("_")]
    if entry.endswith("*"):
        known.beginnings[pieces[0]] = part
    else:
        known.exact.setdefault("_".join(pieces), part)
    if len(pieces) > 1:
        known.joined.add(pieces[0])
        known.longest = max(known.longest, len(pieces))
    elif len(pieces[0]) >= _SHORTEST_MISSPELT and not _LATIN.search(entry):
        known.loose.setdefault(pieces[0].translate(_UNSTRESSED), part)
