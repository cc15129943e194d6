"""Find the passages that answer a question: full-text search over lemmas, then a closer look at what it found.

Words the documents do not hold are first looked up by their trigrams, so that a misspelt one counts as what it meant.
SQLite's bm25 adds up every synonym of a word, so a passage that says the same thing three times would win. It is used
to pick candidates; they are ordered by a BM25 in which a word and its synonyms count once.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.knowledge import lemmas, spelling, synonyms
from saudager.knowledge.lemmas import Word
from saudager.languages import language_of
from saudager.languages.browsing import browses
from saudager.languages.translation import in_russian
from saudager.providers.llm import Fact

_LONGEST = 4000
_MOST_WORDS = 40
_CANDIDATES = 60
_MOST_MATCHES = 4000
_SATURATION, _LENGTH_COUNTS = 0.6, 0.35
_SYNONYM, _HEADING, _PRICED, _FIGURE = 0.75, 0.6, 1.15, 1.3
_ROW_OF_THE_ONLY_WORD = 1.5
_ALIKE, _MOST_OF_TABLE = 0.95, 6
_PRICE = re.compile(r"\d\s*(?:₸|тг|тенге)|₸[^;]*: [\d ]+\d")

_PASSAGES = """
    select p.text, d.file, p.page, p.section, p.row, f.lemmas from ({found}) f
    join passages p on p.id = f.rowid join documents d on d.id = p.document_id order by p.id"""
_CANDIDATE = Statement(
    _PASSAGES.format(
        found="""
        select rowid, lemmas, rank from passages_fts where passages_fts match :query
            and rowid not in (select against_id from conflicts) order by rank limit :limit"""
    ),
    postgresql=_PASSAGES.format(
        found="""
        select rowid, lemmas from passages_fts where words @@ cast(:words as tsquery)
            and rowid not in (select against_id from conflicts)
        order by (
            select sum(asked.weight)
            from unnest(cast(:tokens as text[]), cast(:weights as float8[])) asked (token, weight)
            where words @@ cast(asked.token as tsquery)) desc, rowid limit :limit"""
    ),
)
_SPREAD = Statement(
    "select term, doc from passages_vocab where term in (select value from json_each(:listed))",
    postgresql="""
        select asked.term, count(*) from unnest(cast(:terms as text[]), cast(:quoted as text[])) asked (term, quoted)
        join passages_fts on words @@ cast(asked.quoted as tsquery) group by asked.term""",
)
_SHELF = Statement("select (select count(*) from passages), folder from shelf")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that holds a word looked for, as tokens."""

    fact: dict[str, Any]
    heading: frozenset[str]
    tokens: list[str]


def search(session: Session, question: str, limit: int = 8) -> list[Fact]:
    """Passages for the question, best first; empty when no word of it stands in any document.

    Of a long text the first 40 different words count; a Kazakh or English question is also read in Russian. ``score``
    is between 0 and 1: the share of what was asked, words weighed by how much they tell, that the passage speaks of.
    Rows of one table that match about alike stand together in their own order, the first six before anything else.
    The price of a thing named by one word alone («сколько стоит окно», «хочу окна») is looked for in rows before prose.
    """
    found = look(session, question)
    return [] if found is None else found.facts()[:limit]


@dataclass(frozen=True, slots=True)
class Look:
    """What a search went by: the words looked for, how much each tells, and the passages that hold any of them."""

    asked: str
    as_asked: list[Word]
    """The words with the synonyms they have in the lists."""
    words: list[Word]
    """The same, and what a misspelt one may have meant."""
    weights: dict[str, float]
    spread: dict[str, int]
    candidates: list[Candidate]
    usual_length: float
    """Tokens of a candidate, on average."""

    def facts(self) -> list[Fact]:
        """The passages, best first."""
        most = sum(self.weights.values())
        priced = _PRICED if lemmas.asks_price(self.asked) or browses(self.asked) else 1.0
        row = _ROW_OF_THE_ONLY_WORD if priced > 1 and len(self.words) == 1 else 1.0
        facts = []
        for candidate in self.candidates:
            score = sum(self.weights[word.token] * self.match(word, candidate) for word in self.words) / most
            if _PRICE.search(candidate.fact["text"]):
                score *= priced * (row if candidate.fact["row"] is not None else 1.0)
            facts.append(Fact(**candidate.fact, score=round(min(score, 1.0), 3)))
        return _varied(_together(sorted(facts, key=lambda fact: -fact.score)))

    def match(self, word: Word, candidate: Candidate) -> float:
        """From 0 to 1: how firmly the passage speaks of the word; a synonym or a heading counts less."""
        return max((share for _, share in self.matches(word, candidate)), default=0.0)

    def matches(self, word: Word, candidate: Candidate) -> Iterator[tuple[str, float]]:
        """Each token by which the passage speaks of the word, and how firmly."""
        for token in word:
            weight = 1.0 if token == word.token else _SYNONYM
            if times := candidate.tokens.count(token):
                length = 1 - _LENGTH_COUNTS + _LENGTH_COUNTS * len(candidate.tokens) / self.usual_length
                yield token, weight * times / (times + _SATURATION * length)
            elif token in candidate.heading:
                yield token, weight * _HEADING / (1 + _SATURATION)


def look(session: Session, question: str) -> Look | None:
    """Look for the question; None when no word of it stands in any document."""
    total, folder = _SHELF(session).fetchone()
    if not total:
        return None
    asked = question[:_LONGEST]
    as_asked = _words(session, asked, Path(folder) if folder else None)
    spread = _spread(session, as_asked)
    words = [_spelt(session, word, spread) for word in as_asked]
    spread |= _spread(session, [word for word in words if word.token not in spread])
    candidates = list(_candidates(session, words, spread))
    if not candidates:
        return None
    weights = {word.token: _weight(word, spread, total) for word in words}
    usual_length = sum(len(candidate.tokens) for candidate in candidates) / len(candidates)
    return Look(asked, as_asked, words, weights, spread, candidates, usual_length)


def _words(session: Session, asked: str, folder: Path | None) -> list[Word]:
    """The words to look for, those of the Russian translation first; of a foreign original only what is known."""
    others = synonyms.in_force(folder).others
    language = language_of(asked)
    own = lemmas.of_question(asked, others)
    if language == "ru":
        return own[:_MOST_WORDS]
    translated = {word.token: word for word in lemmas.of_question(in_russian(asked, language), others)}
    known = _spread(session, own)
    return [*translated.values(), *(word for word in own if word.token in known and word.token not in translated)][
        :_MOST_WORDS
    ]


def _spread(session: Session, words: Iterable[Word]) -> dict[str, int]:
    """In how many passages each token of the words stands; those that stand nowhere are left out."""
    tokens = list({token for word in words for token in word})
    if not tokens:
        return {}
    found = _SPREAD(session, listed=json.dumps(tokens), terms=tokens, quoted=[_quoted(token) for token in tokens])
    return dict(found.fetchall())


def _quoted(token: str) -> str:
    """The token as PostgreSQL's ``tsquery`` takes it."""
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


def _spelt(session: Session, word: Word, spread: dict[str, int]) -> Word:
    """The word itself when the documents hold it, or else with what it may have meant."""
    if any(token in spread for token in word):
        return word
    return replace(word, synonyms=(*word.synonyms, *spelling.meant_by(session, word.token)))


def _candidates(session: Session, words: list[Word], spread: dict[str, int]) -> Iterator[Candidate]:
    telling = list(_telling(words, spread))
    if not telling:
        return
    quoted = [_quoted(token) for token in telling]
    rows = _CANDIDATE(
        session,
        query=" OR ".join(f'"{token}"' for token in telling),
        words=" | ".join(quoted),
        tokens=quoted,
        weights=[1 / (1 + log(1 + spread[token])) for token in telling],
        limit=_CANDIDATES,
    )
    for body, file, page, section, row, found in rows.fetchall():
        fact = {"text": body, "file": file, "page": page, "section": section, "row": row}
        heading, _, body = found.partition(lemmas.BELOW_HEADING)
        yield Candidate(fact, frozenset(heading.split()), body.split())


def _telling(words: list[Word], spread: dict[str, int]) -> Iterator[str]:
    """The tokens to look up, rarest first, as long as not too many passages would have to be ranked."""
    matches = 0
    known = {token for word in words for token in word if token in spread}
    for token in sorted(known, key=lambda one: (spread[one], one)):
        matches += spread[token]
        if matches > _MOST_MATCHES and matches > spread[token]:
            return
        yield token


def _weight(word: Word, spread: dict[str, int], total: int) -> float:
    """How much the word tells: the inverse document frequency of it or its most frequent synonym."""
    rarity = log(1 + (total + 0.5) / (max(spread.get(token, 0) for token in word) + 0.5))
    return rarity * _FIGURE if word.token[0].isdigit() else rarity


def _varied(facts: list[Fact]) -> list[Fact]:
    """What comes after the first rows of a table stands behind the rest: one long table does not take every place."""
    rows: Counter[tuple[str, str]] = Counter()
    first, later = list[Fact](), list[Fact]()
    for fact in facts:
        place = (fact.file, fact.section)
        rows[place] += fact.row is not None
        (later if rows[place] > _MOST_OF_TABLE else first).append(fact)
    return [*first, *later]


def _together(facts: list[Fact]) -> list[Fact]:
    """Rows of one table that match about as well as the best of them follow it, in their own order."""
    ordered: list[Fact] = []
    left = dict.fromkeys(range(len(facts)))
    for at, fact in enumerate(facts):
        if at not in left:
            continue
        alike = [
            other
            for other in left
            if facts[other].row is not None
            and (facts[other].file, facts[other].page, facts[other].section) == (fact.file, fact.page, fact.section)
            and facts[other].score >= fact.score * _ALIKE
        ]
        group = [at] if fact.row is None else alike
        ordered += [facts[one] for one in group]
        for one in group:
            del left[one]
    return ordered
