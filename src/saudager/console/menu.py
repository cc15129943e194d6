"""The menu of the console: what there is, and who sees it."""

from collections.abc import Iterator
from dataclasses import dataclass

from saudager.console.door import Visitor
from saudager.operators.roles import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; ``count`` names the number beside it."""

    path: str
    words: str
    icon: str
    role: Role = Role.VIEWER
    count: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as one visitor sees it."""

    path: str
    words: str
    icon: str
    count: str | None
    here: bool


ENTRIES: list[Entry] = [
    Entry("/console/today", "Сегодня", "today", count="today"),
]


def lines(visitor: Visitor, *, at: str) -> Iterator[Line]:
    """The lines this visitor may open; the one he is at is marked."""
    for entry in ENTRIES:
        if visitor.may(entry.role):
            here = at == entry.path or at.startswith(f"{entry.path}/")
            yield Line(entry.path, visitor.say(entry.words), entry.icon, entry.count, here)
