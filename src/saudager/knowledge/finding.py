"""Why a search finds what it finds: the words looked for, and by which of them each passage was found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from saudager.knowledge.lemmas import Word
from saudager.knowledge.search import Candidate, Look, look
from saudager.providers.llm import Fact

How = Literal["word", "heading", "synonym", "spelling"]


@dataclass(frozen=True, slots=True)
class Sought:
    """A word of the question as it was looked for, what else was, and its share of the question, from 0 to 1."""

    word: str
    synonyms: tuple[str, ...]
    spellings: tuple[str, ...]
    share: float
    is_known: bool
    """Whether any document holds it, or what may stand for it."""


@dataclass(frozen=True, slots=True)
class Match:
    """A word of the question the passage speaks of: as it was asked, as it stands there, and how it was recognised."""

    asked: str
    found: str
    how: How


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its score, and what it was found by."""

    fact: Fact
    matches: list[Match]


@dataclass(frozen=True, slots=True)
class Explained:
    """A search and why it came out so."""

    sought: list[Sought]
    found: list[Found]


def explain(session: Session, question: str, *, limit: int = 10) -> Explained:
    """The passages the salesperson would be given for the question, best first, each with its reasons."""
    seen = look(session, question)
    if seen is None:
        return Explained([], [])
    places = {_place(candidate.fact): candidate for candidate in seen.candidates}
    found = [
        Found(fact, list(_matches(seen, places[fact.file, fact.page, fact.row, fact.text])))
        for fact in seen.facts()[:limit]
    ]
    return Explained(list(_sought(seen)), found)


def _sought(seen: Look) -> Iterator[Sought]:
    most = sum(seen.weights.values())
    for asked, word in zip(seen.as_asked, seen.words, strict=True):
        spellings = tuple(token for token in word.synonyms if token not in asked.synonyms)
        is_known = any(token in seen.spread for token in word)
        yield Sought(word.token, asked.synonyms, spellings, round(seen.weights[word.token] / most, 3), is_known)


def _matches(seen: Look, candidate: Candidate) -> Iterator[Match]:
    for asked, word in zip(seen.as_asked, seen.words, strict=True):
        best = max(seen.matches(word, candidate), key=lambda match: match[1], default=None)
        if best is not None:
            yield Match(word.token, best[0], _how(best[0], asked, candidate))


def _how(token: str, asked: Word, candidate: Candidate) -> How:
    if token != asked.token:
        return "synonym" if token in asked.synonyms else "spelling"
    return "word" if token in candidate.tokens else "heading"


def _place(fact: dict[str, object]) -> tuple[object, ...]:
    return fact["file"], fact["page"], fact["row"], fact["text"]
