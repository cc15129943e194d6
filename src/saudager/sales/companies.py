"""Companies as somebody tells of them: a file, another program, a marketplace; told again they are the same ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, insert, select
from sqlalchemy.orm import Session

from saudager.sales import naming
from saudager.sales.models import Company
from saudager.sales.stored import Stored, batches, changes, hold, write_changes
from saudager.words import storable

_TABLE: Table = Company.__table__  # type: ignore[assignment]
_ROW = select(
    *(_TABLE.c[name] for name in ("id", "key", "name", "plain", "is_person", "tax_id", "contact_id")),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A company as it is told: without a ``key`` it is known by its tax number, else by its name."""

    name: str
    tax_id: str | None = None
    key: str = ""
    is_person: bool = False
    contact_id: int | None = None
    empties: frozenset[str] = frozenset()
    """Fields of which nothing means that there is nothing, and not that nobody told."""

    @property
    def known_by(self) -> str:
        return storable(self.key or naming.company_key(self.name, self.tax_id))


def store(session: Session, told: Sequence[Told], *, now: datetime) -> Stored:
    """Bring companies up to date in the caller's transaction; of several tellings of one the last counts.

    A company once told by its name alone is the one that is told with a tax number later; told by name once more it is
    the only one of that name, if there is only one.
    """
    hold(session)
    stored = Stored()
    for batch in batches(told):
        stored.add(_store(session, batch, now=now))
    return stored


def _store(session: Session, told: Sequence[Told], *, now: datetime) -> Stored:
    latest = {one.known_by: one for one in told}
    known = _known(session, latest.values())
    new, changed, unchanged = [], [], 0
    for key, one in latest.items():
        company = known.get(key)
        if company is None:
            new.append(_values(one) | {"key": key, "created_at": now, "updated_at": now})
            continue
        values = _values(one)
        if company.key.startswith(("tax:", "own:")) and key.startswith("name:"):
            del values["name"], values["plain"]
        if company.key.startswith("name:") and key.startswith("tax:"):
            values["key"] = key
        if news := changes(company, values, one.empties):
            changed.append(news | {"id": company.id, "updated_at": now})
        else:
            unchanged += 1
    ids = {key: company.id for key, company in known.items()}
    if new:
        made = insert(_TABLE).returning(_TABLE.c.key, _TABLE.c.id)
        ids |= {key: id for key, id in session.execute(made, new)}  # noqa: C416
    write_changes(session, _TABLE, changed)
    return Stored([ids[one.known_by] for one in told], len(new), len(changed), unchanged)


def _known(session: Session, told: Iterable[Told]) -> dict[str, Row[Any]]:
    """The stored company of each key that has one."""
    by_key = {one.known_by: one for one in told}
    wanted = set(by_key) | {naming.company_key(one.name) for one in by_key.values()}
    found = {row.key: row for row in session.execute(_ROW.where(_TABLE.c.key.in_(wanted)))}
    known = {key: found[key] for key in by_key if key in found}
    taken = {row.id for row in known.values()}
    for key, one in by_key.items():
        named = found.get(naming.company_key(one.name))
        if key not in known and key.startswith("tax:") and named is not None and named.id not in taken:
            known[key] = named
            taken.add(named.id)
    nameless = {
        naming.plain_company(one.name): key
        for key, one in by_key.items()
        if key not in known and key.startswith("name:")
    }
    if nameless:
        namesakes: dict[str, list[Row[Any]]] = {}
        same = _ROW.where(_TABLE.c.plain.in_(nameless), ~_TABLE.c.is_person, ~_TABLE.c.key.startswith("name:"))
        for row in session.execute(same):
            namesakes.setdefault(row.plain, []).append(row)
        known |= {nameless[name]: rows[0] for name, rows in namesakes.items() if len(rows) == 1}
    return known


def _values(told: Told) -> dict[str, Any]:
    return {
        "name": storable(told.name),
        "plain": storable(naming.plain_company(told.name)),
        "is_person": told.is_person,
        "tax_id": told.tax_id,
        "contact_id": told.contact_id,
    }
