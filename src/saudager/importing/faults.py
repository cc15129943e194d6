"""What is wrong with the rows of a file, by line number: all of it, so that a person mends the file once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from saudager.importing.values import Cell, Unreadable, shown
from saudager.knowledge.tables import clean

T = TypeVar("T")

MOST_TOLD = 1_000
_MOST_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: the line a spreadsheet shows, the column's heading, and a Russian sentence."""

    line: int
    column: str
    says: str

    def __str__(self) -> str:
        return f"строка {self.line}{f', «{self.column}»' if self.column else ''}: {self.says}"


@dataclass(slots=True)
class Faults:
    """All faults are counted, the first MOST_TOLD are told."""

    told: list[Fault] = field(default_factory=list)
    total: int = 0

    def add(self, line: int, column: str, says: str) -> None:
        self.total += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(Fault(line, column, says))


@dataclass(slots=True)
class Checked:
    """What a file tells, or what is wrong with it: what it tells is of use only when there are no faults."""

    faults: Faults = field(default_factory=Faults)
    rows: int = 0


class RowReader:
    """The cells of one row by the names of our fields; what cannot be read becomes a fault of the row."""

    def __init__(self, columns: dict[str, int], headings: Sequence[str], faults: Faults) -> None:
        self._columns = columns
        self._headings = headings
        self._faults = faults
        self._line = 0
        self._cells: Sequence[Cell] = ()
        self.is_good = True

    def turn_to(self, line: int, cells: Sequence[Cell]) -> None:
        self._line, self._cells, self.is_good = line, cells, True

    def has(self, name: str) -> bool:
        """Whether the file has such a column."""
        return name in self._columns

    def heading(self, name: str) -> str:
        return self._headings[self._columns[name]] if name in self._columns else ""

    def take(self, name: str, read: Callable[[Cell], T], *, needed: bool = False) -> T | None:
        """What a cell says by ``read``; None for nothing, and for a fault."""
        if name not in self._columns:
            return None
        cell = self._cells[self._columns[name]]
        try:
            value = read(cell)
        except Unreadable as problem:
            words = clean(shown(cell))
            short = words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]}…"
            self.complain(name, f"«{short}»: {problem}.")
            return None
        if needed and value is None:
            self.complain(name, "пусто, а без этого строку не принять.")
        return value

    def complain(self, name: str, says: str, *, line: int | None = None) -> None:
        self.is_good = False
        self._faults.add(self._line if line is None else line, self.heading(name), says)
