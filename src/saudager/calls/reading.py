"""A customer's line as a row of words, each of a kind that the grammar of times can look at.

The kinds, one sign each, so that a rule is a regular expression over ``Line.kinds``:

===  =========================================  ===  =========================================
N O  number, ordinal («17-го», «пятого»)        C    a time of day as it is written, 15:30
X    two figures: 17.03, 15-30, 3-4             F    a date with its year
B    a longer number                            U    a number that counts or measures
H 1  hours, one hour                            S I  сағат, minutes
A G  half an hour, «полпятого»                  h q  half, quarter;  j l  жарым, жарты;  m  полтора
P J  part of the day, «дня»                     L Z  lunch, noon and midnight;  f  first, second
R W  tomorrow and the like, weekday             M T  month, «числа»
K E  day, week                                  Q Y  month (a span), year
v k  at, by                                     i ~  for, about
p e  after, before                              s r  from, in (a while);  t  to;  |  between
b y  without, past                              g +  ago, later
> =  next, this                                 <    last (week)
o u  or, and                                    , ;  end of a clause, «а», «но»
! ^  refusal, «нет»                             w    a correction
V &  a vague word about time, work              % *  what is counted by the hour; a wish
n x  a word a number may count, a talking word  ? #  any other word, «подойдёт»
_    nothing to the grammar                     d c  what is read already: a day, a clock, …
===  =========================================  ===  =========================================
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from saudager.calls.spelling import Sense, number_form, sense_of
from saudager.calls.talk_words import PLACES, UNABLE
from saudager.languages.latin import russian_from_latin
from saudager.languages.russian import analyser, is_known
from saudager.words import clean, normalise

_LIMIT = 1000
_TOKEN = re.compile(
    r"(?P<full>(?<!\d)\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d(?!\d))"
    r"|(?P<skip>https?://\S+|\S+@\S+\.\w+|\+?(?=(?:[() -]{0,2}\d){10})\d[\d() -]+\d|№\s?\d+"
    r"|\d+\s?[xх×*]\s?\d+(?:\s?[xх×*]\s?\d+)?)"
    r"|(?P<clock>\d{1,2}\s?:\s?\d\d(?::00)?(?!\d))"
    r"|(?P<pair>\d{1,2}[./-]\d{1,2}(?!\d)|\d{1,2}[,=]\d{1,2}(?!\d))"
    r"|(?P<figures>\d{1,3}(?:[ ]\d{3})+(?!\d)|\d+)"
    r"|(?P<word>[^\W\d_]+(?:['’`.-](?=[^\W\d_])[^\W\d_]+)*)"
    r"|(?P<many>%|₸|\$|€)|(?P<at>@)|(?P<about>~)|(?P<dash>[-–—])|(?P<slash>/)|(?P<end>[,.;!?()…\n]+)"
)
_ENDING = re.compile(r"[-–]?([^\W\d_]+)")
_REGARDS = re.compile(r",?\s*(?:к (?:моему )?сожалению|увы|unfortunately|өкінішке орай)\s*,?")
_SHORTENED = frozenset(">WSIHMERT")
_PLACED = frozenset(PLACES.split())
_COUNTED = frozenset({"gent", "loct", "gen2", "loc2"})


@dataclass(slots=True)
class Word:
    """One word, figure or sign of a line."""

    text: str
    kind: str
    value: float = 0
    form: str = ""
    other: int = 0
    """The second figure of a pair or of a clock."""


@dataclass(slots=True)
class Line:
    """The words of a line and their kinds, which a rule overwrites once it has read them."""

    words: list[Word]
    kinds: str = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = "".join(word.kind for word in self.words)

    def take(self, start: int, end: int, kind: str) -> None:
        """Words ``start`` to ``end`` are read, and were a ``kind`` together."""
        self.kinds = f"{self.kinds[:start]}{kind}{'_' * (end - start - 1)}{self.kinds[end:]}"


def read_line(text: str) -> Line:
    """Cut the first 1000 characters of a line into words."""
    words = list(_words(_REGARDS.sub(" ", normalise(clean(text, _LIMIT)))))
    words = [word for word in _joined(_without_greetings(words)) if word.kind != "_"]
    for before, word in pairwise(words):
        if before.kind in "NX1H" and word.kind == "?":
            word.kind = _beside_a_figure(word.text)
    return Line(words)


def _words(text: str) -> Iterator[Word]:
    at = 0
    while found := _TOKEN.search(text, at):
        at = found.end()
        kind, said = found.lastgroup or "", found.group()
        if kind in ("clock", "pair", "figures"):
            ending = _ENDING.match(text, at)
            word = _figure(kind, said)
            if ending and (text[at].isalpha() or number_form(ending[1]) is not None):
                form = number_form(ending[1])
                unit = sense_of(ending[1])
                if form is not None:
                    at, word = ending.end(), _with_form(word, form)
                elif unit is None or unit.kind not in "H1IPJSK":
                    at, word = ending.end(), Word(said, "U")
            yield word
        elif kind == "word":
            yield from _spoken(said)
        elif kind == "full":
            yield _full_date(said)
        elif kind == "end":
            yield Word(said, ",")
        else:
            yield Word(said, {"skip": "U", "many": "%", "at": "v", "about": "~", "dash": "-", "slash": "o"}[kind])


def _figure(kind: str, said: str) -> Word:
    parts = [int(part) for part in re.split(r"\D+", said)]
    if kind == "clock":
        is_clock = parts[0] < 25 and parts[1] < 60
        return Word(said, "C" if is_clock else "U", parts[0], "exact" if said[0] == "0" else "", parts[1])
    if kind == "pair":
        return Word(said, "X", parts[0], "", parts[1])
    if len(said) > 2:
        return Word(said, "B", int(said) if said.isdigit() else 0)
    return Word(said, "N" if parts[0] < 60 else "U", parts[0])


def _with_form(word: Word, form: str) -> Word:
    if word.kind == "N" and form in ("ord", "nth"):
        return Word(word.text, "O", word.value, "digits" if form == "ord" else "nth")
    word.form = form or word.form
    return word


def _full_date(said: str) -> Word:
    parts = [int(part) for part in re.split(r"\D", said)]
    year, month, day = parts if parts[0] > 31 else reversed(parts)
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return Word(said, "U")
    return Word(said, "F", found.toordinal())


def _spoken(said: str) -> Iterator[Word]:
    """A word; one with a hyphen is one word when it is known whole, otherwise two."""
    sense = sense_of(said)
    if sense is None and "-" in said:
        for at, part in enumerate(said.split("-")):
            if at:
                yield Word("-", "-")
            yield from _spoken(part)
        return
    if sense is None and "." in said:
        for part in said.split("."):
            yield from _spoken(part)
        return
    sense = sense or Sense("?")
    yield Word(said, sense.kind, sense.value, sense.form)


def _beside_a_figure(word: str) -> str:
    """The kind of an unknown word right behind a figure: one it may count, one it does not, or not to be told."""
    if word in _PLACED:
        return "n"
    said = russian_from_latin(word) if word.isascii() else word
    if not said or not is_known(said):
        return "?"
    likely = [parse.tag for parse in analyser().parse(said) if parse.score > 0.1]
    if str(likely[0].POS) not in ("NOUN", "ADJF"):
        return "x"
    counted = any(str(tag.POS) in ("NOUN", "ADJF") and str(tag.case) in _COUNTED for tag in likely)
    return "n" if counted else "x"


def _without_greetings(words: list[Word]) -> list[Word]:
    """«Добрый день» and «good evening» name no time."""
    for before, word in pairwise(words):
        if "D" in (before.kind, word.kind) and {before.kind, word.kind} & set("PKJ"):
            before.kind = word.kind = "x"
    for word in words:
        word.kind = "x" if word.kind == "D" else word.kind
    return words


def _joined(words: list[Word]) -> Iterator[Word]:
    """Words that mean something only together: «двадцать пятого», «не смогу», «таң ертең», «пн.»."""
    at = 0
    while at < len(words):
        word, after = words[at], words[at + 1] if at + 1 < len(words) else Word("", ",")
        at += 1
        if word.text == "не" or word.text == "ne":
            word, used = _refusal(after)
            at += used
        elif word.kind == "^":
            before_it = words[at - 2].text if at > 1 else ""
            if {after.text, before_it} & {"времени", "возможности", "уақытым", "уакытым", "time"}:
                word = Word(word.text, "!")
        elif _adds_up(word, after):
            word, at = Word(after.text, after.kind, word.value + after.value, after.form), at + 1
        elif word.text in ("он", "он.") and not (words[at - 2 : at - 1] and words[at - 2].kind == "S"):
            word = word if after.kind in "jM" else Word(word.text, "x")
        elif word.text in ("таң", "тан") and after.kind == "R" and after.value == 1:
            word, at = Word("таңертең", "P", 0), at + 1
        elif word.text in ("арғы", "аргы") and after.kind == "K":
            word, at = Word("бүрсігүні", "R", 2), at + 1
        elif word.kind == "p" and word.text in ("после", "posle") and after.kind == "R" and after.value == 1:
            word, at = Word("послезавтра", "R", 2), at + 1
        if word.kind in _SHORTENED and len(word.text) <= 5 and after.text == ".":
            at += 1
        yield word


def _refusal(after: Word) -> tuple[Word, int]:
    """What «не» means before ``after``, and how many words it takes: a refusal, «не раньше», or nothing."""
    if after.text.startswith(("раньше", "ранее", "ранше")):
        return Word("не раньше", "p"), 1
    if after.text.startswith(("позже", "позднее", "поздн")):
        return Word("не позже", "e"), 1
    if after.text.startswith(UNABLE):
        return Word("не " + after.text, "!"), 1
    return Word("не", "!" if after.kind in "vkiNCXWRPMsd" else "x"), 0


def _adds_up(word: Word, after: Word) -> bool:
    tens = word.kind == "N" and word.form in ("word", "kk") and word.value >= (10 if word.form == "kk" else 20)
    spoken = after.kind in "NO" and after.form and after.form not in ("digits", "nth", "many")
    return bool(tens and spoken and word.value % 10 == 0 and 0 < after.value < 10 and not after.text[:1].isdigit())
