"""Read a PDF into pages of headings, paragraphs and ruled tables; scans, damage and passwords become problems."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from saudager.knowledge import pages
from saudager.knowledge.layout import Line, blocks, running_titles, title_key, usual_setting
from saudager.knowledge.reading import Page, Reading
from saudager.knowledge.tables import Table, understand

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_SCAN_BELOW = 20
_EMPTY = "текста нет; страница пуста или повреждена."
_PDFIUM = threading.Lock()  # pdfium is not thread-safe, says the README of pypdfium2


def read(data: bytes, reading: Reading) -> None:
    """Fill the reading with the pages of a PDF; what cannot be read becomes a problem, nothing is raised."""
    with _PDFIUM:
        _read(data, reading)


def _read(data: bytes, reading: Reading) -> None:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(data)
    except PdfiumError as error:
        if "password" in str(error).lower():
            reading.complain("файл закрыт паролем; сохраните его без пароля.")
        else:
            reading.complain("файл повреждён, прочитать его нельзя; сохраните его заново.")
        return
    try:
        reading.pages = len(document)
        lines, ruled = _read_text(document, reading)
    finally:
        document.close()
    boxes = pages.tables_of(data, ruled) if ruled else {}
    for number in (number for number, found in boxes.items() if found is None):
        reading.complain("таблицы не читаются, взят только текст.", number)
    reading.content = list(_arrange(lines, boxes))
    for number in lines.keys() - {page.number for page in reading.content}:
        reading.complain(_EMPTY, number)
    reading.problems.sort(key=lambda found: found.page or 0)


def _read_text(document: "PdfDocument", reading: Reading) -> tuple[dict[int, list[Line]], list[int]]:
    """Lines of every readable page by its number, and the numbers of pages with ruling lines."""
    from pypdfium2 import PdfiumError

    lines: dict[int, list[Line]] = {}
    ruled: list[int] = []
    for number in range(1, reading.pages + 1):
        try:
            page = document[number - 1]
            written = list(pages.lines_of(page))
        except PdfiumError:
            reading.complain("страница повреждена.", number)
            continue
        if sum(len(line.text) for line in written) < _SCAN_BELOW and pages.has_picture(page):
            reading.complain("похоже на скан, текста нет; нужен файл с текстом.", number)
        elif not written:
            reading.complain(_EMPTY, number)
        else:
            lines[number] = written
            if pages.is_ruled(page):
                ruled.append(number)
    return lines, ruled


def _arrange(lines: dict[int, list[Line]], boxes: dict[int, list[pages.Box] | None]) -> Iterator[Page]:
    """Pages in order, each table standing where its first line was; running titles are left out."""
    running = running_titles(list(lines.values()))
    setting = usual_setting(lines.values())
    last: Table | None = None
    for number, written in lines.items():
        kept = [line for line in written if title_key(line) not in running]
        page = Page(number, [])
        tables = _tables(boxes.get(number) or [], kept, last)
        run: list[Line] = []
        for line in kept:
            at = next((i for i, (box, _) in enumerate(tables) if box.holds(line)), None)
            if at is None:
                run.append(line)
            elif tables[at][1] not in page.blocks:
                page.blocks.extend([*blocks(run, setting), tables[at][1]])
                run = []
        page.blocks.extend(blocks(run, setting))
        page.blocks.extend(table for _, table in tables if table not in page.blocks)
        last = page.blocks[-1] if page.blocks and isinstance(page.blocks[-1], Table) else None
        if page.blocks:
            yield page


def _tables(boxes: list[pages.Box], lines: list[Line], last: Table | None) -> list[tuple[pages.Box, Table]]:
    """Boxes that are tables of facts; one at the top of its page may go on with the last one of the page before."""
    understood = []
    for box in boxes:
        is_first = not any(line.bottom <= box.top for line in lines)
        table = understand(box.cells, last if is_first else None)
        if table is not None:
            understood.append((box, table))
    return understood
