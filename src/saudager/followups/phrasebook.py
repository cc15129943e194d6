"""The phrases customers answer with, and where they stand in a line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from itertools import product
from pathlib import Path
from re import compile as pattern

from saudager.followups.spelled import plain_words

Sign = StrEnum(
    "Sign",
    "GO WANT ASSENT ALONE REFUSE DENY PRICEY THINK WAIT KEEP HEDGE IF BUT ASK PRACTICAL REQUEST BARGAIN GRIPE NOT "
    "CLOSE SMALL",
)  # fmt: skip
"""What a phrase tells; ``phrases.txt`` says each in a line."""

_PHRASES = Path(__file__).with_name("phrases.txt")
_CHOICE = pattern(r"\(([^()]*)\)(\*?)")
_KAZAKH_LETTER = pattern(r"[әіңғүұқөһ]")
_LATIN_WORD = pattern(r"[a-z]+")
_WIDEST_GAP = 3
_SHORTEST_TO_MEND = 6
_SHORTEST_STEM = 3
"""«Сайте» does not end in «айте»."""


@dataclass(frozen=True, slots=True)
class Said:
    """One phrase of a line: the words ``start`` to ``end`` (not included) tell this."""

    sign: Sign
    start: int
    end: int


@dataclass(slots=True)
class _Node:
    words: dict[str, "_Node"] = field(default_factory=dict)
    beginnings: dict[str, "_Node"] = field(default_factory=dict)
    endings: dict[str, "_Node"] = field(default_factory=dict)
    gap: "_Node | None" = None
    sign: Sign | None = None


class Phrasebook:
    """A tree of phrases, searched word by word; the longest phrase wins, then the one spelled out more."""

    def __init__(self, phrases: Sequence[tuple[Sign, str, bool]]) -> None:
        self._root = _Node()
        self._spellings: dict[str, str] = {}
        for sign, phrase, is_kazakh in phrases:
            self._add(sign, plain_words(phrase), is_mended=not is_kazakh)
        self.english = frozenset(
            word for _, phrase, _ in phrases for word in plain_words(phrase) if _LATIN_WORD.match(word)
        )

    def find(self, words: Sequence[str]) -> tuple[list[Said], list[int]]:
        """The phrases in these words from left to right, and the places of the words no phrase holds."""
        found: list[Said] = []
        unknown: list[int] = []
        at = 0
        while at < len(words):
            ends = [
                (end, exact, sign) for end, exact, sign in self._matches(self._root, words, at, 0) if sign is not None
            ]
            if ends:
                end, _, sign = max(ends, key=lambda one: one[:2])
                found.append(Said(sign, at, end))
                at = end
            else:
                unknown.append(at)
                at += 1
        return found, unknown

    def mend(self, words: Sequence[str]) -> list[str]:
        """The words with «ненадо» apart, and a slip of one letter in a long word put right."""
        mended: list[str] = []
        for word in words:
            rest = word[2:]
            if word.startswith("не") and len(rest) > 3 and self._follows_not(rest) and not self._is_known(word):
                mended += ["не", rest]
            elif len(word) >= _SHORTEST_TO_MEND and not self._is_known(word):
                mended.append(self._mended(word))
            else:
                mended.append(word)
        return mended

    def _add(self, sign: Sign, words: Sequence[str], *, is_mended: bool) -> None:
        node = self._root
        for word in words:
            if word == "…":
                node.gap = node.gap or _Node()
                node = node.gap
                continue
            bare = word.strip("*")
            branch = node.beginnings if word.endswith("*") else node.endings if word.startswith("*") else node.words
            node = branch.setdefault(bare, _Node())
            if is_mended and len(bare) >= _SHORTEST_TO_MEND:
                for slip in (bare, *_slips(bare)):
                    self._spellings.setdefault(slip, bare)
        node.sign = node.sign or sign

    def _matches(
        self, node: _Node, words: Sequence[str], at: int, exact: int
    ) -> Iterator[tuple[int, int, Sign | None]]:
        yield at, exact, node.sign
        if node.gap:
            for skipped in range(min(_WIDEST_GAP, len(words) - at) + 1):
                yield from self._matches(node.gap, words, at + skipped, exact)
        if at == len(words):
            return
        word = words[at]
        if follower := node.words.get(word):
            yield from self._matches(follower, words, at + 1, exact + len(word) + 1)
        if node.beginnings:
            for size in range(len(word), 0, -1):
                if follower := node.beginnings.get(word[:size]):
                    yield from self._matches(follower, words, at + 1, exact + size)
        if node.endings:
            for size in range(len(word) - _SHORTEST_STEM, 0, -1):
                if follower := node.endings.get(word[-size:]):
                    yield from self._matches(follower, words, at + 1, exact + size // 2)

    def _follows_not(self, word: str) -> bool:
        after = self._root.words["не"]
        return word in after.words or any(word[:size] in after.beginnings for size in range(4, len(word) + 1))

    def _is_known(self, word: str) -> bool:
        root = self._root
        return word in root.words or any(word[:size] in root.beginnings for size in range(3, len(word) + 1))

    def _mended(self, word: str) -> str:
        for slip in (word, *_slips(word)):
            right = self._spellings.get(slip)
            if right and _one_slip_apart(word, right):
                return right
        return word


@cache
def phrasebook() -> Phrasebook:
    """The shipped phrases, read once in a process."""
    return Phrasebook(list(_shipped()))


def _shipped() -> Iterator[tuple[Sign, str, bool]]:
    """Sign, phrase, and whether it is a Kazakh one: there a letter more or less is another ending."""
    sign = Sign.SMALL
    for line in _PHRASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            sign = Sign(line.strip("[]"))
        elif line and not line.startswith("#"):
            is_kazakh = bool(_KAZAKH_LETTER.search(line))
            for phrase in line.split(","):
                for spelled_out in _choices(phrase.strip()):
                    yield sign, spelled_out, is_kazakh


def _choices(phrase: str) -> Iterator[str]:
    """«(не|) надо» as «не надо» and «надо»; a star after the bracket is for every choice."""
    parts: list[list[str]] = []
    last = 0
    for hit in _CHOICE.finditer(phrase):
        parts.append([phrase[last : hit.start()]])
        parts.append([f"{choice}{hit[2]}" if choice else "" for choice in hit[1].split("|")])
        last = hit.end()
    parts.append([phrase[last:]])
    yield from ("".join(choice) for choice in product(*parts))


def _slips(word: str) -> Iterator[str]:
    """The word with one letter left out; two words that share one differ by one letter."""
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]


def _one_slip_apart(word: str, right: str) -> bool:
    """One letter is left out, put in or, in a longer word, mistaken, or two are swapped; never the first one."""
    start = next((at for at, (one, other) in enumerate(zip(word, right, strict=False)) if one != other), None)
    if start is None:
        return abs(len(word) - len(right)) == 1
    left, wanted = word[start:], right[start:]
    swapped = left[1::-1] == wanted[:2] and left[2:] == wanted[2:]
    mistaken = left[1:] == wanted[1:] and len(word) > _SHORTEST_TO_MEND
    return start > 0 and (mistaken or swapped or left[1:] == wanted or left == wanted[1:])
