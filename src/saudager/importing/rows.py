"""The rows of a file a person brings: CSV whatever its encoding and delimiter, or the first sheet of XLSX."""

import csv
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any

from saudager.errors import Refused
from saudager.importing import headings
from saudager.importing.headings import Layout
from saudager.importing.values import Cell, shown
from saudager.knowledge import office, sheets, workbooks
from saudager.knowledge.reading import Reading
from saudager.knowledge.tables import clean
from saudager.knowledge.texts import decode

LARGEST = 20 * 1024 * 1024
"""Bytes of a file."""
MOST_ROWS = 100_000
_MOST_COLUMNS = 300
_HEADINGS_WITHIN = 30
"""Rows among which the headings are looked for: reports of 1C begin with a title and a period."""
_SUMS = ("итого", "всего")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SAVE_AGAIN = "сохраните таблицу в Excel как XLSX или «CSV UTF-8»"
_NO_SHEET = f"Это документ Word, а не таблица: {_SAVE_AGAIN}."
_log = logging.getLogger(__name__)

Row = tuple[int, list[Cell]]
"""With the number a spreadsheet shows beside it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with one row of headings; rows with nothing in them and sums below are left out."""

    headings: list[str]
    rows: list[Row]

    def example(self, column: int) -> str:
        """What stands first in a column."""
        cells = (clean(shown(row[column])) for _, row in self.rows if column < len(row))
        return next(filter(None, cells), "")


def read(data: bytes, layout: Layout, *, first: int | None = None) -> Sheet:
    """Read a file by what is in it, whatever its name; only its ``first`` rows when asked for.

    Takes about 15 µs a cell of XLSX and 1 µs of CSV. Raises Refused with what to do for anything but a table.
    """
    if len(data) > LARGEST:
        raise Refused(f"Файл больше {LARGEST // 1024**2} МБ: разделите его на несколько.")
    if not data.strip():
        raise Refused("Файл пуст.")
    if data.startswith(b"%PDF"):
        raise Refused(f"Это PDF, а не таблица: {_SAVE_AGAIN}.")
    most = MOST_ROWS + _HEADINGS_WITHIN if first is None else first + _HEADINGS_WITHIN
    found = _of_workbook(data) if data.startswith(_WORKBOOKS) else _of_text(data)
    rows = list(islice(_filled(found), most + 1))
    if first is None and len(rows) > most:
        raise Refused(f"В файле больше {MOST_ROWS} строк: разделите его на несколько.")
    if not rows:
        raise Refused("В файле нет ни одной заполненной строки.")
    sheet = _with_headings(rows, layout)
    if not sheet.rows:
        raise Refused("В файле только заголовки, строк под ними нет.")
    return sheet


def _of_text(data: bytes) -> Iterator[Row]:
    text = decode(data)
    if text is None or any(sign < " " and sign not in "\t\r\n\f" for sign in text[:100_000]):
        raise Refused(f"Это не таблица: {_SAVE_AGAIN}.")
    try:
        rows = sheets.cut(text)
    except csv.Error as error:
        raise Refused(f"Таблица повреждена ({error}): {_SAVE_AGAIN}.") from None
    if opened_at := sheets.open_quote(text, rows):
        raise Refused(f"В строке {opened_at} кавычка открыта и не закрыта: исправьте её или {_SAVE_AGAIN}.")
    for number, cells in rows:
        yield number, list[Cell](cells)


def _of_workbook(data: bytes) -> Iterator[Row]:
    """Rows of the first visible sheet that has any; formulas by the values they had when the file was saved."""
    looked_at = Reading("таблица.xlsx", "")
    archive = office.opened(data, looked_at)
    if archive is None:
        problem = looked_at.problems[0].problem.partition(": ")[2]
        raise Refused(_NO_SHEET if "DOCX;" in problem else f"{problem[:1].upper()}{problem[1:]}")
    import openpyxl

    try:
        whole = BytesIO(office.as_declared(data, archive))
        book = openpyxl.load_workbook(whole, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            missing = workbooks.not_calculated(archive.read(sheet._worksheet_path))
            sheet.reset_dimensions()
            rows: Iterable[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
            numbered = ((number, list(cells)) for number, cells in enumerate(rows, 1))
            begun = next(_filled(numbered), None)
            if begun is None:
                continue
            if missing:
                cells = f"{', '.join(missing[:5])}{' и других' if missing[5:] else ''}"
                raise Refused(
                    f"В ячейках {cells} формулы без готового значения: откройте файл в Excel и сохраните его."
                )
            yield begun
            yield from numbered
            return
    except Refused:
        raise
    except Exception as error:  # whatever a damaged part makes openpyxl stumble over
        _log.warning("a workbook was not read: %r", error)
        raise Refused(f"Файл повреждён, прочитать его нельзя: {_SAVE_AGAIN}.") from None


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    for number, cells in rows:
        if any(cell is not None and cell != "" and (not isinstance(cell, str) or cell.strip()) for cell in cells):
            yield number, cells


def _with_headings(rows: list[Row], layout: Layout) -> Sheet:
    """Take for headings the row with most words we know, or else the first with more than one cell filled."""
    named = [[clean(shown(cell)) for cell in cells] for _, cells in rows[:_HEADINGS_WITHIN]]
    known = [headings.count(row, layout) for row in named]
    if max(known) > 1:
        at = known.index(max(known))
    else:
        at = next((at for at, row in enumerate(named) if sum(map(bool, row)) > 1), 0)
    width = min(_MOST_COLUMNS, max(place for place, heading in enumerate(named[at], 1) if heading))
    below = [(number, cells[:width] + [None] * (width - len(cells))) for number, cells in rows[at + 1 :]]
    return Sheet(named[at][:width], [row for row in below if not _is_sum(row[1])])


def _is_sum(cells: list[Cell]) -> bool:
    begins = next((cell for cell in cells if cell is not None and cell != ""), None)
    return isinstance(begins, str) and (begins.lower().split() or [""])[0].rstrip(":") in _SUMS
