"""A customer's text cut into phrases, each written as the parts its words play in a wish about our messages."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from saudager.languages.dictionary import fold
from saudager.languages.russian import analyser
from saudager.outreach.vocabulary import UNKNOWN, parts_of
from saudager.words import clean

BREAK = "|"
NAME = "f"
"""Whoever is spoken to changes nothing."""
DONE, DOING = "1", "3"
"""A verb of the customer's own affairs, past or any other: «уже купила», «жду»."""

_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…\n]*")
_CLAUSE = re.compile(r"[,;:()«»\"“”]|\s[-–—]+\s?|[-–—]\s")
_WORD = re.compile(r"[^\W_]+(?:['’`-][^\W_]+)*")
_RUSSIAN = re.compile(r"[а-я]+")
_KAZAKH_PAST = re.compile(r".{2,}[дт](?:им|ик|инба|инде)$")
_BETWEEN_COMMAS = re.compile(r"[fku]{1,2}")
_ASKS = re.compile(r"[nSsADE]")
_OPENS = frozenset("q!")
_BEGINS = frozenset("nSsDAQETkzX+WPGBCYZRFf")
"""What begins a wish; until then the words after a verb belong to it: «получила заказ | не пишите»."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """``parts`` are the letters of ``wishes.txt`` in order, without the words between."""

    parts: str
    sentence: int
    is_question: bool


def phrases_of(text: str) -> list[Phrase]:
    """The phrases of a text in order; what a customer says of himself and what he asks for are phrases of their own."""
    found: list[Phrase] = []
    for number, sentence in enumerate(_SENTENCE.findall(clean(text).lower().replace("’", "'").replace("`", "'"))):
        asks = "?" in sentence
        clauses = [parts for clause in _CLAUSE.split(sentence) if (parts := _read(_WORD.findall(clause)))]
        for clause in _joined(clauses):
            found.extend(Phrase(parts, number, asks) for parts in _cut(clause))
    return found


def _read(words: Sequence[str]) -> list[str]:
    """The parts of a clause's words, with what is unknown told apart by grammar."""
    return [_by_grammar(word) if part == UNKNOWN else part for part, word in parts_of(words)]


@lru_cache(maxsize=20_000)
def _by_grammar(word: str) -> str:
    if not _RUSSIAN.fullmatch(word):
        return UNKNOWN
    reading = analyser().parse(word)[0]
    if not reading.is_known:
        return DONE if _KAZAKH_PAST.search(fold(word)) else UNKNOWN
    if reading.tag.POS in ("VERB", "PRTS"):
        return DONE if reading.tag.tense == "past" else DOING
    if "Name" in reading.tag and reading.tag.case == "nomn":
        return NAME
    return DOING if reading.tag.POS in ("INFN", "GRND") else UNKNOWN


def _joined(clauses: Sequence[list[str]]) -> Iterator[list[str]]:
    """«Не пишите, пожалуйста, мне» is one clause."""
    whole: list[str] = []
    between = False
    for at, clause in enumerate(clauses):
        aside = 0 < at < len(clauses) - 1 and _BETWEEN_COMMAS.fullmatch("".join(clause)) is not None
        if whole and not aside and not between:
            yield whole
            whole = []
        whole = [*whole, *clause]
        between = aside
    if whole:
        yield whole


def _cut(clause: Sequence[str]) -> Iterator[str]:
    """A clause without commas as its phrases: «не пишите мне больше | уже купила у других»."""
    phrase = ""
    for part in "".join(clause):
        if part in (DONE, DOING):
            before = phrase.removesuffix("n")
            if before != phrase and before and not _ASKS.search(before):
                phrase += UNKNOWN  # «никакой рекламы не видел»
                continue
            yield from filter(None, (before,))
            phrase = part
        elif part == BREAK or part in _OPENS or (phrase[:1] in (DONE, DOING) and part in _BEGINS):
            yield from filter(None, (phrase,))
            phrase = part.removeprefix(BREAK)
        else:
            phrase += part
    yield from filter(None, (phrase,))
