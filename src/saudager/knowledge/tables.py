"""Ruled tables: which cells are headings, what a merged cell means, how a table goes on over the page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

Cells = list[list[str | None]]
"""Rows of a table as drawn; None where a cell is covered by a merged neighbour."""

_FIGURE = re.compile(r"[\d\s.,×x+%−–-]*\d[\d\s.,×x+%−–-]*(?:₸|тг\.?|тенге|kzt|руб\.?|%)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the headings; ``number`` counts from 1 on its page, ``group`` is a title inside the table."""

    number: int
    cells: list[str]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table of one page; its headings are empty texts when it has none."""

    headings: list[str]
    rows: list[Row]


def understand(cells: Cells, previous: Table | None = None) -> Table | None:
    """Tell headings from rows; None when it is not a table of facts (a frame, a single row or column).

    ``previous`` is the last table of the page before, whose headings hold on when this one continues it without
    repeating them.
    """
    cells = [row for row in cells if any(cell and cell.strip() for cell in row)]
    width = max((len(row) for row in cells), default=0)
    if width < 2:
        return None
    cells = [row + [None] * (width - len(row)) for row in cells]
    depth = _heading_depth(cells)
    if depth:
        headings = _headings(cells[:depth])
    elif previous is not None and len(previous.headings) == width:
        headings = previous.headings
    elif len(cells) < 2:
        return None
    else:
        headings = [""] * width
    rows = list(_rows(cells[depth:]))
    return Table(headings, rows) if rows else None


def _heading_depth(cells: Cells) -> int:
    """How many of the first rows are headings: none when the first is a row of facts, two when it has merged cells."""
    if len(cells) < 2 or (_holds_figure(cells[0]) and not _is_matrix(cells)):
        return 0
    return 2 if None in cells[0] and len(cells) > 2 and not _holds_figure(cells[1]) else 1


def _holds_figure(row: list[str | None]) -> bool:
    return any(cell and _FIGURE.fullmatch(cell.strip()) for cell in row)


def _is_matrix(cells: Cells) -> bool:
    """Whether figures head both the columns and the rows, as in a price by width and height."""
    first, *others = (row[0] or "" for row in cells)
    return not _FIGURE.fullmatch(first.strip()) and all(_FIGURE.fullmatch(cell.strip()) for cell in others)


def _headings(rows: Cells) -> list[str]:
    """One heading a column; one that covers several columns stands before each of those below it."""
    spread: list[str] = []
    for cell in rows[0]:
        spread.append(clean(cell) if cell is not None or not spread else spread[-1])
    if len(rows) == 1:
        return spread
    lower = [clean(cell) for cell in rows[1]]
    return [", ".join(filter(None, pair)) for pair in zip(spread, lower, strict=True)]


def _rows(rows: Cells) -> Iterator[Row]:
    """Rows with cells merged downwards repeated, and full-width rows turned into the title of those below."""
    group, above, number = "", [""] * len(rows[0]), 0
    for row in rows:
        if row[0] and not any(row[1:]) and (len(row) > 2 or row[1] is None):
            group = clean(row[0])
            continue
        number += 1
        above = [clean(cell) if cell is not None else up for cell, up in zip(row, above, strict=True)]
        yield Row(number, above, group)


def clean(text: str | None) -> str:
    """The text of a cell or line on one line, with plain spaces and without null bytes and soft hyphens."""
    return " ".join((text or "").replace("\u00ad", "").replace("\x00", "").split())
