"""Words as the search compares them: lemmas, a size or a sum as one token, and what customers call the same thing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from saudager.words import normalise

BELOW_HEADING = " / "
"""Stands in the index between the lemmas of the headings and those of the text; the full-text index ignores it."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)?(?:x\d+(?:[.,]\d+)?)*|[^\W\d_]+")
_THOUSANDS = re.compile(r"(?<!\d)(?<!\d[.,])\d{1,3}(?: \d{3})+(?!\d)")
_TIMES = re.compile(r"(?<=\d)\s*(?:мм|см|м)?\.?\s*(?:[xх×*]|на|by)\s*(?=\d)")
_SIZE = re.compile(r"(\d+(?:[.,]\d+)?)x(\d+(?:[.,]\d+)?)")
_PRICE = re.compile(
    r"сколько (?:стоит|стоят|будет)|цен[аыуе]|поч[её]м|стоимост|прайс|қанша|price|how much", re.IGNORECASE
)
_SMALLEST_SIDE, _LARGEST_SIDE = 300, 6000
_LONGEST_TOKEN = 60
_SYNONYMS = Path(__file__).with_name("synonyms.txt")
_STOP_WORDS = Path(__file__).with_name("stop_words.txt")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question as a token, and the tokens that mean the same."""

    token: str
    synonyms: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        yield self.token
        yield from self.synonyms


def of_passage(section: str, text: str) -> str:
    """The line to index: tokens separated by spaces, those of the headings first; a size also stands in its parts."""
    return BELOW_HEADING.join(" ".join(_with_parts(part)) for part in (section, text))


def of_question(text: str) -> list[Word]:
    """The words that tell what the question is about, in order, each once."""
    tokens = dict.fromkeys(_tokens(text))
    return [
        Word(token, _other_sizes(token) or _synonyms().get(token, ()))
        for token in tokens
        if token not in _stop_words() and len(token) <= _LONGEST_TOKEN
    ]


def asks_price(text: str) -> bool:
    """Whether the question is about money."""
    return _PRICE.search(text) is not None


def _with_parts(text: str) -> Iterator[str]:
    for token in _tokens(text):
        yield token
        if _SIZE.fullmatch(token):
            yield from token.split("x")


def _tokens(text: str) -> Iterator[str]:
    text = _THOUSANDS.sub(lambda sum_: sum_.group().replace(" ", ""), normalise(text))
    for token in _TOKEN.findall(_TIMES.sub("x", text)):
        yield token.replace(",", ".") if token[0].isdigit() else _lemma(token)


def _other_sizes(token: str) -> tuple[str, ...]:
    """The same size in millimetres when it may have been meant in centimetres or metres: 150x150, 1.5x1.5."""
    if not (size := _SIZE.fullmatch(token)):
        return ()
    sides = [float(side) for side in size.groups()]
    scaled = ([side * factor for side in sides] for factor in (10, 1000))
    return tuple(
        "x".join(f"{side:g}" for side in sides)
        for sides in scaled
        if all(_SMALLEST_SIDE <= side <= _LARGEST_SIDE for side in sides)
    )


@lru_cache(maxsize=20_000)
def _lemma(word: str) -> str:
    parses = _analyser().parse(word)
    likeliest = [parse for parse in parses if parse.score == parses[0].score]
    place = next((parse for parse in likeliest if "Geox" in parse.tag), likeliest[0])  # «в Астану» is the city
    form: str = place.normal_form
    return form.replace("ё", "е")


@cache
def _analyser() -> Any:
    from pymorphy3 import MorphAnalyzer

    return MorphAnalyzer()


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """For each lemma what else to look for, read from ``synonyms.txt``."""
    found: dict[str, dict[str, None]] = {}
    for line in _written(_SYNONYMS):
        left, _, right = line.partition(">")
        meant = dict.fromkeys(_tokens(right or left))
        for word in _tokens(left):
            found.setdefault(word, {}).update(meant)
    return {word: tuple(other for other in others if other != word) for word, others in found.items()}


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(token for line in _written(_STOP_WORDS) for token in _tokens(line))


def _written(path: Path) -> Iterator[str]:
    """Lines of a word list without its remarks."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line
