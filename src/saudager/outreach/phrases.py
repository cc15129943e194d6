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
ADDRESSEE = "f"
"""Whoever is spoken to changes nothing: «Айгерим, не пишите мне»."""
DONE, DOING, BIDDING, COMING_BACK = "1", "3", "4", "5"
"""A verb of other affairs: past, present or future, told to us, of the customer's next word: «купила», «жду»,
«привезите», «напишу»."""

_QUOTED = re.compile(r"(?<=.)[«\"“„][^«»\"“”„]+[»\"”]")
_A_QUOTE = " [цитата] "
_NOT_SAID_HERE = re.compile(
    r"^>[^\n]*|\n\W*(?:с уважением|best regards|kind regards|құрметпен)\b.*", re.MULTILINE | re.DOTALL
)
"""The line answered to and the signature of a letter."""
_TAG = re.compile(r"(?:ок|окей|ладно|хорошо|пожалуйста|please|ok|okay)\s*\?")
_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…\n]*")
_CLAUSE = re.compile(r"[,;:()«»\"“”]|\s[-–—]+\s?|[-–—]\s")
_WORD = re.compile(r"[^\W_]+(?:['’`-][^\W_]+)*")
_RUSSIAN = re.compile(r"[а-я]+")
_KAZAKH_OWN = re.compile(r".{2,}(?:[дт](?:им|ик)|м[ае]имин)$")
_BETWEEN_COMMAS = re.compile(r"[fku]{1,2}")
_ASKS = re.compile(r"[nSsADE]")
_SAID = re.compile("[xDTQAEO]")
"""What «и» does not join with the next verb: «удалите меня из базы | и не пишите больше»."""
_NAMED = re.compile(r"[0MOo%]")
_LONGEST = 40
"""Parts of a phrase; a longer one is no wish."""
_OWN = frozenset((DONE, DOING, BIDDING, COMING_BACK))
_OPENS = frozenset("q!")
_BEGINS = frozenset("nSsDAQETJkzX+WPGBCYZRF")
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
    plain = clean(text).lower().replace("’", "'").replace("`", "'")
    plain = _QUOTED.sub(_A_QUOTE, _NOT_SAID_HERE.sub("", plain))
    for number, sentence in enumerate(_SENTENCE.findall(plain)):
        asks = "?" in sentence and not _TAG.search(sentence)
        clauses = [parts for clause in _CLAUSE.split(sentence) if (parts := _read(_WORD.findall(clause)))]
        for clause in _joined(clauses):
            found.extend(Phrase(parts if len(parts) <= _LONGEST else UNKNOWN, number, asks) for parts in _cut(clause))
    return found


def _read(words: Sequence[str]) -> list[str]:
    """The parts of a clause's words, with what is unknown told apart by grammar."""
    read = parts_of(words)
    found = [_by_grammar(word) if part == UNKNOWN else part for part, word in read]
    if read and found[0] == UNKNOWN and _is_name(read[0][1]):
        found[0] = ADDRESSEE
    return found


@lru_cache(maxsize=20_000)
def _by_grammar(word: str) -> str:
    reading = analyser().parse(word)[0]
    if not (_RUSSIAN.fullmatch(word) and reading.is_known):
        return DONE if _KAZAKH_OWN.search(fold(word)) else UNKNOWN
    if reading.tag.POS in ("VERB", "PRTS"):
        if reading.tag.mood == "impr":
            return BIDDING
        return DONE if reading.tag.tense == "past" else DOING
    return DOING if reading.tag.POS in ("INFN", "GRND") else UNKNOWN


@lru_cache(maxsize=2_000)
def _is_name(word: str) -> bool:
    tag = analyser().parse(word)[0].tag
    return "Name" in tag and tag.case == "nomn"


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
        if part in _OWN:
            before = phrase.removesuffix("n")
            if before != phrase and _NAMED.search(before) and not _ASKS.search(before):
                phrase += UNKNOWN  # «никакой рекламы не видел»
                continue
            yield from filter(None, (before,))
            phrase = part
        elif part == BREAK or part in _OPENS or (phrase[:1] in _OWN and part in _BEGINS):
            yield from filter(None, (phrase,))
            phrase = part.removeprefix(BREAK)
        elif part == "a" and _SAID.search(phrase):
            yield phrase
            phrase = ""
        else:
            phrase += part
    yield from filter(None, (phrase,))
