"""Price lists of plain text without ruling lines: «iPhone 11 ... 24 000» line by line, and columns set by spaces."""

import re
from collections.abc import Sequence

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


def items(lines: Sequence[str]) -> tuple[Table, int] | None:
    """The table that lines of a name and a price make, and how many lines it takes; None when none begins here.

    A short line right above that holds no price is what all of them are: their group.
    """
    lead = "" if _item(lines[0]) else _lead(lines)
    taken = lines[1:] if lead else lines
    rows: list[Row] = []
    for line in taken:
        if not (item := _item(line)):
            break
        name, price = item
        if rows and _SAME.match(name):
            name = _SAME.sub(rows[0].cells[0].partition(",")[0], name)
        rows.append(Row(len(rows) + 1, [name, price], lead))
    if len(rows) < _LEAST_LINES:
        return None
    return Table(["", "Цена"], rows), len(rows) + bool(lead)


def columns(lines: Sequence[str]) -> tuple[Table, int] | None:
    """The table that lines with the same gaps make, and how many lines it takes; None when none begins here."""
    rows = [[clean(cell) for cell in _GAP.split(line.strip())] for line in lines]
    width = len(rows[0])
    if lines[0][:2].isspace() and len(rows) > 1 and len(rows[1]) == width + 1:
        rows[0], width = ["", *rows[0]], width + 1
    count = next((at for at, row in enumerate(rows) if len(row) != width), len(rows))
    if width < _LEAST_CELLS or count <= _LEAST_LINES or not any(holds_figure([*row]) for row in rows[:count]):
        return None
    table = understand([list[str | None](row) for row in rows[:count]])
    return (table, count) if table else None


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
