"""Price lists of plain text without ruling lines: «iPhone 11 ... 24 000» line by line, and columns set by spaces."""

import re
from collections.abc import Sequence
from itertools import islice, takewhile

from saudager.knowledge.tables import Row, Table, clean, holds_figure, understand

_MARK = re.compile(r"(?:[-–—•▪●*+]|\d{1,2}[.)])\s+")
_SUM = r"(?:от |до )?\+?\s?(?:[1-9]\d{0,2}(?: \d{3})+|[1-9]\d*[05]0|[1-9]\d+\s?(?=₸|тг|тенге))"
_ITEM = re.compile(
    rf"(?P<name>.*?[^\W\d_].*?)(?P<gap>\s*(?:\.{{3,}}|…+)\s*|\s{{3,}}|\s[—–-]\s|:\s|\s=\s)"
    rf"(?P<value>{_SUM}(?:\s?[-–—]\s?{_SUM})?(?:\s?(?:₸|тг\.?|тенге))?(?:\s?/\s?\w+\.?|\s(?:за|в)\s\w+\.?)?(?:\s?\([^)]*\))?)[.;,]?"
)
_SUMS = re.compile(r"\d (?=\d{3}(?!\d))|\d{3}\s?(?:₸|тг|тенге)")
_SAME = re.compile(r"то же(?: самое)?|-//-", re.IGNORECASE)
_GAP = re.compile(r"\s{2,}")
_LINE_LENGTH, _NAME_LENGTH, _LEAD_LENGTH = 250, 110, 80
_LEAST_LINES, _LEAST_CELLS = 2, 3
_FIGURE_WITHIN = 100
"""Rows of a table in columns among which one has a figure."""


def items(lines: Sequence[str], begin: int, end: int) -> tuple[Table, int] | None:
    """The table that lines of a name and a price make, and how many lines it takes; None when none begins at ``begin``.

    A short line right above that holds no price is what all of them are: their group.
    """
    lead = "" if _item(lines[begin]) else _lead(lines[begin : min(begin + 3, end)])
    rows: list[Row] = []
    for at in range(begin + bool(lead), end):
        if not (item := _item(lines[at])):
            break
        name, price = item
        if rows and _SAME.match(name):
            name = _SAME.sub(rows[0].cells[0].partition(",")[0], name)
        rows.append(Row(len(rows) + 1, [name, price], lead))
    if len(rows) < _LEAST_LINES:
        return None
    return Table(["", "Цена"], rows), len(rows) + bool(lead)


def columns(lines: Sequence[str], begin: int, end: int) -> tuple[Table, int] | None:
    """The table that lines with the same gaps make, and how many lines it takes; None when none begins at ``begin``."""
    first = _cells(lines[begin])
    if lines[begin][:2].isspace() and begin + 1 < end and len(_cells(lines[begin + 1])) == len(first) + 1:
        first = ["", *first]
    if len(first) < _LEAST_CELLS:
        return None
    below = takewhile(lambda row: len(row) == len(first), (_cells(lines[at]) for at in range(begin + 1, end)))
    rows = [first, *islice(below, _FIGURE_WITHIN)]
    if len(rows) <= _LEAST_LINES or not any(holds_figure([*row]) for row in rows):
        return None
    rows += below
    table = understand([list[str | None](row) for row in rows])
    return (table, len(rows)) if table else None


def _cells(line: str) -> list[str]:
    return [clean(cell) for cell in _GAP.split(line.strip())]


def _item(line: str) -> tuple[str, str] | None:
    """The name and the price of a line that holds nothing else."""
    text = _MARK.sub("", line.strip(), count=1)
    found = _ITEM.fullmatch(text) if len(text) <= _LINE_LENGTH else None
    if not found or len(found["name"]) > _NAME_LENGTH or _SUMS.search(found["name"]):
        return None
    return clean(found["name"]), clean(found["value"])


def _lead(lines: Sequence[str]) -> str:
    first = clean(lines[0])
    is_short = 2 < len(first) <= _LEAD_LENGTH and not first.endswith((".", "!", "?", ";", ","))
    if not is_short or _MARK.match(lines[0].strip()) or "|" in first or first.startswith("#"):
        return ""
    return first.rstrip(":") if len(lines) > _LEAST_LINES and all(map(_item, lines[1:3])) else ""
