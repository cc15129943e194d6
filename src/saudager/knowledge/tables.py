"""Ruled tables: which cells are headings, what a merged cell means, how a table goes on over the page."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Cells = list[list[str | None]]
"""Rows of a table as drawn; None where a cell is covered by a merged neighbour."""

_FIGURE = re.compile(r"[$€]?[\d\s.,×xх+%−–-]*\d[\d\s.,×xх+%−–-]*(?:₸|тг\.?|тенге|kzt|руб\.?|₽|\$|€|%)?", re.IGNORECASE)
_SUM = re.compile(r"\d{1,3}(?: \d{3})+|\d{4,}")
_DASHES = frozenset({"", "-", "–", "—"})


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


def understand(
    cells: Cells, previous: Table | None = None, *, heads: int | None = None, numbers: list[int] | None = None
) -> Table | None:
    """Tell headings from rows; None when it is not a table of facts (a frame, a single row or column).

    ``previous`` is the last table of the page before, whose headings hold on when this one continues it without
    repeating them. ``heads`` is the number of rows with headings where the file says so,
    ``numbers`` those of the rows where they are not to be counted from 1.
    """
    kept = [at for at, row in enumerate(cells) if any(cell and cell.strip() for cell in row)]
    cells = [cells[at] for at in kept]
    width = max((len(row) for row in cells), default=0)
    if width < 2:
        return None
    cells = [row + [None] * (width - len(row)) for row in cells]
    depth = _heading_depth(cells) if heads is None else heads
    if depth:
        headings = _headings(cells[:depth])
    elif previous is not None and len(previous.headings) == width:
        headings = previous.headings
    elif len(cells) < 2:
        return None
    else:
        headings = [""] * width
    counted = [numbers[at] for at in kept][depth:] if numbers else None
    rows = list(_rows(cells[depth:], counted))
    return Table(headings, rows) if rows else None


def _heading_depth(cells: Cells) -> int:
    """How many of the first rows are headings: none when the first is a row of facts, two when it has merged cells."""
    if len(cells) < 2 or (holds_figure(cells[0]) and not _is_matrix(cells)):
        return 0
    return 2 if None in cells[0] and len(cells) > 2 and not holds_figure(cells[1]) else 1


def holds_figure(row: list[str | None]) -> bool:
    """Whether a cell of the row is a number, a size or a sum."""
    return any(cell and _FIGURE.fullmatch(cell.strip()) for cell in row)


def _is_matrix(cells: Cells) -> bool:
    """Whether figures head the columns: a price by width and height, or sizes with nothing but sums below them."""
    first, *others = (row[0] or "" for row in cells)
    if _FIGURE.fullmatch(first.strip()):
        return False
    return all(_FIGURE.fullmatch(cell.strip()) for cell in others) or all(
        not _SUM.fullmatch(head.strip()) and _are_sums(column)
        for head, *column in zip(*cells, strict=True)
        if head and _FIGURE.fullmatch(head.strip())
    )


def _are_sums(column: Iterable[str | None]) -> bool:
    filled = [cell.strip() for cell in column if cell and cell.strip() not in _DASHES]
    return bool(filled) and all(_SUM.fullmatch(cell) for cell in filled)


def _headings(rows: Cells) -> list[str]:
    """One heading a column; one that covers several columns stands before each of those below it."""
    spread: list[str] = []
    for cell in rows[0]:
        spread.append(clean(cell) if cell is not None or not spread else spread[-1])
    if len(rows) == 1:
        return spread
    lower = [clean(cell) for cell in rows[1]]
    return [", ".join(filter(None, pair)) for pair in zip(spread, lower, strict=True)]


def _rows(rows: Cells, numbers: list[int] | None) -> Iterator[Row]:
    """Rows with cells merged downwards repeated, and full-width rows turned into the title of those below."""
    group, above, counted = "", [""] * max(map(len, rows), default=0), 0
    for at, row in enumerate(rows):
        if row[0] and not any(row[1:]) and (len(row) > 2 or row[1] is None):
            group = clean(row[0])
            continue
        counted += 1
        above = [clean(cell) if cell is not None else up for cell, up in zip(row, above, strict=True)]
        yield Row(numbers[at] if numbers else counted, above, group)


def clean(text: str | None) -> str:
    """The text of a cell or line on one line, with plain spaces and without null bytes and soft hyphens."""
    return " ".join((text or "").replace("\u00ad", "").replace("\x00", "").split())
