"""Read DOCX: headings by their style, lists, tables with merged cells; the text itself is read as Markdown is."""

import logging
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from saudager.knowledge import office, texts
from saudager.knowledge.layout import Paragraph
from saudager.knowledge.reading import Block, Reading
from saudager.knowledge.tables import Cells, clean, understand

if TYPE_CHECKING:
    from docx.document import Document as Docx
    from docx.table import Table as DocxTable
    from docx.text.paragraph import Paragraph as DocxParagraph

Styles = dict[str | None, Any]
"""Those of a document by their ids; None is the id of the usual one."""

_HEADING_LENGTH = 160
_MOST_PARAGRAPHS = 50_000
"""Cells of tables too."""
_log = logging.getLogger(__name__)


def read(data: bytes, reading: Reading) -> None:
    """Fill the reading with the blocks of a DOCX file, which counts as one page; a bad file becomes a problem."""
    if office.opened(data, reading) is None:
        return
    import docx
    from docx.oxml.ns import qn

    try:
        document = docx.Document(BytesIO(data))
        if reading.is_too_long(sum(len(run.text or "") for run in document.element.body.iter(qn("w:t")))):
            return
        if sum(1 for _ in document.element.body.iter(qn("w:p"))) > _MOST_PARAGRAPHS:
            reading.complain(f"в файле больше {_MOST_PARAGRAPHS} абзацев и ячеек; разделите его.")
            return
        blocks = list(_blocks(document))
        has_pictures = bool(document.inline_shapes)
    except Exception as error:  # whatever a damaged part makes python-docx or lxml stumble over
        _log.warning("%s was not read: %r", reading.file, error)
        reading.complain("файл повреждён, прочитать его нельзя; сохраните его заново.")
        return
    reading.fill(blocks)
    if not blocks and has_pictures:
        reading.complain("в файле только картинки, текста нет; нужен файл с текстом.")
    elif not blocks:
        reading.complain("в файле нет текста.")


def _blocks(document: "Docx") -> Iterator[Block]:
    from docx.text.paragraph import Paragraph as DocxParagraph

    lines: list[str] = []
    styles: Styles = {}
    is_plain = not any(_level(found, styles) or _is_bold(found) for found in document.paragraphs)
    for found in document.iter_inner_content():
        if isinstance(found, DocxParagraph):
            lines += [*_lines(found, styles), ""]
            continue
        yield from texts.blocks(lines, is_plain=is_plain)
        lines = []
        cells = _cells(found)
        if table := understand(cells, heads=_heads(found, cells)):
            yield table
        else:
            yield from (Paragraph(clean(cell)) for row in cells for cell in row if cell and cell.strip())
    yield from texts.blocks(lines, is_plain=is_plain)


def _lines(paragraph: "DocxParagraph", styles: Styles) -> list[str]:
    """The paragraph as lines of Markdown."""
    text = paragraph.text.strip()
    if not text:
        return []
    if level := _level(paragraph, styles):
        return [f"{'#' * level} {clean(text)}"]
    properties = paragraph._p.pPr
    found = _style(paragraph, styles)
    style = (found.name or "") if found else ""
    if style.startswith("List") or (properties is not None and properties.numPr is not None):
        return [f"- {clean(text)}"]
    return [f"**{clean(text)}**"] if _is_bold(paragraph) else text.splitlines()


def _level(paragraph: "DocxParagraph", styles: Styles) -> int:
    """1 to 6 for a heading by its style or a style it is based on; 0 for other paragraphs."""
    style = _style(paragraph, styles)
    while style is not None:
        name = (style.name or "").lower()
        if name == "title":
            return 1
        if name.startswith(("heading ", "заголовок ")) and name[-1].isdigit():
            return min(int(name[-1]) + 1, 6)
        style = style.base_style
    return 0


def _style(paragraph: "DocxParagraph", styles: Styles) -> Any:
    """The paragraph's style, looked up once a document: python-docx takes 3 ms for it."""
    name = paragraph._p.style
    if name not in styles:
        styles[name] = paragraph.style
    return styles[name]


def _is_bold(paragraph: "DocxParagraph") -> bool:
    """Whether a short paragraph is bold from end to end, as headings and questions without a style are."""
    runs = [run for run in paragraph.runs if run.text.strip()]
    return bool(runs) and len(paragraph.text) <= _HEADING_LENGTH and all(run.bold for run in runs)


def _cells(table: "DocxTable") -> Cells:
    """Cells as drawn, None where a merged neighbour covers them."""
    rows: Cells = []
    for row in table._tbl.tr_lst:
        cells: list[str | None] = []
        for cell in row.tc_lst:
            words = " ".join(paragraph.text for paragraph in cell.p_lst)
            cells += [None if cell.vMerge == "continue" else clean(words), *[None] * (cell.grid_span - 1)]
        rows.append(cells)
    return rows


def _heads(table: "DocxTable", cells: Cells) -> int | None:
    """How many rows the file itself marks as headings, by its setting or in bold; None when it does not say."""
    repeated = 0
    for row in table._tbl.tr_lst:
        if row.trPr is None or not row.trPr.xpath("./w:tblHeader"):
            break
        repeated += 1
    if 0 < repeated < len(cells):
        return repeated
    if len(cells) < 2 or None in cells[0]:
        return None
    bold = [_is_bold(paragraph) for cell in table.rows[0].cells for paragraph in cell.paragraphs if paragraph.text]
    return 1 if bold and all(bold) else None
