"""What the shop's passages prove: every figure in them with the words that say what it belongs to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from saudager.languages.russian import lemma
from saudager.providers.llm import Fact
from saudager.truth.figures import Figure, FigureKind, figures
from saudager.truth.named import NamedFact
from saudager.truth.senses import paired, periods, senses_of
from saudager.truth.sentences import statement_spans
from saudager.truth.units import unit_of_heading
from saudager.truth.weekdays import DAY_STEMS, weekdays
from saudager.words import COMMON, cells, normalise, stem, stems

_NAME = re.compile(
    r"([A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][\w-]*)[»\"]?[ -]?(\d{1,4})(?![\d.,:%]*\d|\s?(?:%|[x×хX*₸/]|\s\d{3}|мм|см|м|"
    r"кг|г|шт|лет|год|дн|день|час|мин|мес|нед|тг|тенге|тыс))"
)
_SHORT = re.compile(r"(?<!\w)[а-я]{3}(?!\w)")
_BOUNDARY = re.compile(r"[,;:]\s|\s[—–-]\s")


_DASH = re.compile(r"\s[—–-]\s(?=если|при|когда|if|when)")
_BETWEEN = re.compile(rf"{_BOUNDARY.pattern}|\s(?:и|а|или|және|and|or)\s")
_MODEL = re.compile(r"(?<!\w)(?=[\w/-]*\d)(?=[\w/-]*[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ])\w+(?:[/-]\w+)*")


@dataclass(frozen=True, slots=True)
class Proof:
    """A figure that is known; ``own`` are the stems it belongs to, ``near`` those of its sentence, ``wide`` those of
    everything around it, ``name`` those of the thing alone."""

    figure: Figure
    fact: Fact | NamedFact
    own: frozenset[str]
    wide: frozenset[str]
    near: frozenset[str] = frozenset()
    name: frozenset[str] = frozenset()

    def said(self, about: frozenset[str]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """What of it these words say: of everything around it, of its sentence, of its own part."""
        return about & self.wide, about & self.near, about & self.own


@lru_cache(maxsize=8192)
def names_of(text: str, *, in_row: bool = True) -> frozenset[str]:
    """Names with digits in them («премиум 76», «5w-30»), normalised: their digits are no claims.

    The first word of a sentence of prose is written large anyway, so it makes no name.
    """
    found = {normalise(hit.group()) for hit in _MODEL.finditer(text)}
    for hit in _NAME.finditer(text):
        follows_stop = hit.start() == 0 or text[: hit.start()].rstrip().endswith((".", "!", "?"))
        if in_row or not follows_stop:
            found.add(f"{normalise(hit[1])} {hit[2]}")
    return frozenset(found)


def names_in(fact: Fact) -> frozenset[str]:
    """The names of a passage and its headings."""
    in_row = fact.row is not None
    return names_of(fact.text, in_row=in_row) | names_of(fact.section, in_row=in_row)


def passage_proofs(fact: Fact) -> list[Proof]:
    """Every figure a passage holds."""
    return [replace(proof, fact=fact) for proof in _read(fact.text, fact.section, fact.row)]


@lru_cache(maxsize=8192)
def _read(text: str, headings: str, row: int | None) -> tuple[Proof, ...]:
    fact = Fact(text, "", 0, headings, row)
    names = names_in(fact)
    section = marks(fact.section, names)
    return tuple(_of_row(fact, names, section) if fact.row is not None else _of_prose(fact, names, section))


def marks(text: str, names: frozenset[str]) -> frozenset[str]:
    """What a text is about: stems of words, numbers of names, sizes as ``1500x1500``, amounts as ``24 month``."""
    plain = normalise(text)
    if not plain:
        return frozenset()
    numbers = {name.rpartition(" ")[2] for name in names if names_stand(name, plain)}
    measured = {figure_mark(figure) for figure in figures(text, names)} - {""}
    days = {f"day {day}" for day in weekdays(plain)}
    said = stems(text) | frozenset(
        lemma(word) for word in _SHORT.findall(plain) if word not in COMMON
    )  # «чая» is «чай»
    return (said - DAY_STEMS if days else said) | numbers | measured | days


def figure_mark(figure: Figure) -> str:
    """How a size or an amount with a unit tells one thing from another; '' for figures that do not."""
    if figure.kind is FigureKind.SIZE:
        return size_mark(figure)
    return f"{figure.value.normalize():f} {figure.unit}" if figure.kind is FigureKind.QUANTITY else ""


def size_mark(figure: Figure) -> str:
    """One spelling of a size, in millimetres when the unit or the magnitude tells."""
    factor = {"m": 1000, "cm": 10, "mm": 1}.get(figure.unit) or (
        1000 if max(figure.parts) < 10 else 10 if max(figure.parts) < 300 else 1
    )
    return "x".join(f"{(part * factor).normalize():f}" for part in figure.parts)


def names_stand(name: str, plain: str) -> bool:
    word, _, number = name.rpartition(" ")
    if number not in plain:
        return False
    return bool(re.search(rf"(?<!\w){re.escape(stem(word))}\w*[\s«»\"-]{{0,2}}{re.escape(number)}(?!\d)", plain))


def _of_row(fact: Fact, names: frozenset[str], section: frozenset[str]) -> list[Proof]:
    pairs = cells(fact.text)
    read = [(heading, _in_cell(heading, content, names), content) for heading, content in pairs]
    title, whole = frozenset[str](), frozenset[str]()
    for heading, inside, content in read:
        about = marks(heading, names) | marks(content, names) | {figure_mark(figure) for figure in inside} - {""}
        whole |= about
        if not any(figure.kind is FigureKind.MONEY for figure in inside):
            title |= about
    title |= _pairs(read[0][2], names) if read else frozenset()
    name = marks(read[0][2], names) if read else frozenset()
    found = []
    for heading, inside, _ in read:
        for figure in inside:
            own = title | marks(heading, names) | _pairs(heading, names) if figure.kind is FigureKind.MONEY else whole
            found.append(Proof(figure, fact, own, own | section, own, name))
        found += [Proof(figure, fact, whole, whole | section, whole, name) for figure in figures(heading, names)]
    return found


def _pairs(text: str, names: frozenset[str]) -> frozenset[str]:
    """Numbers with the word beside them, less those of names, which count already."""
    split = (name.rpartition(" ") for name in names)
    return paired(text) - {f"{stem(word)} {number} #" for word, _, number in split}


def _in_cell(heading: str, content: str, names: frozenset[str]) -> list[Figure]:
    """The figures of a cell; plain numbers are of the measure its heading names: «Срок, дней»."""
    inside, given = figures(content, names), unit_of_heading(heading)
    if given is None:
        return inside
    kind, unit = FigureKind(given[0]), given[1]
    return [replace(one, kind=kind, unit=unit) if one.kind is FigureKind.NUMBER else one for one in inside]


def _of_prose(fact: Fact, names: frozenset[str], section: frozenset[str]) -> list[Proof]:
    found = []
    question = before = frozenset[str]()
    for start, end in statement_spans(fact.text):
        sentence = fact.text[start:end]
        if sentence.rstrip().endswith("?"):
            question = marks(sentence, names)
            continue
        inside = figures(sentence, names)
        whole = marks(sentence, names)
        own = frozenset[str]()
        for figure, (left, right) in zip(inside, own_spans(sentence, inside), strict=True):
            own = (marks(sentence[left:right], names) - {figure_mark(figure)}) or own  # «с 10:00 до 18:00»
            found.append(Proof(figure, fact, own, whole | section | question | before, own | whole))
        before |= whole
    return found


def own_spans(sentence: str, inside: Sequence[Figure]) -> list[tuple[int, int]]:
    """For each figure the part of the sentence that speaks of it: up to it from the figure before, or on to the next.

    Words come before their figures («Премиум 76 — 131 000 ₸») unless the sentence begins with a figure
    («131 000 ₸ за Премиум 76»). What follows the last figure is its own in both cases.
    """
    if not inside:
        return []
    lead = sentence[: inside[0].start]
    leads = not stems(lead) and not periods(senses_of(lead))
    edges = [0, *(figure.end for figure in inside[:-1]), len(sentence)]
    if leads:
        edges = [0, *(figure.start for figure in inside[1:]), len(sentence)]
        return list(pairwise(edges))
    return [
        (left, _clause_end(sentence, figure.end, right))
        for figure, (left, right) in zip(inside, _between(sentence, inside), strict=True)
    ]


def _between(sentence: str, inside: Sequence[Figure]) -> list[tuple[int, int]]:
    lefts = [0, *(figure.end for figure in inside[:-1])]
    rights = [*(figure.start for figure in inside[1:]), len(sentence)]
    return [
        (left if index == 0 else min(left_clause(sentence, left, inside[index].start), inside[index].start), right)
        for index, (left, right) in enumerate(zip(lefts, rights, strict=True))
    ]


def left_clause(sentence: str, start: int, end: int) -> int:
    """Where the clause that leads up to a figure begins: behind the first boundary after the figure before it."""
    boundary = _BOUNDARY.search(sentence, start, end)
    return boundary.end() if boundary else start


def _clause_end(sentence: str, start: int, end: int) -> int:
    if explained := _DASH.match(sentence, start):  # «6 % - если накопили 500 000»
        start = explained.end()
    boundary = (_BOUNDARY if end == len(sentence) else _BETWEEN).search(sentence, start, end)
    return boundary.start() if boundary else end
