"""Words as the search compares them: lemmas, a size or a sum as one token, and what customers call the same thing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from saudager.languages.russian import lemma
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
_STOP_WORDS = Path(__file__).with_name("stop_words.txt")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question as a token, and the tokens that mean the same."""

    token: str
    synonyms: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[str]:
        yield self.token
        yield from self.synonyms


def of_passage(section: str, text: str, file: str = "") -> str:
    """The line to index: tokens separated by spaces, those of the headings and of the file's name first; a size also
    stands in its parts."""
    name = file.rpartition(".")[0].replace("_", " ")
    return BELOW_HEADING.join(" ".join(_with_parts(part)) for part in (f"{section} {name}".rstrip(), text))


def of_question(text: str, synonyms: Mapping[str, tuple[str, ...]]) -> list[Word]:
    """The words that tell what the question is about, in order, each once; ``synonyms`` by their lemmas."""
    return [
        Word(token, _other_sizes(token) or synonyms.get(token, ()))
        for token in dict.fromkeys(tokens(text))
        if token not in _stop_words() and len(token) <= _LONGEST_TOKEN
    ]


def asks_price(text: str) -> bool:
    """Whether the question is about money."""
    return _PRICE.search(text) is not None


def _with_parts(text: str) -> Iterator[str]:
    for token in tokens(text):
        yield token
        if _SIZE.fullmatch(token):
            yield from token.split("x")


def tokens(text: str) -> Iterator[str]:
    """Lemmas, figures and sizes of a text, in order."""
    text = _THOUSANDS.sub(lambda sum_: sum_.group().replace(" ", ""), normalise(text))
    for token in _TOKEN.findall(_TIMES.sub("x", text)):
        yield token.replace(",", ".") if token[0].isdigit() else lemma(token)


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


@cache
def _stop_words() -> frozenset[str]:
    lines = _STOP_WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(token for line in lines if not line.startswith("#") for token in tokens(line))
