"""Lines of a page as they are set: which are headings, which belong to one paragraph, which repeat on every page."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

_HEADING_LENGTH = 160
_TIGHT, _WIDE = 1.2, 1.6
_BULLET = re.compile(r"^(?:[-–—•▪●*]|\d{1,2}[.)])\s")
_SENTENCE_END = (".", "!", "?", "…", ";", ":")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; all measures in points, ``top`` and ``bottom`` from the upper edge of the page."""

    text: str
    size: float
    bold: bool
    left: float
    right: float
    top: float
    bottom: float
    in_margin: bool
    """Whether it stands where running titles and page numbers do."""

    @property
    def weight(self) -> float:
        """How loud it is set: its size, and a little more when bold."""
        return self.size + (0.5 if self.bold else 0.0)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; the larger ``weight``, the more it covers."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text without line breaks."""

    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What stands for itself and is never joined with its neighbours: an answer with its question, a list item with a
    figure, a note. ``lead`` is the line that introduces the list and is read as a heading above it."""

    text: str
    question: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """How ordinary text of a document is set: its weight, and from line to line in font sizes."""

    weight: float
    spacing: float


def usual_setting(pages: Iterable[list[Line]]) -> Setting:
    """What most letters of the document are set in."""
    letters: Counter[float] = Counter()
    steps: dict[float, list[float]] = {}
    for lines in pages:
        for line in lines:
            letters[round(line.weight, 1)] += len(line.text)
        for before, after in pairwise(lines):
            if before.weight == after.weight and after.top > before.top:
                steps.setdefault(round(before.weight, 1), []).append((after.bottom - before.bottom) / before.size)
    weight = letters.most_common(1)[0][0] if letters else 0.0
    ordinary = sorted(steps.get(weight, [_TIGHT]))
    return Setting(weight, min(ordinary[len(ordinary) // 4], _WIDE))


def running_titles(pages: list[list[Line]]) -> set[str]:
    """Keys (see ``title_key``) of lines in the upper or lower margin that come back on most of three pages or more."""
    seen = Counter(key for lines in pages for key in {title_key(line) for line in lines if line.in_margin})
    return {key for key, times in seen.items() if len(pages) > 2 and times > len(pages) / 2}


def title_key(line: Line) -> str:
    """The line without its page number, so that the same header or footer looks the same on every page."""
    return re.sub(r"\d+", "#", line.text) if line.in_margin else ""


def blocks(lines: list[Line], setting: Setting) -> Iterator[Heading | Paragraph]:
    """Put lines that were wrapped together again."""
    group: list[Line] = []
    for line in lines:
        if group and not _continues(group[-1], line, setting.spacing):
            yield _block(group, setting.weight)
            group = []
        group.append(line)
    if group:
        yield _block(group, setting.weight)


def _continues(before: Line, after: Line, spacing: float) -> bool:
    if abs(before.weight - after.weight) > 0.3:
        return False
    if _BULLET.match(after.text) and (_BULLET.match(before.text) or before.text.endswith(_SENTENCE_END)):
        return False
    step = (after.bottom - before.bottom) / before.size
    if step <= 0:
        return not before.text.endswith(_SENTENCE_END)
    return step <= spacing * 1.25


def _block(group: list[Line], body: float) -> Heading | Paragraph:
    text = re.sub(r"(?<=[^\W\d_]-) (?=[^\W\d_])", "", " ".join(line.text for line in group))
    weight = group[0].weight
    is_short = len(text) <= _HEADING_LENGTH and not text.endswith((".", ";", ","))
    if weight > body + 0.3 and is_short and any(letter.isalpha() for letter in text):
        return Heading(text, weight)
    return Paragraph(text)
