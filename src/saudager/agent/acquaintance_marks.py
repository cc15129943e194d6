"""What the moderator's classifier looks at: words, their pieces and neighbours, the contact's name, who spoke before.

A mark is a text; its first letter is its group. Words are folded to plain Russian letters first, so that Kazakh typed
without its own letters, or anything typed in Latin ones, reads the same. Nothing here knows a trade.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import log2

from saudager.agent.acquaintance_grammar import grammar
from saudager.providers.llm import Person, Said
from saudager.words import clean, normalise, stem

VALUES = {
    "w": 1.0,
    "l": 1.0,
    "b": 0.9,
    "c": 0.7,
    "u": 1.0,
    "o": 0.3,
    "m": 0.8,
    "n": 0.3,
    "p": 0.12,
    "f": 0.6,
    "g": 0.6,
    "h": 0.8,
}
"""How much a mark of each group counts: word, word of the last or of an earlier line, two in a row, piece of a word,
word of ours right before, word of ours anywhere, circumstance, word of the name, piece of the name; first form of a
word, its part in the sentence, two parts in a row."""

_LINES = 20
_LINE_LIMIT = 600
_TOKENS = 80
_TOKEN = re.compile(
    r"(?P<link>https?://\S+|www\.\S+|[\w-]{1,40}\.(?:kz|com|ru|org|net|io|me|online|top|site|xyz|example)\b\S*)"
    r"|(?P<note>\[[^\]\[]{0,60}\])"
    r"|(?P<money>\d[\d .,]{0,12}(?:₸|\$|€|тг\b|тенге\b|теңге\b|тыс\w*|kzt\b))"
    r"|(?P<size>\d{1,5}(?:[.,]\d{1,3})?\s?(?:[xх×*/]|на)\s?\d{1,5})"
    r"|(?P<number>\d[\d.,:]{0,12})"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<sign>[?!+]+)"
    r"|(?P<emoji>[\u2600-\u27bf\U0001f000-\U0001faff]+)"
)
_LATIN_PAIRS = {"sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "gh": "г", "ts": "ц", "ya": "я", "yu": "ю", "yo": "е"}
_LATIN_PAIR = re.compile("|".join(_LATIN_PAIRS))
_PLAIN = str.maketrans("abcdefghijklmnopqrstuvwxyzәіңғүұқөһ", "абцдефгхижклмнопкрстуввхызаингуукох")
_REPEATED = re.compile(r"(.)\1{2,}")
_LONGEST_WORD = 24
_WORDLESS = frozenset({"?", "!", "+", "#note", "#emoji"})


@dataclass(slots=True)
class Marks:
    """The marks of a conversation, and which of them each word of the customer's left."""

    all: set[str] = field(default_factory=set)
    words: dict[str, set[str]] = field(default_factory=dict)
    """By the word as the customer typed it, the newest line's words first."""


@dataclass(frozen=True, slots=True)
class _Line:
    typed: list[str]
    """Words, and for anything else the name of its kind («#number») or the sign itself."""
    plain: list[str]
    """The same, words as the stems of their folded forms."""


def marks_of(person: Person) -> Marks:
    """Everything the classifier knows of a person; at most the last 20 lines and 600 characters of each are read."""
    marks = Marks()
    lines = person.lines[-_LINES:]
    last = max((at for at, line in enumerate(lines) if line.author == "customer"), default=-1)
    theirs = [line for line in lines if line.author == "customer"]
    spoken = 0
    ours: _Line | None = None
    for at, line in reversed(list(enumerate(lines))):
        read = _read(line.text)
        if line.author == "customer":
            spoken += _words_in(read)
            _mark_line(marks, read, place="" if len(theirs) == 1 else "l" if at == last else "e")
        else:
            marks.all.update("o" + word for word in read.plain)
            ours = read if ours is None and at < last else ours
    _mark_circumstances(marks, _read(theirs[-1].text) if theirs else _Line([], []), ours)
    marks.all |= {f"mlines {min(4, len(theirs))}", f"mwords {_size(spoken)}"}
    if lines and lines[0].author != "customer":
        marks.all.add("mwe began")
    _mark_name(marks, " ".join(filter(None, (person.name, person.full_name, person.business_name))))
    return marks


def said_by(line: Said) -> list[str]:
    """The words of a line, and «#number» and the like for figures and links; signs, smileys and notes are left out."""
    return [typed for typed in _read(line.text).typed if typed not in _WORDLESS]


@lru_cache(maxsize=20_000)
def folded(word: str) -> str:
    """A normalised word in plain Russian letters, the nearest ones for Kazakh and Latin, repeated ones once."""
    russian = _LATIN_PAIR.sub(lambda pair: _LATIN_PAIRS[pair[0]], word[:_LONGEST_WORD]).translate(_PLAIN)
    return _REPEATED.sub(r"\1", russian)


def _read(text: str) -> _Line:
    typed: list[str] = []
    plain: list[str] = []
    for found in _TOKEN.finditer(normalise(clean(text, _LINE_LIMIT))):
        kind, token = found.lastgroup or "", found.group()
        typed.append(token if kind == "word" else token[0] if kind == "sign" else f"#{kind}")
        plain.append(stem(folded(token)) if kind == "word" else typed[-1])
        if len(typed) == _TOKENS:
            break
    return _Line(typed, plain)


def _mark_line(marks: Marks, line: _Line, *, place: str) -> None:
    for typed, plain in zip(line.typed, line.plain, strict=True):
        left = {"w" + plain, *([f"l{place} {plain}"] if place else [])}
        if typed[0].isalpha():
            left.update(_pieces("c", typed))
            form, part, _ = grammar(typed)
            left |= {"f" + form, "g" + part}
            marks.words.setdefault(typed, set()).update(left)
        marks.all |= left
    parts = ["^", *(grammar(typed)[2] if typed[0].isalpha() else typed for typed in line.typed), "$"]
    marks.all.update(f"h{one}, {two}" for one, two in pairwise(parts))
    framed = ["^", *line.plain, "$"]
    marks.all.update(f"b{one} {two}" for one, two in pairwise(framed))


def _mark_circumstances(marks: Marks, last: _Line, ours: _Line | None) -> None:
    marks.all.add(f"mlast {_size(len(last.plain))}")
    if "?" in last.plain:
        marks.all.add("masks at last")
    if ours is None:
        return
    marks.all.update("u" + word for word in ours.plain)
    marks.all.add("mafter us")
    if "?" in ours.plain:
        marks.all |= {"manswers us", f"manswers us {_size(len(last.plain))}"}


def _mark_name(marks: Marks, name: str) -> None:
    line = _read(name)
    marks.all.add(f"nlong {min(3, len(line.plain))}")
    for typed, plain in zip(line.typed, line.plain, strict=True):
        marks.all.add("n" + plain)
        if typed[0].isalpha():
            marks.all.update(_pieces("p", typed))


@lru_cache(maxsize=20_000)
def _pieces(group: str, word: str) -> tuple[str, ...]:
    whole = f"<{folded(word)}>"
    return tuple(group + whole[at : at + size] for size in (3, 4, 5) for at in range(len(whole) - size + 1))


def _words_in(line: _Line) -> int:
    return sum(typed[0].isalpha() for typed in line.typed)


def _size(count: int) -> int:
    """Counts on a scale of half powers of two: 0, 2, 3, 4, 4, 5, 5, 6 …, at most 10."""
    return min(10, int(2 * log2(1 + count)))
