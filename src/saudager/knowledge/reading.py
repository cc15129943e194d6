"""What a file holds as far as it could be read: pages of headings, paragraphs, statements and tables, and problems."""

from dataclasses import dataclass, field

from saudager.knowledge.layout import Heading, Paragraph, Statement
from saudager.knowledge.tables import Table

Block = Heading | Paragraph | Statement | Table

MOST_LETTERS = 3_000_000
"""Of one document, about 1500 pages; what is longer is not read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person should mend: a Russian sentence that names the file; ``page`` is None when it is the whole file."""

    page: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page, counted from 1, in reading order. A sheet of a workbook is a page; a text file is a single one."""

    number: int
    blocks: list[Block]


@dataclass(slots=True)
class Reading:
    """What a file holds as far as it could be read; ``pages`` counts all, ``content`` has those with something on."""

    file: str
    sha256: str
    pages: int = 0
    content: list[Page] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, problem: str, page: int | None = None, *, place: str = "") -> None:
        """Note what a person should mend, with the file and the page (or ``place``, such as a sheet) in front."""
        place = place or ("" if page is None else f"стр. {page}")
        self.problems.append(Problem(page, f"{self.file}{', ' if place else ''}{place}: {problem}"))

    def is_too_long(self, letters: int) -> bool:
        """Whether a document of so many letters is not read; then that is its problem."""
        if letters > MOST_LETTERS:
            self.complain("в файле слишком много текста, больше 3 миллионов знаков; разделите его.")
        return letters > MOST_LETTERS

    def fill(self, *pages: list[Block]) -> None:
        """Take over the blocks of all pages; those with nothing on are only counted."""
        self.pages = len(pages)
        self.content = [Page(number, blocks) for number, blocks in enumerate(pages, 1) if blocks]
