"""Cut what was read into passages a person would quote: a table row, an answer with its question, a few paragraphs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from saudager.knowledge.layout import Heading, Paragraph, Statement
from saudager.knowledge.prices import priced, priced_text
from saudager.knowledge.reading import Reading
from saudager.knowledge.tables import Row, Table

_ENOUGH = 300
_MOST = 700
_QUESTION_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One passage: ``section`` holds the headings above it joined by `` › ``, ``row`` counts from 1 on its page,
    or is the number a spreadsheet shows beside the row."""

    page: int
    row: int | None
    section: str
    text: str


class _Cutter:
    """Walks through a document and remembers under which headings it stands."""

    def __init__(self) -> None:
        self._path: list[Heading] = []
        self._parts: list[str] = []
        self._page = 0
        self._is_bare = False

    def section(self, *more: str) -> str:
        """The headings above; a question is left to the text of its answer."""
        path = [heading.text for heading in self._path if not heading.text.endswith("?")]
        return " › ".join([*path, *filter(None, more)])

    @property
    def _question(self) -> str:
        """The question that stands as the heading above, if any."""
        return next((heading.text for heading in reversed(self._path) if heading.text.endswith("?")), "")

    def flush(self) -> Iterator[Excerpt]:
        text = "\n".join(self._parts)
        self._parts = []
        if text:
            yield from _answers(self._page, self.section(), self._question, text)

    def heading(self, heading: Heading, page: int) -> Iterator[Excerpt]:
        """A heading ends what is above; one with nothing under it was a statement itself."""
        yield from self.flush()
        closed = None
        while self._path and self._path[-1].weight <= heading.weight:
            closed = closed or self._path[-1]
            self._path.pop()
        if closed and self._is_bare:
            yield Excerpt(self._page, None, self.section(), closed.text)
        self._path.append(heading)
        self._page, self._is_bare = page, True

    def end(self) -> Iterator[Excerpt]:
        yield from self.flush()
        if self._is_bare:
            bare = self._path.pop()
            yield Excerpt(self._page, None, self.section(), bare.text)

    def paragraph(self, text: str, page: int) -> Iterator[Excerpt]:
        written = sum(map(len, self._parts))
        asks = text.endswith("?") and len(text) <= _QUESTION_LENGTH
        enough = _MOST if self._question else _ENOUGH
        if written and (asks or page != self._page or written >= enough or written + len(text) > _MOST):
            yield from self.flush()
        self._page, self._is_bare = page, False
        self._parts.append(text)

    def statement(self, statement: Statement, page: int) -> Iterator[Excerpt]:
        yield from self.flush()
        self._page, self._is_bare = page, False
        yield from _answers(page, self.section(statement.lead), statement.question or self._question, statement.text)

    def table(self, table: Table, page: int) -> Iterator[Excerpt]:
        title = self._parts[-1].rstrip(":") if self._parts and self._parts[-1].endswith(":") else ""
        yield from self.flush()
        self._is_bare = False
        table = priced(table, self.section(title))
        for row in table.rows:
            yield Excerpt(page, row.number, self.section(title, row.group), _sentence(table.headings, row))


def cut(reading: Reading) -> list[Excerpt]:
    """Passages in reading order. A passage never spans two pages, so its source is one page."""
    return list(_cut(reading))


def _cut(reading: Reading) -> Iterator[Excerpt]:
    cutter = _Cutter()
    for page in reading.content:
        for block in page.blocks:
            match block:
                case Heading():
                    yield from cutter.heading(block, page.number)
                case Paragraph():
                    yield from cutter.paragraph(block.text, page.number)
                case Statement():
                    yield from cutter.statement(block, page.number)
                case Table():
                    yield from cutter.table(block, page.number)
    yield from cutter.end()


def _sentence(headings: list[str], row: Row) -> str:
    """``Изделие: Окно; Размер, мм: 1500×1500; Цена: 131 000 ₸``."""
    cells = zip(headings, row.cells, strict=True)
    return "; ".join(f"{heading}: {cell}" if heading else cell for heading, cell in cells if cell)


def _answers(page: int, section: str, question: str, text: str) -> Iterator[Excerpt]:
    """The text as one passage, or several when it is too long, each with the question it answers in front."""
    for piece in _pieces(priced_text(text)):
        yield Excerpt(page, None, section, f"{question}\n{piece}" if question else piece)


def _pieces(text: str) -> Iterator[str]:
    """The text itself, or when it is too long pieces that end where a sentence does (or, without any, a word)."""
    text = text.strip()
    at = 0
    while len(text) - at > _MOST:
        part = text[at : at + _MOST]
        ends = [match.end() for match in re.finditer(r"[.!?…;](?=\s)|\n", part) if match.end() >= _ENOUGH]
        end = ends[-1] if ends else (part.rfind(" ", _ENOUGH) + 1 or _MOST)
        yield part[:end].strip()
        at += end
        while text[at : at + 1].isspace():
            at += 1
    if at < len(text):
        yield text[at:]
