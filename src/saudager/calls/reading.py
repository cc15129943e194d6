"""Cut a customer's line into the words the grammar of times looks at."""

import re
from collections.abc import Iterator
from itertools import pairwise

from saudager.calls import figures
from saudager.calls.joining import joined
from saudager.calls.line import Line, Word
from saudager.calls.spelling import Sense, number_form, sense_of
from saudager.calls.talk_words import PLACES
from saudager.languages import english
from saudager.languages.latin import russian_from_latin
from saudager.languages.russian import analyser, is_known
from saudager.words import clean, normalise

_LIMIT = 1000
_SIGNS = {
    "skip": "U", "many": "%", "at": "v", "about": "~", "dash": "-", "slash": "o", "star": "w", "quote": '"', "end": ",",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<full>(?<!\d)\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:20)?\d\d(?!\d))"
    r"|(?P<skip>https?://\S+|\S+@\S+\.\w+|\+?(?=(?:[() -]{0,2}\d){10})\d[\d() -]+\d|№\s?\d+"
    r"|\d+\s?[xх×*]\s?\d+(?:\s?[xх×*]\s?\d+)?)"
    r"|(?P<clock>\d{1,2}\s?:\s?\d\d(?::00)?(?!\d))"
    r"|(?P<pair>\d{1,2}[./-]\d{1,2}(?!\d)|\d{1,2}[,=]\d{1,2}(?!\d))"
    r"|(?P<figures>\d{1,3}(?:[ ]\d{3})+(?!\d)|\d+)"
    r"|(?P<word>[^\W\d_]+(?:['’`.-](?=[^\W\d_])[^\W\d_]+)*)"
    r"|(?P<many>%|₸|\$|€)|(?P<star>(?<!\S)\*)|(?P<quote>[«“„])"
    r"|(?P<at>@)|(?P<about>~)|(?P<dash>[-–—])|(?P<slash>/)|(?P<end>[,.;!?()…\n]+)"
)
_ENDING = re.compile(r"[-–]?([^\W\d_]+)")
_REGARDS = re.compile(r",?\s*(?:к (?:моему )?сожалению|увы|unfortunately|өкінішке орай)\s*,?")
_PLACED = frozenset(PLACES.split())
_COUNTED = frozenset({"gent", "loct", "gen2", "loc2"})


def read_line(text: str) -> Line:
    """Cut the first 1000 characters of a line into words."""
    words = list(_words(_REGARDS.sub(" ", normalise(clean(text, _LIMIT)))))
    words = [word for word in joined(words) if word.kind != "_"]
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
            word = figures.figure(kind, said)
            if ending and (text[at].isalpha() or number_form(ending[1]) is not None):
                form = number_form(ending[1])
                unit = sense_of(ending[1])
                if form is not None:
                    at, word = ending.end(), figures.with_form(word, form)
                elif unit is None or unit.kind not in "H1IPJSK":
                    at, word = ending.end(), Word(said, "U")
            yield word
        elif kind == "word":
            yield from _spoken(said)
        elif kind == "full":
            yield figures.full_date(said)
        else:
            yield Word(said, _SIGNS[kind])


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
        return "n" if word.isascii() and english.meaning(word) else "?"
    likely = [parse.tag for parse in analyser().parse(said) if parse.score > 0.1]
    if not likely:
        return "?"
    if str(likely[0].POS) not in ("NOUN", "ADJF"):
        return "x"
    counted = any(str(tag.POS) in ("NOUN", "ADJF") and str(tag.case) in _COUNTED for tag in likely)
    return "n" if counted else "x"
