"""What the shop's passages prove: every figure in them with the words that say what it belongs to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from saudager.providers.llm import Fact
from saudager.truth.figures import Figure, FigureKind, figures
from saudager.truth.units import HOME_CURRENCY, unit_of_heading
from saudager.words import cells, normalise, sentence_spans, stem, stems

_NAME = re.compile(
    r"([A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][\w-]*)[»\"]?[ -]?(\d{1,4})(?![\d.,:%]*\d|\s?(?:%|[x×хX*₸/]|\s\d{3}|мм|см|м|"
    r"кг|г|шт|лет|год|дн|день|час|мин|мес|нед|тг|тенге|тыс))"
)
_COUNTED = re.compile(r"^(?:№|код|артикул|срок|размер|вес|кол|шт|створ|ширин|длин|высот|толщин)")
_BOUNDARY = re.compile(r"[,;:]\s|\s[—–-]\s")


@dataclass(frozen=True, slots=True)
class Proof:
    """A figure of a passage; ``own`` are the stems it belongs to, ``wide`` those of everything around it as well."""

    figure: Figure
    fact: Fact
    own: frozenset[str]
    wide: frozenset[str]


def names_in(facts: Sequence[Fact]) -> frozenset[str]:
    """Names with digits in them («премиум 76»), normalised: their digits are no claims."""
    found = set()
    for fact in facts:
        for text in (fact.text, fact.section):
            for hit in _NAME.finditer(text):
                follows_stop = hit.start() == 0 or text[: hit.start()].rstrip().endswith((".", "!", "?"))
                if fact.row is not None or not follows_stop:
                    found.add(f"{normalise(hit[1])} {hit[2]}")
    return frozenset(found)


def proofs(facts: Sequence[Fact], names: frozenset[str]) -> list[Proof]:
    """Every figure the passages hold."""
    found: list[Proof] = []
    for fact in facts:
        section = marks(fact.section, names)
        found.extend(_of_row(fact, names, section) if fact.row is not None else _of_prose(fact, names, section))
    return found


def marks(text: str, names: frozenset[str]) -> frozenset[str]:
    """What a text is about: stems of words, numbers of names, sizes as ``1500x1500``, amounts as ``24 month``."""
    plain = normalise(text)
    numbers = {name.rpartition(" ")[2] for name in names if _names(name, plain)}
    measured = {figure_mark(figure) for figure in figures(text, names)} - {""}
    return stems(text) | numbers | measured


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


def _names(name: str, plain: str) -> bool:
    word, _, number = name.rpartition(" ")
    return bool(re.search(rf"(?<!\w){re.escape(stem(word))}\w*[\s«»\"-]{{0,2}}{number}(?!\d)", plain))


def _of_row(fact: Fact, names: frozenset[str], section: frozenset[str]) -> list[Proof]:
    read = [(heading, _in_cell(heading, content, fact, names), content) for heading, content in cells(fact.text)]
    title, whole = frozenset[str](), frozenset[str]()
    for heading, inside, content in read:
        about = marks(heading, names) | marks(content, names) | {figure_mark(figure) for figure in inside} - {""}
        whole |= about
        if not any(figure.kind is FigureKind.MONEY for figure in inside):
            title |= about
    found = []
    for heading, inside, _ in read:
        for figure in inside:
            own = title | marks(heading, names) if figure.kind is FigureKind.MONEY else whole
            found.append(Proof(figure, fact, own, own | section))
    return found


def _in_cell(heading: str, content: str, fact: Fact, names: frozenset[str]) -> list[Figure]:
    given = unit_of_heading(heading)
    if (
        given is None
        and not _COUNTED.search(heading.lower())
        and re.search(r"₸|тенге|тг\b|цен[аы]|стоимост", normalise(fact.section))
    ):
        given = ("money", HOME_CURRENCY) if re.fullmatch(r"(?:от\s)?[\d\s]+", normalise(content)) else None
    inside = figures(content, names)
    if given is None:
        return inside
    kind, unit = FigureKind(given[0]), given[1]
    return [replace(one, kind=kind, unit=unit) if one.kind is FigureKind.NUMBER else one for one in inside]


def _of_prose(fact: Fact, names: frozenset[str], section: frozenset[str]) -> list[Proof]:
    found = []
    question = frozenset[str]()
    for start, end in sentence_spans(fact.text):
        sentence = fact.text[start:end]
        if sentence.rstrip().endswith("?"):
            question = marks(sentence, names)
            continue
        inside = figures(sentence, names)
        whole = marks(sentence, names)
        for figure, (left, right) in zip(inside, own_spans(sentence, inside), strict=True):
            own = marks(sentence[left:right], names)
            found.append(Proof(figure, fact, own, whole | section | question))
    return found


def own_spans(sentence: str, inside: Sequence[Figure]) -> list[tuple[int, int]]:
    """For each figure the part of the sentence that speaks of it: up to it from the figure before, or on to the next.

    Words come before their figures («Премиум 76 — 131 000 ₸») unless the sentence begins with a figure
    («131 000 ₸ за Премиум 76»). What follows the last figure is its own in both cases.
    """
    if not inside:
        return []
    leads = not stems(sentence[: inside[0].start])
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
    boundary = _BOUNDARY.search(sentence, start, end)
    return boundary.start() if boundary else end
