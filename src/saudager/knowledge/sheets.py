"""Read price lists kept as tables: CSV and TSV files, whatever their delimiter and encoding, and rows of sheets."""

import csv
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from saudager.knowledge.layout import Heading, Statement
from saudager.knowledge.reading import Block, Reading
from saudager.knowledge.tables import Table, clean, holds_figure, understand
from saudager.knowledge.texts import decode

Cells = list[str | None]
"""A row; None where a merged cell covers it."""
Line = tuple[int, Cells]
"""A row with the number a spreadsheet shows beside it."""

MOST_ROWS = 25_000
"""Of one document; those below are left out."""
_DELIMITERS = ";\t,|"
_TITLE_LENGTH = 120
_ADDRESS = re.compile(r"@|:|\d(?:[\d ()-]*\d){5}")


def read_csv(data: bytes, reading: Reading) -> None:
    """Fill the reading with the rows of a CSV or TSV file, each one fact under the headings of the first row."""
    text = decode(data)
    if text is None:
        reading.complain("это не таблица CSV; откройте её в Excel и сохраните как «CSV UTF-8» или XLSX.")
        return
    if reading.is_too_long(len(text)):
        return
    try:
        rows = cut(text)
        if opened_at := open_quote(text, rows):
            reading.complain(f"в строке {opened_at} кавычка открыта и не закрыта; строки прочитаны без кавычек.")
            rows = cut(text.replace('"', " "))
    except csv.Error as error:
        reading.complain(f"таблица повреждена ({error}); откройте её в Excel и сохраните как «CSV UTF-8» или XLSX.")
        return
    if len(rows) > MOST_ROWS:
        reading.complain(f"прочитаны первые {MOST_ROWS} строк; разделите таблицу.")
        rows = rows[:MOST_ROWS]
    blocks = list(blocks_of(rows))
    reading.fill(blocks)
    if not blocks:
        reading.complain("в таблице нет строк.")


def cut(text: str) -> list[Line]:
    """The rows of a CSV text, empty ones too, with the number a spreadsheet shows beside each; raises csv.Error."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), skipinitialspace=True)
    return [(number, list(row)) for number, row in enumerate(reader, 1)]


def open_quote(text: str, rows: list[Line]) -> int | None:
    """The line of a quotation mark that is never closed, and so swallows the rest of the file."""
    swallowed = rows[-1][1] if rows and text.count('"') % 2 else []
    if not any(cell is not None and "\n" in cell for cell in swallowed):
        return None
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.count('"') % 2)


def _delimiter(text: str) -> str:
    """The sign that cuts most rows of the beginning into the same number of cells."""
    beginning = [line for line in text.splitlines()[:50] if line.strip()]

    def agreement(sign: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(beginning, delimiter=sign) if len(row) > 1)
        width, rows = widths.most_common(1)[0] if widths else (0, 0)
        return rows, width

    return max(_DELIMITERS, key=agreement)


def blocks_of(rows: list[Line]) -> Iterator[Block]:
    """Titles, tables and notes of a sheet, in order."""
    lines = _even(rows)
    full = [at for at, (_, cells) in enumerate(lines) if not _is_lone(cells)]
    table: list[Line] = []
    last: Table | None = None
    for at, (number, cells) in enumerate(lines):
        place = bisect_right(full, at)
        below = [lines[one][1] for one in full[place : place + 2]]
        block = _title_or_note(cells, below, is_inside=bool(table or last)) if _is_lone(cells) else None
        is_new = bool(table) and number > table[-1][0] + 1 and _is_heading([cells, *below])
        if table and (block or is_new):
            last = _understood(table, last)
            yield from filter(None, [last])
            table = []
        if block:
            last = last if isinstance(block, Statement) else None
            yield block
        else:
            table.append((number, cells))
    if table and (last := _understood(table, last)):
        yield last


def _understood(lines: list[Line], last: Table | None) -> Table | None:
    return understand([cells for _, cells in lines], last, numbers=[number for number, _ in lines])


def _title_or_note(cells: Cells, below: list[Cells], *, is_inside: bool) -> Block | None:
    """What a lone cell is: a note, the title of a table whose headings follow, or None for a title inside a table."""
    text = next(filter(None, cells))
    if not below or len(text) > _TITLE_LENGTH or text.endswith(".") or _ADDRESS.search(text) or len(cells) == 1:
        return Statement(text)
    return None if is_inside and not _is_heading(below) else Heading(text, 5)


def _is_lone(cells: Cells) -> bool:
    return sum(map(bool, cells)) == 1


def _is_heading(rows: list[Cells]) -> bool:
    """Whether the first row may be headings: words only, with figures right below."""
    return len(rows) > 1 and not _is_lone(rows[0]) and not holds_figure(rows[0]) and holds_figure(rows[1])


def _even(rows: list[Line]) -> list[Line]:
    """Rows that hold something, clean and of one width, a lone cell at the left."""
    width = max((at for _, row in rows for at, cell in enumerate(row, 1) if cell and cell.strip()), default=0)
    lines: list[Line] = []
    for number, row in rows:
        cells = [cell if cell is None else clean(cell) for cell in [*row, *[""] * width][:width]]
        if not any(cells):
            continue
        if _is_lone(cells):
            cells = [next(filter(None, cells)), *[None] * (width - 1)]
        lines.append((number, cells))
    return lines
