"""What stands on the pages of a PDF: lines of text with their style, pictures, ruling lines and ruled tables.

Text comes from pypdfium2 (under a millisecond a page), tables from pdfplumber (about fifty), which is therefore asked
only about pages that have ruling lines.
"""

import ctypes
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from math import hypot
from typing import TYPE_CHECKING

from saudager.knowledge.layout import Line
from saudager.knowledge.tables import Cells, clean

if TYPE_CHECKING:
    from pdfplumber.page import Page as PlumberPage
    from pypdfium2 import PdfPage, PdfTextPage

_RULING_SEGMENTS = 8
_BOLD_WEIGHT = 600
_MARGIN = 0.08
_log = logging.getLogger(__name__)
_HYPHEN = "\x02"  # what pdfium gives for a hyphen at the end of a line, with no line break after it


@dataclass(frozen=True, slots=True)
class Box:
    """A ruled table where it stands, in points; ``top`` and ``bottom`` from the upper edge of the page."""

    cells: Cells
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, line: Line) -> bool:
        """Whether the line is drawn inside the table."""
        middle = (line.top + line.bottom) / 2
        return self.top <= middle <= self.bottom and line.left < self.right and line.right > self.left


def lines_of(page: "PdfPage") -> Iterator[Line]:
    """Lines in drawing order; style and place are taken from their first and last letters. Raises PdfiumError."""
    import pypdfium2.raw as pdfium

    text = page.get_textpage()
    _, lower, _, upper = page.get_mediabox()
    margin = _MARGIN * (upper - lower)
    start, letters, total = 0, "", text.count_chars()
    for index in range(total + 1):
        letter = chr(pdfium.FPDFText_GetUnicode(text, index)) if index < total else "\n"
        if letter != "\n":
            letters += letter.replace(_HYPHEN, "-")
        if letter not in ("\n", _HYPHEN):
            continue
        if written := clean(letters):
            first = start + len(letters) - len(letters.lstrip())
            last = start + len(letters.rstrip()) - 1
            left, bottom, _, top = text.get_charbox(first, loose=True)
            right = text.get_charbox(last, loose=True)[2]
            size, is_bold = _style(text, first)
            is_bold = is_bold and _style(text, last)[1]
            in_margin = bottom > upper - margin or top < lower + margin
            yield Line(written, size, is_bold, left, right, upper - top, upper - bottom, in_margin)
        start, letters = index + 1, ""


def _style(text: "PdfTextPage", index: int) -> tuple[float, bool]:
    """Size in points, as scaled on the page, and whether it is bold."""
    import pypdfium2.raw as pdfium

    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text, index, name, len(name), ctypes.c_int())
    is_bold = b"bold" in name.value.lower() or pdfium.FPDFText_GetFontWeight(text, index) >= _BOLD_WEIGHT
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, index, matrix)
    return round(pdfium.FPDFText_GetFontSize(text, index) * hypot(matrix.c, matrix.d), 1), is_bold


def has_picture(page: "PdfPage") -> bool:
    """Whether an image stands on the page, as on a scan."""
    import pypdfium2.raw as pdfium

    return any(True for _ in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def is_ruled(page: "PdfPage") -> bool:
    """Whether enough lines are drawn on the page to make a table."""
    import pypdfium2.raw as pdfium

    segments = 0
    for path in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=3):
        segments += pdfium.FPDFPath_CountSegments(path)
        if segments >= _RULING_SEGMENTS:
            return True
    return False


def tables_of(data: bytes, numbers: list[int]) -> dict[int, list[Box] | None]:
    """Ruled tables of the pages named (from 1), top to bottom; None for a page whose tables cannot be read."""
    import pdfplumber

    found: dict[int, list[Box] | None] = dict.fromkeys(numbers)
    try:
        with pdfplumber.open(BytesIO(data), pages=numbers) as pdf:
            for page in pdf.pages:
                found[page.page_number] = _boxes(page)
                page.close()
    except Exception as error:  # pdfminer raises whatever a damaged file makes it stumble over
        _log.warning("a ruled table was not read: %r", error)
    return found


def _boxes(page: "PlumberPage") -> list[Box] | None:
    try:
        boxes = [Box(table.extract(), *table.bbox) for table in page.find_tables()]
    except Exception as error:
        _log.warning("the ruled tables of page %s were not read: %r", page.page_number, error)
        return None
    return sorted(boxes, key=lambda box: box.top)
