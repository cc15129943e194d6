"""What was read of a document, as a person checks it: page by page, running text as text and tables as tables."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.knowledge.models import Conflict, Document, Passage
from saudager.words import cells

Column = tuple[str, int]
"""A heading, and which of the columns with this heading it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table or a piece of text; ``overruled`` says which document is believed instead."""

    number: int | None
    text: str
    cells: dict[Column, str]
    overruled: str | None


@dataclass(slots=True)
class Block:
    """What stands together under one heading of one page; a table when it has ``columns``."""

    page: int
    section: str
    lines: list[Line]
    columns: list[Column] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Contents:
    """A part of what was read, and the key of the part that follows; None at the end."""

    document: Document
    blocks: list[Block]
    next: int | None


def of_document(session: Session, file: str, *, after: int = 0, limit: int = 200) -> Contents:
    """Up to ``limit`` passages in reading order; ``after`` is the ``next`` of the part before. Raises NotFound."""
    document = session.scalar(select(Document).where(Document.file == file))
    if document is None:
        raise NotFound(f"Документ «{file}» ещё не прочитан, или его убрали.")
    found = session.execute(
        select(Passage, Conflict.says)
        .outerjoin(Conflict, Conflict.against_id == Passage.id)
        .where(Passage.document_id == document.id, Passage.id > after)
        .order_by(Passage.id)
        .limit(limit + 1)
    ).all()
    passages = [(passage, says) for passage, says in found[:limit]]
    return Contents(document, list(_blocks(passages)), passages[-1][0].id if len(found) > limit else None)


def _blocks(passages: Sequence[tuple[Passage, str | None]]) -> Iterator[Block]:
    places = groupby(passages, lambda one: (one[0].page, one[0].section, one[0].row is not None))
    for (page, section, is_table), its_own in places:
        lines = [
            Line(passage.row, passage.text, _by_column(passage.text) if is_table else {}, says)
            for passage, says in its_own
        ]
        columns = list(dict.fromkeys(column for line in lines for column in line.cells))
        yield Block(page, section, lines, columns)


def _by_column(row: str) -> dict[Column, str]:
    seen: Counter[str] = Counter()
    found: dict[Column, str] = {}
    for heading, content in cells(row):
        found[heading, seen[heading]] = content
        seen[heading] += 1
    return found
