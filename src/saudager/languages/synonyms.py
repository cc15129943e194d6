"""What customers call the same thing: the word list that comes with the product, and how such a list is read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from saudager.languages.russian import lemma
from saudager.words import normalise

SHIPPED = Path(__file__).with_name("synonyms.txt")
LEMMAS = Path(__file__).with_name("synonyms_lemmas.txt")
"""The dictionary forms of its words, written by ``scripts/lemmatise_synonyms.py``: 0.3 s of a core at every start."""


@dataclass(frozen=True, slots=True)
class WordList:
    """For each lemma what else to look for, the lines this was read from, and the lines that were no use, by number."""

    others: dict[str, tuple[str, ...]]
    lines: list[str] = field(default_factory=list)
    useless: dict[int, str] = field(default_factory=dict)


@cache
def shipped() -> WordList:
    """The list that comes with the product."""
    known = dict(line.split(" ") for line in LEMMAS.read_text(encoding="utf-8").splitlines())

    def lemmas(side: str) -> Iterable[str]:
        return (known.get(word) or lemma(word) for word in normalise(side).split())

    return read(SHIPPED.read_text(encoding="utf-8").splitlines(), lemmas)


def read(lines: Sequence[str], lemmas: Callable[[str], Iterable[str]]) -> WordList:
    """Lines of words that mean the same, or «left > right»: who asks with the left also finds the right."""
    found: dict[str, dict[str, None]] = {}
    good: list[str] = []
    useless: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        left, *right = ([*lemmas(side)] for side in line.split(">"))
        if not left or len(right) > 1 or (not right[0] if right else len(set(left)) < 2):
            useless[number] = line.strip()
            continue
        good.append(line.strip())
        for word in left:
            found.setdefault(word, {}).update(dict.fromkeys(right[0] if right else left))
    others = {word: tuple(other for other in meant if other != word) for word, meant in found.items()}
    return WordList(others, good, useless)
