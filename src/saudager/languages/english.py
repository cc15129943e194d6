"""English words down to what the dictionary knows: plurals, -ing, -ed, -er and -est taken off."""

from collections.abc import Iterator
from functools import lru_cache

from saudager.languages.dictionary import english

_ENDINGS = (("'s", ""), ("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e"), ("ied", "y"), ("ed", ""))
_MORE_ENDINGS = (
    ("ed", "e"),
    ("ier", "y"),
    ("iest", "y"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("est", "e"),
    ("ly", ""),
)
_SHORT_FOR_NOT = "n't"
_SHORTENED = ("'s", "'d", "'ll", "'re", "'ve", "'m")


@lru_cache(maxsize=20_000)
def meaning(word: str) -> str | None:
    """The Russian of a lower-case English word with any ending, '' to drop it, None for an unknown one."""
    known = english().written
    plain = word.replace("’", "'")
    if plain.endswith(_SHORT_FOR_NOT):
        return "не"
    return next((known[form] for form in _forms(plain) if form in known), None)


@lru_cache(maxsize=20_000)
def phrase_meaning(words: tuple[str, ...]) -> str | None:
    """The Russian of a phrase of two words or more, the last one with any ending."""
    known = english()
    if words[0].replace("’", "'").removesuffix("'s") not in known.beginnings:
        return None
    start = " ".join(words[:-1]).replace("’", "'")
    starts = (start, *(start.removesuffix(short) for short in _SHORTENED if start.endswith(short)))
    phrases = (f"{begun} {form}" for begun in starts for form in _forms(words[-1]))
    return next((known.written[phrase] for phrase in phrases if phrase in known.written), None)


def _forms(word: str) -> Iterator[str]:
    yield word
    for short in _SHORTENED:
        if word.endswith(short):
            yield word.removesuffix(short)
    for ending, instead in (*_ENDINGS, *_MORE_ENDINGS):
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            root = word.removesuffix(ending)
            yield root + instead
            if not instead and len(root) > 3 and root[-1] == root[-2]:
                yield root[:-1]
