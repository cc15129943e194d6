"""Sentences that a document holds as they are: nothing in them needs another proof."""

import re
from functools import lru_cache

from saudager.providers.llm import Fact
from saudager.truth.known import Known
from saudager.words import normalise, stems

_SIGNS = re.compile(r"[^\w%₸+−-]+")
_SHORTEST = 12
"""Letters below which a sentence says too little to be known again."""


def stands_in(sentence: str, known: Known, *, of: frozenset[str]) -> Fact | None:
    """The passage of prose that holds the sentence word for word and is of the named thing, if one is named."""
    wanted = _plain(sentence)
    if len(wanted) < _SHORTEST:
        return None
    held = (fact for fact in known.passages if fact.row is None and f" {wanted} " in _of_passage(fact.text))
    return next((fact for fact in held if not of or of & stems(f"{fact.text} {fact.section}")), None)


@lru_cache(maxsize=8192)
def _of_passage(text: str) -> str:
    return f" {_plain(text)} "


def _plain(text: str) -> str:
    return _SIGNS.sub(" ", normalise(text)).strip()
