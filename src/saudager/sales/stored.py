"""What came of storing sales data, and one storing it at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from saudager.db.statements import Statement

T = TypeVar("T")
AT_ONCE = 500
"""How many are looked up together."""


@dataclass(slots=True)
class Stored:
    """The ids of what was told, in its order, and how many of it were new, changed, or known just so."""

    ids: list[int] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, other: "Stored") -> None:
        self.ids += other.ids
        self.added += other.added
        self.changed += other.changed
        self.unchanged += other.unchanged


def hold(session: Session) -> None:
    """Whoever stores sales data at the same time waits until this transaction is over: on SQLite all writers do."""
    _HOLD(session)


def batches(some: Iterable[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    rest = iter(some)
    while batch := list(islice(rest, size)):
        yield batch


def changes(known: Any, told: Mapping[str, Any], empties: Iterable[str]) -> dict[str, Any]:
    """What is told differently; nothing (None, or no letters) is no news, except of a field that is to be emptied."""
    emptied = frozenset(empties)
    return {
        name: value
        for name, value in told.items()
        if getattr(known, name) != value and (value not in (None, "") or name in emptied)
    }


def write_changes(session: Session, table: Any, changed: Iterable[Mapping[str, Any]]) -> None:
    """Rows by their ``id``, those that change the same columns together."""
    by_shape: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in changed:
        by_shape.setdefault(tuple(sorted(row.keys() - {"id"})), []).append(
            {("id_" if name == "id" else name): value for name, value in row.items()}
        )
    for shape, rows in by_shape.items():
        session.connection().execute(
            update(table).where(table.c.id == bindparam("id_")).values({name: bindparam(name) for name in shape}), rows
        )


_HOLD = Statement("select 1", postgresql="select pg_advisory_xact_lock(hashtextextended('sales', 0))")
