"""Draw the PDFs of the made-up shop of the demo from the Markdown pages in ``scripts/sample_shop``.

Example: ``python scripts/make_sample_shop.py`` (needs reportlab and the DejaVu fonts). The same text and the same
fonts give the same bytes.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sample_shop"
TARGET = HERE.parent / "src" / "saudager" / "demo" / "sample_shop"
FONT_FOLDERS = [
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local/share/fonts",
    Path.home() / "Library/Fonts",
]
INK, LINE, SHADE = HexColor("#1d2733"), HexColor("#8a97a5"), HexColor("#e9eef3")
MARGIN = 48
WIDTH = A4[0] - 2 * MARGIN


def _style(size: float, *, bold: bool = False, before: float = 0, after: float = 6, **more: int) -> ParagraphStyle:
    font = "DejaVu-Bold" if bold else "DejaVu"
    return ParagraphStyle(
        f"{font}-{size}-{more}",
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        textColor=INK,
        spaceBefore=before,
        spaceAfter=after,
        **more,
    )


BODY = _style(10)
HEADINGS = {
    "# ": _style(18, bold=True, after=10),
    "## ": _style(14, bold=True, before=14, keepWithNext=1),
    "### ": _style(11.5, bold=True, before=8, after=4, keepWithNext=1),
}
CELL, NUMBER, COLUMN = _style(9, after=0), _style(9, after=0, alignment=TA_RIGHT), _style(9, bold=True, after=0)
GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.5, LINE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)


def find_font(name: str, folder: Path | None) -> Path:
    """The font file in the folder given, else in the usual ones; raises FileNotFoundError."""
    for place in [folder] if folder else FONT_FOLDERS:
        for path in sorted(place.rglob(name)) if place.is_dir() else []:
            return path
    raise FileNotFoundError(f"{name} was not found; install the DejaVu fonts or name their folder with --fonts")


def _set(text: str) -> str:
    """Keep a price, its thousands and its sign together on one line."""
    return re.sub(r"(?<=\d) (?=\d{3}\b|₸|%)", "\u00a0", escape(text))


def _widths(rows: list[list[str]]) -> list[float]:
    """Column widths in points: no word is broken, and longer cells get more of the rest."""

    def measure(text: str) -> float:
        return pdfmetrics.stringWidth(text, "DejaVu-Bold", 9) + 14

    columns = [[_set(cell) for cell in column] for column in zip(*rows, strict=True)]
    least = [max(measure(word) for cell in column for word in re.split("[ -]", cell)) for column in columns]
    wanted = [max(measure(cell) for cell in column) for column in columns]
    spare = WIDTH - sum(least)
    missing = [want - need for want, need in zip(wanted, least, strict=True)]
    return [need + spare * more / max(sum(missing), 1) for need, more in zip(least, missing, strict=True)]


def _table(lines: list[str]) -> Table:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    heading, body = rows[0], rows[2:]
    numeric = [all(re.fullmatch(r"[\d ]+|бесплатно", row[i]) for row in body) for i in range(len(heading))]
    cells = [[Paragraph(_set(cell), COLUMN) for cell in heading]]
    cells += [
        [Paragraph(_set(cell), NUMBER if is_number else CELL) for cell, is_number in zip(row, numeric, strict=True)]
        for row in body
    ]
    return Table(cells, _widths([heading, *body]), repeatRows=1, style=GRID, spaceBefore=2, spaceAfter=8)


def compose(markdown: str) -> Iterator[Flowable]:
    """Headings, paragraphs, tables and ``---`` page breaks, in order."""
    for block in re.split(r"\n\s*\n", markdown.strip()):
        lines = block.splitlines()
        mark = block[: block.find(" ") + 1]
        if block == "---":
            yield PageBreak()
        elif mark in HEADINGS:
            yield Paragraph(_set(block.removeprefix(mark)), HEADINGS[mark])
        elif block.startswith("|"):
            yield _table(lines)
        else:
            yield Paragraph(_set(" ".join(lines)), BODY)


def draw(source: Path, target: Path) -> None:
    """Draw one page of Markdown; the bytes depend only on the text and the fonts."""
    markdown = source.read_text(encoding="utf-8")
    title = markdown.splitlines()[0].removeprefix("# ")

    def footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont("DejaVu", 8)
        canvas.setFillColor(LINE)
        canvas.drawString(MARGIN, 26, title)
        canvas.drawRightString(A4[0] - MARGIN, 26, f"стр. {document.page}")

    document = SimpleDocTemplate(
        str(target), pagesize=A4, margin=MARGIN, invariant=1, pageCompression=1, title=title, author="Saudager"
    )
    document.leftMargin = document.rightMargin = MARGIN
    document.topMargin = document.bottomMargin = MARGIN
    document.build(list(compose(markdown)), onFirstPage=footer, onLaterPages=footer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fonts", type=Path, help="folder that holds DejaVuSans.ttf and DejaVuSans-Bold.ttf")
    parser.add_argument("--target", type=Path, default=TARGET, help="where to write the PDFs (default: %(default)s)")
    options = parser.parse_args()
    try:
        pdfmetrics.registerFont(TTFont("DejaVu", find_font("DejaVuSans.ttf", options.fonts)))
        pdfmetrics.registerFont(TTFont("DejaVu-Bold", find_font("DejaVuSans-Bold.ttf", options.fonts)))
    except FileNotFoundError as error:
        sys.exit(str(error))
    options.target.mkdir(parents=True, exist_ok=True)
    for source in sorted(SOURCES.glob("*.md")):
        target = options.target / f"{source.stem}.pdf"
        draw(source, target)
        print(f"{target.name}: {target.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
