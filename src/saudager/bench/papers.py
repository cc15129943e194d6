"""Draw documents to read, in a process of its own: ``python -m saudager.bench.papers FOLDER PAGES``.

Every second page has a ruled price list of 12 rows, the others three headings with running text. They are PDF files
where reportlab (of the ``bench`` extra) and a font with Russian letters are found, and Markdown files elsewhere.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from saudager.bench import catalogue
from saudager.bench.catalogue import Goods

_PAGES_A_FILE = 50
_CHAPTERS, _PARAGRAPHS = 3, 4
_GOODS_A_PAGE = _CHAPTERS * _PARAGRAPHS
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
_FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")
_LEFT, _TOP, _LINE = 50, 790, 16
_HEADING, _TEXT, _CELL = 15, 8, 7
_COLUMNS = (_LEFT, 40, 60, 65, 55, 65, 65, 65, 55)


def draw(folder: Path, pages: int) -> None:
    """As many pages, up to 50 in a file; the same for the same number."""
    items = catalogue.goods(pages * _GOODS_A_PAGE)
    all_pages = [items[at : at + _GOODS_A_PAGE] for at in range(0, len(items), _GOODS_A_PAGE)]
    font = _font() if find_spec("reportlab") else None
    for at in range(0, pages, _PAGES_A_FILE):
        file = folder / f"papers-{at // _PAGES_A_FILE + 1:03}"
        some = all_pages[at : at + _PAGES_A_FILE]
        if font is None:
            file.with_suffix(".md").write_text("\n\n".join(map(_as_markdown, range(len(some)), some)), encoding="utf-8")
        else:
            _draw_pdf(file.with_suffix(".pdf"), some, font)


def _font() -> Path | None:
    places = [Path(folder).rglob(name) for name in _FONTS for folder in _FONT_FOLDERS]
    return next((path for found in places for path in found), None)


def _as_markdown(number: int, items: Sequence[Goods]) -> str:
    if number % 2:
        lines = [catalogue.HEADINGS, ("---",) * len(catalogue.HEADINGS), *(one.cells for one in items)]
        return f"# Цены {number + 1}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join(text if size == _TEXT else f"# {text}" for size, text in _written(number, items))


def _draw_pdf(path: Path, pages: Sequence[Sequence[Goods]], font: Path) -> None:
    from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
    from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
    from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

    pdfmetrics.registerFont(TTFont("Text", str(font)))
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    for number, items in enumerate(pages):
        if number % 2:
            _draw_list(canvas, number, items)
        else:
            _draw_text(canvas, number, items)
        canvas.showPage()
    canvas.save()


def _draw_text(canvas: Any, number: int, items: Sequence[Goods]) -> None:
    y = _TOP
    for size, text in _written(number, items):
        canvas.setFont("Text", size)
        y -= _LINE if size == _TEXT else 2 * _LINE
        canvas.drawString(_LEFT, y, text)


def _draw_list(canvas: Any, number: int, items: Sequence[Goods]) -> None:
    canvas.setFont("Text", _HEADING)
    canvas.drawString(_LEFT, _TOP, f"Цены {number + 1}")
    canvas.setFont("Text", _CELL)
    edges = [sum(_COLUMNS[: at + 1]) for at in range(len(_COLUMNS))]
    lines = [_TOP - _LINE * at for at in range(1, len(items) + 3)]
    canvas.grid(edges, lines)
    for y, cells in zip(lines[1:], (catalogue.HEADINGS, *(one.cells for one in items)), strict=True):
        for x, cell in zip(edges, cells, strict=False):
            canvas.drawString(x + 3, y + 5, cell)


def _written(number: int, items: Sequence[Goods]) -> list[tuple[int, str]]:
    """(font size, line) from top to bottom."""
    lines: list[tuple[int, str]] = []
    for at in range(0, len(items), _PARAGRAPHS):
        lines.append((_HEADING, f"Раздел {number + 1}.{at // _PARAGRAPHS + 1}"))
        lines += [(_TEXT, one.prose) for one in items[at : at + _PARAGRAPHS]]
    return lines


if __name__ == "__main__":
    draw(Path(sys.argv[1]), int(sys.argv[2]))
