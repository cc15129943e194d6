"""Read XLSX: every sheet a page under its name, figures as the sheet shows them; what is hidden stays hidden."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from saudager.knowledge import office, sheets
from saudager.knowledge.layout import Heading
from saudager.knowledge.reading import MOST_LETTERS, Block, Reading

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_MOST_CELLS = 200_000
"""Of one workbook, empty ones too; it takes about 15 s to read so many."""
_MOST_COVERED = 50_000
_UNNAMED = re.compile(r"(?:лист|sheet|таблица)\s*\d*", re.IGNORECASE)
_CURRENCY = re.compile(r"₸|₽|\$|€|тг\.?|тенге|KZT|руб\.?", re.IGNORECASE)
_LOCALISED = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")  # [$₸-43F]: a sign with the language it is used in
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_HIDDEN_COLUMN = re.compile(rb"<col\b(?=[^>]*\bhidden=\"(?:1|true)\")[^>]*>")
_NOT_CALCULATED = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*>(?:<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)(?:<v\s*/>|<v>\s*</v>)?</c>')
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Room:
    """How much more of a workbook is read."""

    rows: int = sheets.MOST_ROWS
    cells: int = _MOST_CELLS
    letters: int = MOST_LETTERS

    @property
    def is_full(self) -> bool:
        return min(self.rows, self.cells, self.letters) <= 0

    def take(self, cells: sheets.Cells) -> None:
        self.rows -= any(cells)
        self.cells -= len(cells)
        self.letters -= sum(len(cell) for cell in cells if cell)


def read(data: bytes, reading: Reading) -> None:
    """Fill the reading with the sheets of a workbook; a bad file or an uncalculated formula becomes a problem."""
    archive = office.opened(data, reading)
    if archive is None:
        return
    import openpyxl

    try:
        whole = BytesIO(office.as_declared(data, archive))
        book = openpyxl.load_workbook(whole, read_only=True, data_only=True, keep_links=False)
        room = _Room()
        pages = [
            list(_blocks(sheet, archive, reading, number, room)) for number, sheet in enumerate(book.worksheets, 1)
        ]
    except Exception as error:  # whatever a damaged part makes openpyxl stumble over
        _log.warning("%s was not read: %r", reading.file, error)
        reading.complain("файл повреждён, прочитать его нельзя; сохраните его заново.")
        return
    reading.fill(*pages)
    if not any(pages):
        reading.complain("в таблице нет строк.")


def _blocks(
    sheet: "ReadOnlyWorksheet", archive: ZipFile, reading: Reading, number: int, room: _Room
) -> Iterator[Block]:
    place = f"лист «{sheet.title}»"
    if sheet.sheet_state != "visible":
        reading.complain("лист скрыт и потому не читается.", number, place=place)
        return
    written = archive.read(sheet._worksheet_path)
    missing = not_calculated(written)
    if missing:
        reading.complain(
            f"в ячейках {', '.join(missing[:5])}{' и других' if missing[5:] else ''} формулы без готового значения; "
            "откройте файл в Excel и сохраните его.",
            number,
            place=place,
        )
    rows = list(_rows(sheet, written, frozenset(missing), room))
    if room.is_full:
        end = f"прочитан до строки {rows[-1][0]}" if rows else "не прочитан"
        reading.complain(f"{end}: в файле слишком много ячеек; разделите его.", number, place=place)
    blocks = list(sheets.blocks_of(rows))
    if blocks and not _UNNAMED.fullmatch(sheet.title.strip()):
        yield Heading(sheet.title.strip(), 8)
    yield from blocks


def not_calculated(written: bytes) -> list[str]:
    """The cells of a sheet, by its XML, whose formula was never calculated: what they hold nobody knows."""
    return [ref.decode() for ref in _NOT_CALCULATED.findall(written)] if b"<f" in written else []


def _rows(sheet: "ReadOnlyWorksheet", written: bytes, missing: frozenset[str], room: _Room) -> Iterator[sheets.Line]:
    """Rows with something in them, without hidden columns, while there is room; None in cells that a merged one covers,
    a dash for values that are missing."""
    from openpyxl.utils import column_index_from_string

    covered: set[tuple[int, int]] = set()
    for left, top, right, bottom in _MERGED.findall(written):
        corner = (int(top), column_index_from_string(left.decode()))
        last = (int(bottom), column_index_from_string(right.decode()))
        if (last[0] - corner[0] + 1) * (last[1] - corner[1] + 1) <= _MOST_COVERED:
            covered |= {
                (row, column)
                for row in range(corner[0], last[0] + 1)
                for column in range(corner[1], last[1] + 1)
                if (row, column) != corner
            }
    hidden = {column for tag in _HIDDEN_COLUMN.findall(written) for column in _columns(tag)}
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), 1):
        if room.is_full:
            return
        cells = [
            None if (number, column) in covered else _shown(cell, missing)
            for column, cell in enumerate(row, 1)
            if column not in hidden
        ]
        room.take(cells)
        if any(cells):
            yield number, cells


def _columns(tag: bytes) -> range:
    first, last = (re.search(rb'%s="(\d+)"' % name, tag) for name in (b"min", b"max"))
    return range(int(first[1]), int(last[1]) + 1) if first and last else range(0)


def _shown(cell: Any, missing: frozenset[str]) -> str:
    """The value as the sheet shows it, nearly; an error such as #REF! is nothing."""
    value = cell.value
    match value:
        case None:
            return "—" if missing and getattr(cell, "coordinate", "") in missing else ""
        case bool():
            return "да" if value else "нет"
        case datetime() if value.time() != time(0):
            return f"{value:%d.%m.%Y %H:%M}"
        case date():
            return f"{value:%d.%m.%Y}"
        case time():
            return f"{value:%H:%M}"
        case int() | float():
            return _figure(value, str(cell.number_format))
    text = str(value)
    return "" if re.fullmatch(r"#[A-ZА-Я/0-9]+[!?]?", text) else text


def _figure(value: float, number_format: str) -> str:
    shown_format = _LOCALISED.sub(r"\1", number_format.split(";")[0])
    if "%" in shown_format:
        return f"{round(value * 100, 2):g} %".replace(".", ",")
    currency = _CURRENCY.search(shown_format)
    whole = float(value).is_integer()
    is_grouped = currency is not None or re.search(r"#[, \u00a0]##", shown_format)
    text = f"{value:,.0f}" if whole else f"{round(value, 2):,}"
    text = text.replace(",", " ") if is_grouped else text.replace(",", "")
    text = text.replace(".", ",")
    return f"{text} {currency[0].rstrip('.')}" if currency else text
