"""The people in companies as somebody tells of them, and what they said about offers by mail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, insert, select
from sqlalchemy.orm import Session

from saudager.errors import NotFound
from saudager.sales import naming
from saudager.sales.models import Consent, Person
from saudager.sales.stored import Stored, batches, changes, hold, write_changes
from saudager.words import storable

LANGUAGES = ("ru", "kk", "en")
_TABLE: Table = Person.__table__  # type: ignore[assignment]
_TOLD = ("name", "position", "email", "phone", "language", "contact_id")
_ROW = select(*(_TABLE.c[name] for name in ("id", "company_id", "key", *_TOLD, "consent", "consent_at")))

_Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Told:
    """A person as he is told: without a ``key`` he is known in his company by his address, else by his name.

    ``email`` and ``phone`` are normalised already (``naming.email``, ``phones.normalise_phone``).
    """

    company_id: int
    name: str
    position: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    consent: Consent | None = None
    consent_at: datetime | None = None
    """When he said so; None: nobody told. What is still to come nobody has said: it counts as not told."""
    key: str = ""
    contact_id: int | None = None
    empties: frozenset[str] = frozenset()
    """Fields of which nothing means that there is nothing, and not that nobody told."""

    @property
    def known_by(self) -> _Key:
        return self.company_id, storable(self.key or naming.person_key(self.name, self.email))


def store(session: Session, told: Sequence[Told], *, now: datetime) -> Stored:
    """Bring people up to date in the caller's transaction; of several tellings of one the last counts.

    Somebody known by his name alone is he who is told with an address later, and told by name once more he is the only
    one of that name in his company, if there is only one. Who refused agrees again only by a word that is dated later
    than his refusal: a list from before does not speak for him.
    """
    hold(session)
    stored = Stored()
    for batch in batches(told):
        stored.add(_store(session, batch, now=now))
    return stored


def decide(session: Session, person_id: int, consent: Consent | None, *, now: datetime) -> Person:
    """A person of the shop notes what somebody said about offers by mail; None: nobody asked him. Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound(f"Человека {person_id} нет.")
    if person.consent != consent:
        person.consent, person.consent_at, person.updated_at = consent, now if consent else None, now
    return person


def agrees(session: Session, email: str) -> bool | None:
    """Whether whoever reads the address wants offers by mail; a refusal counts most, None: nobody asked him."""
    said = session.scalars(select(Person.consent).where(Person.email == email, Person.consent.is_not(None))).all()
    return Consent.REFUSED not in said if said else None


def _store(session: Session, told: Sequence[Told], *, now: datetime) -> Stored:
    latest = {one.known_by: _said_by(one, now) for one in told}
    known = _known(session, latest)
    new, changed, unchanged = [], [], 0
    for key, one in latest.items():
        person = known.get(key)
        values: dict[str, Any] = {name: _plain(getattr(one, name)) for name in _TOLD}
        if person is None:
            consent_at = (one.consent_at or now) if one.consent else None
            new.append(
                values
                | {"company_id": key[0], "key": key[1], "consent": one.consent, "consent_at": consent_at}
                | {"created_at": now, "updated_at": now}
            )
            continue
        if person.key.startswith("name:") and key[1].startswith("email:"):
            values["key"] = key[1]
        if news := changes(person, values, one.empties) | _consent(person, one, now):
            changed.append(news | {"id": person.id, "updated_at": now})
        else:
            unchanged += 1
    ids = {key: person.id for key, person in known.items()}
    if new:
        made = insert(_TABLE).returning(_TABLE.c.company_id, _TABLE.c.key, _TABLE.c.id)
        ids |= {(company, key): id for company, key, id in session.execute(made, new)}
    write_changes(session, _TABLE, changed)
    return Stored([ids[one.known_by] for one in told], len(new), len(changed), unchanged)


def _known(session: Session, told: dict[_Key, Told]) -> dict[_Key, Row[Any]]:
    """The stored person of each key that has one."""
    stored = list(session.execute(_ROW.where(_TABLE.c.company_id.in_({company for company, _ in told}))))
    found = {(row.company_id, row.key): row for row in stored}
    known = {key: found[key] for key in told if key in found}
    taken = {row.id for row in known.values()}
    namesakes = _by_name(row for row in stored if row.id not in taken)
    for key, one in told.items():
        if key in known or key[1].startswith("contact:"):
            continue
        same = namesakes.get((key[0], naming.plain_name(one.name)), [])
        if one.email:
            same = [row for row in same if row.email is None]
        if len(same) == 1 and same[0].id not in taken:
            known[key] = same[0]
            taken.add(same[0].id)
    return known


def _by_name(rows: Iterable[Row[Any]]) -> dict[_Key, list[Row[Any]]]:
    named: dict[_Key, list[Row[Any]]] = {}
    for row in rows:
        named.setdefault((row.company_id, naming.plain_name(row.name)), []).append(row)
    return named


def _consent(known: Row[Any], told: Told, now: datetime) -> dict[str, Any]:
    if told.consent is None or told.consent == known.consent:
        return {}
    is_later = told.consent_at is not None and (known.consent_at is None or told.consent_at > known.consent_at)
    if known.consent is None or is_later or (told.consent is Consent.REFUSED and told.consent_at is None):
        return {"consent": told.consent, "consent_at": told.consent_at or now}
    return {}


def _said_by(told: Told, now: datetime) -> Told:
    """A day ahead would outlive every refusal until then."""
    return replace(told, consent_at=None) if told.consent_at is not None and told.consent_at > now else told


def _plain(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value
