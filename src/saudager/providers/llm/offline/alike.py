"""How alike two texts are, letter by letter: misspelt and derived words count in part."""

import re
from collections import Counter
from functools import lru_cache
from math import sqrt


def alike(one: str, other: str) -> float:
    """The cosine of two normalised texts by the three-letter parts of their words, 0 to 1."""
    ours, theirs = _parts(one), _parts(other)
    shared = sum(times * theirs[part] for part, times in ours.items() if part in theirs)
    return shared / (_length(one) * _length(other)) if shared else 0.0


@lru_cache(maxsize=20_000)
def _parts(text: str) -> Counter[str]:
    words = (f" {word} " for word in re.findall(r"\w+", text))
    return Counter(word[at : at + 3] for word in words for at in range(len(word) - 2))


@lru_cache(maxsize=20_000)
def _length(text: str) -> float:
    return sqrt(sum(times * times for times in _parts(text).values()))
