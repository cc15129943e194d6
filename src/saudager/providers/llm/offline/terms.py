"""What a text is made of as rules compare it: words with their part of speech, and numbers."""

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from saudager.languages.dictionary import places
from saudager.languages.russian import is_known, part_of_speech
from saudager.providers.llm.offline.likeness import LIKE, base, likeness
from saudager.providers.llm.offline.numbers import Number, in_digits, numbers, same
from saudager.words import normalise

_WORD = re.compile(r"[^\W\d_]+")
_WITHOUT = re.compile(r"(?<!\w)(?:без|кроме|б/|without)\s*$")
_NOT = re.compile(r"(?<!\w)(?:не|without|not)\s*$")
_FROM = re.compile(r"(?<!\w)(?:от|свыше|более|больше) $")
_UP_TO = re.compile(r"(?<!\w)до $")
_FROM_TO = re.compile(r"(?<!\w)от (\d+(?:[.,]\d+)?) до (?=\d)")
_AND_MORE = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)(\s?[^\W\d]{0,6})(?:\+|\s+и\s+(?:больше|более|выше|старше|дальше))(?!\w)"
)
_WORD_BEFORE = re.compile(r"([^\W\d_]{2,})\.?[»\"]?[ -]?[«\"]?$")
_WORD_AFTER = re.compile(r"[ -]([^\W\d_]{3,})")
_SHORTEST_CUT = 3
_IN_OPEN_RANGE = 0.9
_FILLERS = Path(__file__).with_name("fillers.txt")
_DIMENSIONS = ("широк", "высок", "длинн", "глубок", "толст")
_NAMING = ("NOUN", "")
_THINGS = ("NOUN", "ADJF", "PRTF", "ADJS", "PRTS", "")


@dataclass(frozen=True, slots=True)
class Bag:
    """The words and numbers of a text; ``lacking`` are those said to be absent («без зеркала»)."""

    words: frozenset[str] = frozenset()
    lacking: frozenset[str] = frozenset()
    numbers: tuple[Number, ...] = ()
    pairs: frozenset[tuple[str, float]] = frozenset()
    """Bare numbers with the word beside them: «кат. 2», «Нура-2»."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a number of a question. A ``firm`` one must stand in what answers it."""

    word: str = ""
    number: Number | None = None
    counts: str = ""
    """The noun behind a small number: «2 стула» may be a quantity."""
    weight: float = 1.0
    firm: bool = False
    is_name: bool = False
    is_adjective: bool = False
    lacking: bool = False
    is_aside: bool = False
    """«На», «в», «у» stands before it: where or on what, not what."""
    of_age: bool = False
    """How old somebody is."""
    may_be_name: bool = False
    """A word that says nothing unless something bears it as a name: «Дала»."""
    beside: tuple[str, ...] = ()
    """The words right before and behind a bare number: «во 2 категории», «нура 3»."""
    others: tuple[str, ...] = ()
    """Other meanings of a translated word, and the merchant's synonyms; any of them will do."""

    @property
    def key(self) -> str:
        """What makes two terms the same."""
        return (
            base(self.word)
            if self.word
            else f"{self.number.code or self.number.sides or self.number.low}"
            if self.number
            else ""
        )


@lru_cache(maxsize=4_000)
def bag(text: str) -> Bag:
    """The bag of a text as it stands in a document; amounts of money are left out."""
    plain = _AND_MORE.sub(r"от \1\2", _FROM_TO.sub(r"\1-", in_digits(normalise(text))))
    found = [number for number in numbers(plain) if number.unit not in ("money", "percent")]
    words: set[str] = set()
    lacking: set[str] = set()
    for hit in _WORD.finditer(plain):
        if len(hit.group()) > 1:
            (lacking if _WITHOUT.search(plain, max(0, hit.start() - 8), hit.start()) else words).add(hit.group())
    held = [(number, _widened(number, plain)) for number in found]
    alone = [number for number, wide in held if number.is_bare and not wide.is_open]
    pairs = {(word, number.low) for number in alone for word in words_beside(number, plain)}
    return Bag(frozenset(words), frozenset(lacking), tuple(wide for _, wide in held), frozenset(pairs))


def words_beside(number: Number, plain: str) -> tuple[str, ...]:
    """The word right before a number and the one right behind it, where there are any."""
    before = _WORD_BEFORE.search(plain, max(0, number.start - 30), number.start)
    after = _WORD_AFTER.match(plain, number.end)
    return tuple(
        found[1]
        for found in (before, after)
        if found and (part_of_speech(found[1]) in _NAMING or found[1].startswith(_DIMENSIONS))
    )


def paired(term: Term, held: Bag) -> bool | None:
    """Whether the bag has the number beside the same word: «кат. 2» for «во 2 категории»; False when it has another
    number there, None when it has none."""
    if not term.number or not term.beside:
        return None
    beside = {number for word, number in held.pairs if any(_abbreviates(word, asked) for asked in term.beside)}
    return term.number.low in beside if beside else None


def _abbreviates(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return likeness(one, other) >= LIKE or (len(shorter) >= _SHORTEST_CUT and longer.startswith(shorter))


def _widened(number: Number, plain: str) -> Number:
    """«От 3 вещей» holds for four, «до 10 кг» for five."""
    if number.code or number.sides or number.letter or number.high != number.low:
        return number
    before = plain[max(0, number.start - 7) : number.start]
    if _FROM.search(before):
        return replace(number, high=float("inf"), is_open=True)
    return replace(number, low=0.0, is_open=True) if _UP_TO.search(before) else number


def joined(*bags: Bag) -> Bag:
    """One bag of several."""
    return Bag(
        frozenset().union(*(one.words for one in bags)),
        frozenset().union(*(one.lacking for one in bags)),
        tuple(number for one in bags for number in one.numbers),
        frozenset().union(*(one.pairs for one in bags)),
    )


def match(term: Term, held: Bag) -> float:
    """How firmly the bag names the term, from 0 to 1."""
    if term.number:
        fitting = [number for number in held.numbers if same(term.number, number)]
        return max((_IN_OPEN_RANGE if number.is_open else 1.0 for number in fitting), default=0.0)
    words = held.lacking if term.lacking else held.words
    return max(_match_word(word, words) for word in (term.word, *term.others))


@lru_cache(maxsize=60_000)
def _match_word(word: str, held: frozenset[str]) -> float:
    best = 0.0
    for other in held:
        if (like := likeness(word, other)) > best:
            best = like
            if best == 1.0:
                break
    return best if best >= LIKE else 0.0


@cache
def _fillers() -> frozenset[str]:
    words = (
        word for line in _FILLERS.read_text("utf-8").splitlines() if not line.startswith("#") for word in line.split()
    )
    return frozenset(form for word in words for form in (word, base(normalise(word))))


def is_filler(word: str) -> bool:
    """Whether a normalised word tells nothing apart."""
    return word in _fillers() or base(word) in _fillers()


def is_thing(word: str) -> bool:
    """A noun, an adjective or a word no dictionary knows."""
    return bool(re.search(r"[a-z]", word)) or part_of_speech(word) in _THINGS or not is_known(word)


def is_name(word: str) -> bool:
    """A word in Latin letters or one no dictionary knows: nothing else may stand for it."""
    return bool(re.search(r"[a-z]", word)) or not is_known(word)


def is_place(word: str) -> bool:
    """A town of the country in any spelling."""
    return places().find(base(word)) is not None or places().find(word) is not None


def is_adjective(word: str) -> bool:
    return part_of_speech(word) in ("ADJF", "ADJS", "PRTF", "PRTS") and not re.search(r"[a-z]", word)


def is_verb(word: str) -> bool:
    return part_of_speech(word) in ("VERB", "INFN", "GRND")


def is_negated(text: str, start: int) -> bool:
    """Whether «не», «not» stands right before a place of a normalised text."""
    return bool(_NOT.search(text, max(0, start - 8), start))


def is_lacking(text: str, start: int) -> bool:
    """Whether «без», «кроме» stands right before a place of a normalised text."""
    return bool(_WITHOUT.search(text, max(0, start - 8), start))
