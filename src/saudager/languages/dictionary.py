"""The word lists beside this module: phrases of a language and what they are in Russian."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_FOLDED = str.maketrans(
    {**dict(zip("әіыйңғүұқөһэёщ", "аииингуукохееш", strict=False)), "ъ": "", "ь": "", "я": "иа", "ю": "иу"}
)


def fold(word: str) -> str:
    """One spelling for the many a Kazakh word is typed in: «қанша», «канша»; ы, і, й and и are one letter."""
    return word.lower().translate(_FOLDED)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Phrases as they are written and in one folded spelling; the Russian is '' for a word that may be dropped."""

    written: dict[str, str]
    folded: dict[str, str]
    beginnings: frozenset[str]
    """Folded first words of the phrases that have more than one."""

    def find(self, phrase: str) -> str | None:
        """The Russian of a phrase in either spelling, None for an unknown one."""
        found = self.written.get(phrase)
        return self.folded.get(phrase) if found is None else found


@cache
def kazakh() -> Dictionary:
    """Kazakh words and the towns."""
    return _dictionary((*_pairs("kazakh.txt"), *_places()), fold)


@cache
def english() -> Dictionary:
    """English words and the towns; spellings are compared in lower case."""
    return _dictionary((*_pairs("english.txt"), *_places()), str.lower)


@cache
def places() -> Dictionary:
    """Towns alone, in all their spellings."""
    return _dictionary(tuple(_places()), fold)


def _dictionary(pairs: tuple[tuple[str, str], ...], one_spelling: Callable[[str], str]) -> Dictionary:
    """The first meaning of a phrase wins."""
    written: dict[str, str] = {}
    folded: dict[str, str] = {}
    for phrase, russian in pairs:
        written.setdefault(phrase.lower(), russian)
        folded.setdefault(one_spelling(phrase), russian)
    phrases = [phrase.split() for phrase in folded]
    return Dictionary(written, folded, frozenset(words[0] for words in phrases if len(words) > 1))


def _pairs(name: str) -> Iterator[tuple[str, str]]:
    for phrase, meanings in _lines(name):
        yield phrase, "/".join(meaning.strip() for meaning in meanings.split(","))


def _places() -> Iterator[tuple[str, str]]:
    for place, spellings in _lines("places.txt"):
        for spelling in spellings.split(","):
            yield spelling.strip(), place


def _lines(name: str) -> Iterator[tuple[str, str]]:
    for line in (_HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            left, _, right = line.partition("=")
            yield left.strip(), right.strip()
