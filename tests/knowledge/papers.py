"""Small documents made for one test each; the PDFs in Latin text, so that no font file is needed."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import openpyxl
from PIL import Image
from reportlab.lib.colors import black
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table

_STYLES = getSampleStyleSheet()


def heading(text: str, level: int = 1) -> Flowable:
    return Paragraph(text, _STYLES[f"Heading{level}"])


def text(words: str) -> Flowable:
    return Paragraph(words, _STYLES["BodyText"])


def table(
    *rows: Sequence[str], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]] = (), repeat: int = 1
) -> Table:
    """A ruled table; ``merged`` are spans of (column, row)."""
    spans = [("SPAN", first, last) for first, last in merged]
    return Table(list(rows), repeatRows=repeat, style=[("GRID", (0, 0), (-1, -1), 0.5, black), *spans])


def new_page() -> Flowable:
    return PageBreak()


def draw(path: Path, *flowables: Flowable, password: str | None = None) -> Path:
    SimpleDocTemplate(str(path), invariant=1, encrypt=password).build(list(flowables))
    return path


def draw_scans(path: Path, pages: Sequence[str | None]) -> Path:
    """A page for each entry: its words, or only a picture when it is None."""
    canvas = Canvas(str(path), invariant=1)
    for words in pages:
        if words is None:
            picture = BytesIO()
            Image.new("RGB", (200, 280), "white").save(picture, "PNG")
            picture.seek(0)
            canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)
        else:
            canvas.drawString(72, 700, words)
        canvas.showPage()
    canvas.save()
    return path


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text, Markdown or CSV file."""
    path.write_bytes(text.encode(encoding))
    return path


def write_docx(path: Path, *parts: "tuple[str, str] | list[list[str | None]]") -> Path:
    """Paragraphs as (style, words), «bold» being a style too, and tables; None continues the cell on its left, or
    above it in the first column."""
    document = docx.Document()
    for part in parts:
        if isinstance(part, tuple):
            style, words = part
            paragraph = document.add_paragraph(style=None if style == "bold" else style)
            paragraph.add_run(words).bold = style == "bold"
            continue
        grid = document.add_table(rows=len(part), cols=len(part[0]))
        for at, row in enumerate(part):
            for column, words in enumerate(row):
                if words is not None:
                    grid.cell(at, column).text = words
                elif column:
                    grid.cell(at, column - 1).merge(grid.cell(at, column))
                else:
                    grid.cell(at - 1, 0).merge(grid.cell(at, 0))
    document.save(str(path))
    return path


def write_xlsx(
    path: Path,
    sheets: dict[str, list[list[Any]]],
    *,
    merged: Sequence[str] = (),
    formats: dict[str, str] | None = None,
    hidden: Sequence[str] = (),
    hidden_columns: Sequence[str] = (),
) -> Path:
    """A workbook; merged ranges, number formats by cell and hidden columns are those of its first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title in hidden:
            sheet.sheet_state = "hidden"
    first = book.worksheets[0]
    for area in merged:
        first.merge_cells(area)
    for cell, number_format in (formats or {}).items():
        first[cell].number_format = number_format
    for column in hidden_columns:
        first.column_dimensions[column].hidden = True
    book.save(path)
    return path
