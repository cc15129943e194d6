"""Which part a customer's word plays in a wish about our messages, however it is typed: the list beside this module."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from saudager.languages import russian
from saudager.outreach.spelling import by_ear, folded, hardened, is_latin, slips, spellings

UNKNOWN = "x"
_LIST = Path(__file__).with_name("wishes.txt")
_DENIED_IN_ONE = re.compile("н[еи](?=.{4})")
_MAY_BE_DENIED = frozenset("WPGBCwpgbIN")
_SHORTEST_BY_EAR = 5
_SHORTEST_WITH_A_SLIP = 7
"""A shorter word is one letter from too many others."""
_RUSSIAN = re.compile("[а-я]+")


@dataclass(slots=True)
class _Words:
    exact: dict[str, str] = field(default_factory=dict)
    beginnings: dict[str, str] = field(default_factory=dict)
    """By the beginning of a word that may have any ending."""
    by_ear: dict[str, str] = field(default_factory=dict)
    beginnings_by_ear: dict[str, str] = field(default_factory=dict)
    hardened: dict[str, str] = field(default_factory=dict)
    slips: dict[str, str] = field(default_factory=dict)
    """Of Russian words alone: a Kazakh «жазыңыз» is one letter from «жазбаңыз»."""
    joined: set[str] = field(default_factory=set)
    """First words of phrases."""
    longest: int = 1
    """Words in the longest phrase."""


def parts_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """What the words of one clause play, each with its word; words that are one phrase give one part."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        size = _phrase_at(words, at)
        phrase = words[at : at + size]
        part = _words().exact[_key(phrase)] if size > 1 else _part_of(words[at])
        found.append((part, " ".join(phrase)))
        at += size
    return found


def _phrase_at(words: Sequence[str], at: int) -> int:
    """How many words from here are one phrase of the list; 1 when none are."""
    known = _words()
    if known.joined.isdisjoint(spellings(words[at])):
        return 1
    sizes = range(min(known.longest, len(words) - at), 1, -1)
    return next((size for size in sizes if _key(words[at : at + size])), 1)


def _key(words: Sequence[str]) -> str:
    """The key of a phrase, English or Cyrillic throughout; empty when it is none."""
    readings = [(*spellings(word), *spellings(word)[-1:] * 2)[:3] for word in words]
    keys = ("_".join(spelled) for spelled in zip(*readings, strict=True))
    return next((key for key in keys if key in _words().exact), "")


@lru_cache(maxsize=20_000)
def _part_of(word: str) -> str:
    listed = next((part for spelling in spellings(word) if (part := _listed(spelling)) != UNKNOWN), None)
    if listed:
        return listed
    if not is_latin(word) and russian.is_known(word):
        return UNKNOWN
    guesses = filter(None, map(_misspelt, spellings(word)))
    return next(guesses, None) or _with_a_slip(word)


def _listed(spelling: str) -> str:
    known = _words()
    return known.exact.get(spelling) or _by_beginning(spelling, known.beginnings) or UNKNOWN


def _misspelt(spelling: str) -> str | None:
    """«непишите», «пиристаньте», «рикламы», and in Latin letters «slat»."""
    known = _words()
    if denied := _DENIED_IN_ONE.match(spelling):
        found = _listed(spelling[denied.end() :])
        if found[0] in _MAY_BE_DENIED:
            return f"n{found}"
    heard = by_ear(spelling)
    return (
        known.hardened.get(spelling) or known.by_ear.get(heard) or _by_beginning(heard, known.beginnings_by_ear) or None
    )


def _with_a_slip(word: str) -> str:
    """«прсылайте»; unknown where the slip may be of two parts."""
    if len(word) < _SHORTEST_WITH_A_SLIP or not _RUSSIAN.fullmatch(word):
        return UNKNOWN
    known = _words().slips
    found = {known[slip] for slip in slips(folded(word)) if slip in known}
    return found.pop() if len(found) == 1 else UNKNOWN


def _by_beginning(spelling: str, beginnings: dict[str, str]) -> str | None:
    tried = (beginnings.get(spelling[:size]) for size in range(len(spelling), 2, -1))
    return next(filter(None, tried), None)


@cache
def _words() -> _Words:
    known = _Words()
    for line in _LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            part, _, entries = line.partition(" = ")
            for entry in entries.split():
                _learn(known, entry, part)
    return known


def _learn(known: _Words, entry: str, part: str) -> None:
    pieces = [folded(piece) for piece in entry.removesuffix("*").split("_")]
    if len(pieces) > 1:
        known.exact.setdefault("_".join(pieces), part)
        known.joined.add(pieces[0])
        known.longest = max(known.longest, len(pieces))
        return
    (spelling,) = pieces
    heard = len(spelling) >= _SHORTEST_BY_EAR and not is_latin(spelling)
    if entry.endswith("*"):
        known.beginnings.setdefault(spelling, part)
        if heard:
            known.beginnings_by_ear.setdefault(by_ear(spelling), part)
        return
    known.exact.setdefault(spelling, part)
    if not is_latin(spelling):
        known.hardened.setdefault(hardened(spelling), part)
    if heard:
        known.by_ear.setdefault(by_ear(spelling), part)
        if len(spelling) >= _SHORTEST_WITH_A_SLIP and russian.is_known(entry):
            for slip in slips(spelling):
                known.slips.setdefault(slip, part)
