"""Find the passages that answer a question: full-text search over lemmas, then a closer look at what it found.

SQLite's bm25 adds up every synonym of a word, so a passage that says the same thing three times would win. It is used
to pick candidates; they are ordered by a BM25 in which a word and its synonyms count once.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.knowledge import lemmas
from saudager.knowledge.lemmas import Word
from saudager.providers.llm import Fact

_LONGEST = 4000
_MOST_WORDS = 40
_CANDIDATES = 100
_SATURATION, _LENGTH_COUNTS = 0.6, 0.35
_SYNONYM, _HEADING, _PRICED = 0.75, 0.6, 1.15
_PRICE = re.compile(r"\d\s*(?:₸|тг|тенге)|₸[^;]*: [\d ]+\d")

_CANDIDATE = Statement(
    "select p.text, d.file, p.page, p.section, p.row, f.lemmas "
    "from (select rowid, lemmas, rank from passages_fts where passages_fts match :query order by rank limit :limit) f "
    "join passages p on p.id = f.rowid join documents d on d.id = p.document_id order by p.id"
)
_SPREAD = Statement("select term, doc from passages_vocab where term in (select value from json_each(:tokens))")
_TOTAL = Statement("select count(*) from passages")


@dataclass(frozen=True, slots=True)
class _Candidate:
    fact: dict[str, Any]
    heading: frozenset[str]
    tokens: list[str]


def search(session: Session, question: str, *, limit: int = 8) -> list[Fact]:
    """Passages for the question, best first; empty when no word of it stands in any document.

    Of a long text the first 40 different words count. ``score`` grows with relevance and is comparable within one
    question only.
    """
    total = _TOTAL(session).fetchone()[0]
    if not total:
        return []
    asked = question[:_LONGEST]
    words = lemmas.of_question(asked)[:_MOST_WORDS]
    if not words:
        return []
    candidates = list(_candidates(session, words))
    if not candidates:
        return []
    rarity = _rarity(session, words, total)
    priced = _PRICED if lemmas.asks_price(asked) else 1.0
    length = sum(len(candidate.tokens) for candidate in candidates) / len(candidates)
    facts = []
    for candidate in candidates:
        score = sum(rarity[word.token] * _match(word, candidate, length) for word in words)
        score *= priced if _PRICE.search(candidate.fact["text"]) else 1.0
        facts.append(Fact(**candidate.fact, score=round(score, 3)))
    return sorted(facts, key=lambda fact: -fact.score)[:limit]


def _candidates(session: Session, words: Iterable[Word]) -> Iterator[_Candidate]:
    query = " OR ".join(f'"{token}"' for token in dict.fromkeys(token for word in words for token in word))
    for body, file, page, section, row, found in _CANDIDATE(session, query=query, limit=_CANDIDATES).fetchall():
        fact = {"text": body, "file": file, "page": page, "section": section, "row": row}
        heading, _, body = found.partition(lemmas.BELOW_HEADING)
        yield _Candidate(fact, frozenset(heading.split()), body.split())


def _rarity(session: Session, words: Iterable[Word], total: int) -> dict[str, float]:
    """For each word how much it tells: the inverse document frequency of it or its most frequent synonym."""
    tokens = list({token for word in words for token in word})
    known = dict(_SPREAD(session, tokens=json.dumps(tokens)).fetchall())
    return {word.token: log(1 + (total + 0.5) / (max(known.get(token, 0) for token in word) + 0.5)) for word in words}


def _match(word: Word, candidate: _Candidate, usual_length: float) -> float:
    """From 0 to 1: how firmly the passage speaks of the word; a synonym or a heading counts less."""
    best = 0.0
    for token in word:
        weight = 1.0 if token == word.token else _SYNONYM
        if times := candidate.tokens.count(token):
            length = 1 - _LENGTH_COUNTS + _LENGTH_COUNTS * len(candidate.tokens) / usual_length
            best = max(best, weight * times / (times + _SATURATION * length))
        elif token in candidate.heading:
            best = max(best, weight * _HEADING / (1 + _SATURATION))
    return best
