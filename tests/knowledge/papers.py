"""Small PDFs drawn for one test each; Latin text, so that no font file is needed."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

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
