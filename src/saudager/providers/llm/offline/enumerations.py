"""A sentence that enumerates, in its parts: «Ремонт прокола жгутом — 1 500 ₸, грибком — 4 000 ₸»."""

import re
from dataclasses import dataclass

from saudager.languages.russian import lemma, part_of_speech
from saudager.words import normalise

_WORD = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"[;,]\s+(?:а\s+(?:при\s+|на\s+|для\s+)?)?")
_VALUE = re.compile(
    r"\d[\d ]*(?:[.,]\d+)?\s*(?:₸|тг|тенге|%|рабоч|раб\.|дн|день|час|мес|год|лет|недел|минут|км|сут|кг)"
    r"|бесплатн|пожизнен|выходн|гарантии нет"
)
_KEYED = re.compile(r"^(?:[^\d]*[^\W\d]{3}|[^\d]*[A-Za-zА-Яа-я]-?\d|\d[^—–]*\s[—–-]\s|[^\d]*\d[^—–:]*[—–:]\s)")
_ANSWERS_ALREADY = re.compile(r"(?:да|нет),? (?:от |до |за )?\d")
_DETAIL = re.compile(r"(?:доплата|цена|стоимость|плюс|минимум|предоплата|залог|надбавка|срок|гарантия)\W{1,3}\d")
"""Says more of what stands before it."""
_ASIDE = re.compile(r"\([^)]*\)")
_DASH = re.compile(r"\s[—–-]\s|:\s")
_PREPOSITION = re.compile(r"(?:на|от|до|для|при|по|с|в|за)\s", re.IGNORECASE)
_COLON = re.compile(r"([^:—–]{3,60}):\s")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: ``key`` names it, ``head`` is what the sentence says of all, ``shared`` nouns a key
    leaves out."""

    text: str
    key: str
    head: str
    shared: frozenset[str]

    @property
    def said(self) -> str:
        if self.head and _PREPOSITION.match(self.text):
            return f"{self.head}. {self.text[:1].upper()}{self.text[1:]}"
        return f"{self.head}: {self.text}" if self.head else self.text


def holds_value(plain: str) -> bool:
    """Whether normalised text names an amount, a span of time, a share, or that something costs nothing."""
    return bool(_VALUE.search(plain))


def parts(sentence: str) -> list[Part]:
    """The parts of an enumeration in which each has a value of its own; empty for any other sentence."""
    pieces = _pieces(sentence.rstrip("."))
    if len(pieces) < 2 or not all(holds_value(normalise(piece)) for piece in pieces):
        return []
    colon = _COLON.match(pieces[0])
    if colon and not re.search(r"\d$", colon[1]):
        head, pieces[0] = colon[1], pieces[0][colon.end() :]
    else:
        colon, head = None, _shared_head(_key(pieces[0]), _key(pieces[1]))
    first = _key(pieces[0])
    if _ANSWERS_ALREADY.match(normalise(pieces[0])):
        return []
    return [
        Part(
            piece,
            _key(piece),
            head if place or colon else "",
            _shared_nouns(first, _key(piece)) if place else frozenset(),
        )
        for place, piece in enumerate(pieces)
    ]


def _pieces(body: str) -> list[str]:
    """Cut at commas and semicolons, but so that every piece has a key and, where it can, a value."""
    pieces: list[str] = []
    start = 0
    outside = _ASIDE.sub(lambda found: "_" * len(found.group()), body)
    for mark in [*_PART.finditer(outside), None]:
        piece = body[start : mark.start() if mark else len(body)]
        if pieces and (
            not holds_value(normalise(pieces[-1])) or not _KEYED.search(piece) or _DETAIL.match(normalise(piece))
        ):
            pieces[-1] += f", {piece}"
        else:
            pieces.append(piece)
        start = mark.end() if mark else len(body)
    if len(pieces) > 1 and not holds_value(normalise(pieces[-1])):
        tail = pieces.pop()
        pieces[-1] += f", {tail}"
    return pieces


def _key(piece: str) -> str:
    """The words of a part before its value."""
    value = _VALUE.search(normalise(piece))
    dash = _DASH.search(piece)
    end = dash.start() if dash and (not value or dash.start() < value.start()) else value.start() if value else None
    key = piece[:end]
    return key if re.search(r"[^\W\d]{3}|\d", key) else piece


def _shared_head(first: str, second: str) -> str:
    """What the first key says of all: its words up to the one of the same kind as the second key begins with."""
    start = _WORD.search(second)
    if start is None or normalise(start.group()) in _WORD.findall(normalise(first)):
        return ""
    kind = part_of_speech(normalise(start.group()))
    if kind == "NOUN" and lemma(normalise(start.group())) == normalise(start.group()):
        return ""
    for word in reversed(list(_WORD.finditer(first))):
        if part_of_speech(normalise(word.group())) == kind:
            return first[: word.start()].strip(" ,")
    return ""


def _shared_nouns(first: str, key: str) -> frozenset[str]:
    """The nouns of the first key when a later one has none: «На керамические виниры…, на композитные…»."""
    if any(part_of_speech(word) in ("NOUN", "") for word in _WORD.findall(normalise(key))):
        return frozenset()
    return frozenset(word for word in _WORD.findall(normalise(first)) if part_of_speech(word) == "NOUN")
