"""Leads and contacts as the CRM told them last: older news never overwrite newer ones, and what changed is told on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from saudager.conversations.models import Contact as Ours
from saudager.crm import happenings
from saudager.crm.happenings import Change
from saudager.crm.models import CrmContact, CrmContactName, CrmLead
from saudager.db.base import AgentBase
from saudager.db.statements import Statement
from saudager.providers.crm import Contact, Lead
from saudager.settings import Settings
from saudager.words import storable


@dataclass(slots=True)
class Taken:
    """What came of some rows: how many were new or changed, and the ids of those."""

    added: int = 0
    changed: int = 0
    ids: list[int] = field(default_factory=list)


def take_contacts(session: Session, connection_id: int, contacts: Sequence[Contact], *, read_at: datetime) -> Taken:
    """Store contacts as they were at ``read_at``. What an erased person is called there is not taken again."""
    hold(session, connection_id)
    told = {one.id: one for one in contacts}
    stored = _stored(session, _KNOWN_CONTACTS, connection_id, told)
    erased = _erased(session, {row.contact_id for row in stored.values()})
    new, changed = list[dict[str, Any]](), list[dict[str, Any]]()
    for vendor_id, one in told.items():
        row, values = stored.get(vendor_id), _of_contact(one)
        if row is None:
            new.append(values | {"connection_id": connection_id, "read_at": read_at, "parted": False})
        elif _is_newer(one, read_at, row):
            if row.contact_id in erased:
                values = {name: value for name, value in values.items() if name not in _PERSONAL}
            changed.append(values | {"id": row.id, "read_at": read_at})
    taken = _write(session, CrmContact, connection_id, new, changed)
    _name(session, [row for row in _told(session, taken.ids) if row.contact_id not in erased])
    return taken


def take_leads(
    session: Session,
    connection_id: int,
    leads: Sequence[Lead],
    *,
    read_at: datetime,
    is_first: bool,
    settings: Settings,
    now: datetime,
) -> Taken:
    """Store leads as they were at ``read_at``, and tell what happened to them; while the account is read for the first
    time (``is_first``) nothing has happened yet."""
    hold(session, connection_id)
    told = {one.id: one for one in leads}
    stored = _stored(session, _KNOWN_LEADS, connection_id, told)
    nameless = _nameless(session, connection_id, told.values())
    new, changed, happened = list[dict[str, Any]](), list[dict[str, Any]](), list[Change]()
    for vendor_id, one in told.items():
        row, values = stored.get(vendor_id), _of_lead(one)
        if one.contacts and one.contacts[0] in nameless:
            values |= {"name": "", "values": {}}
        if row is None:
            new.append(values | {"connection_id": connection_id, "read_at": read_at, "stage_since": now})
            if not one.is_deleted:
                happened.append(Change(one, None, others=False))
        elif _is_newer(one, read_at, row):
            before = (row.pipeline_vendor_id, row.stage_vendor_id)
            moved = before != (one.pipeline_id, one.stage_id)
            since = {"stage_since": now} if moved else {}
            changed.append(values | since | {"id": row.id, "read_at": read_at})
            others = any(getattr(row, name) != values[name] for name in _OTHERS)
            if not one.is_deleted and (moved or others):
                happened.append(Change(one, before, others=others))
    taken = _write(session, CrmLead, connection_id, new, changed)
    if happened and not is_first:
        happenings.tell(session, connection_id, happened, settings=settings, now=now)
    return taken


def gone(
    session: Session,
    table: type[CrmLead] | type[CrmContact],
    connection_id: int,
    vendor_ids: Iterable[int],
    *,
    read_at: datetime,
) -> None:
    """They were not there any more at ``read_at``; who was read later is there again."""
    ids = list(vendor_ids)
    if not ids:
        return
    session.execute(
        update(table)
        .where(
            table.connection_id == connection_id,
            table.vendor_id.in_(ids),
            table.is_deleted.is_(False),
            table.read_at <= read_at,
        )
        .values(is_deleted=True)
    )
    if table is CrmContact:
        deleted = select(CrmContact.id).where(
            CrmContact.connection_id == connection_id, CrmContact.vendor_id.in_(ids), CrmContact.is_deleted
        )
        session.execute(delete(CrmContactName).where(CrmContactName.crm_contact_id.in_(deleted)))


def hold(session: Session, connection_id: int) -> None:
    """Nobody else takes in news of the account until the transaction is over."""
    _HOLD(session, connection=connection_id)


def unknown_contacts(session: Session, connection_id: int, leads: Iterable[Lead]) -> list[int]:
    """Numbers of contacts of these leads that we do not know."""
    wanted = {number for lead in leads for number in lead.contacts}
    known = select(CrmContact.vendor_id).where(
        CrmContact.connection_id == connection_id, CrmContact.vendor_id.in_(wanted)
    )
    return sorted(wanted - set(session.scalars(known)))


def _stored(session: Session, query: Any, connection_id: int, told: Iterable[int]) -> dict[int, Any]:
    table = query.column_descriptions[0]["entity"]
    found = query.where(table.connection_id == connection_id, table.vendor_id.in_(list(told)))
    return {row.vendor_id: row for row in session.execute(found)}


def _is_newer(told: Contact | Lead, read_at: datetime, stored: Any) -> bool:
    """The CRM's moments are whole seconds; within one of them what was read later counts."""
    if told.changed_at != stored.changed_at:
        return bool(told.changed_at > stored.changed_at)
    return bool(read_at >= stored.read_at)


def _erased(session: Session, contacts: Iterable[int | None]) -> set[int | None]:
    known = [one for one in contacts if one is not None]
    if not known:
        return set()
    return set(session.scalars(select(Ours.id).where(Ours.id.in_(known), Ours.erased_at.is_not(None))))


def _nameless(session: Session, connection_id: int, leads: Iterable[Lead]) -> set[int]:
    """The CRM's numbers of contacts who wanted to be forgotten."""
    mains = {one.contacts[0] for one in leads if one.contacts}
    found = (
        select(CrmContact.vendor_id)
        .join(Ours, Ours.id == CrmContact.contact_id)
        .where(CrmContact.connection_id == connection_id, CrmContact.vendor_id.in_(mains), Ours.erased_at.is_not(None))
    )
    return set(session.scalars(found)) if mains else set()


def _of_contact(one: Contact) -> dict[str, Any]:
    return {
        "vendor_id": one.id,
        "name": storable(one.name),
        "phones": list(one.phones),
        "emails": list(one.emails),
        "values": _plain(one.values),
        "responsible_id": one.responsible_id,
        "is_deleted": one.is_deleted,
        "changed_at": one.changed_at,
    }


def _of_lead(one: Lead) -> dict[str, Any]:
    return {
        "vendor_id": one.id,
        "name": storable(one.name),
        "price": one.price,
        "pipeline_vendor_id": one.pipeline_id,
        "stage_vendor_id": one.stage_id,
        "contact_vendor_id": one.contacts[0] if one.contacts else None,
        "contacts": list(one.contacts),
        "responsible_id": one.responsible_id,
        "values": _plain(one.values),
        "is_deleted": one.is_deleted,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "closed_at": one.closed_at,
    }


def _plain(values: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    return {
        number: [storable(one) if isinstance(one, str) else one for one in several]
        for number, several in values.items()
    }


def _write(
    session: Session,
    table: type[CrmLead] | type[CrmContact],
    connection_id: int,
    new: list[dict[str, Any]],
    changed: list[dict[str, Any]],
) -> Taken:
    rows_of = AgentBase.metadata.tables[table.__tablename__]
    if new:
        session.execute(insert(rows_of), new)
    for columns, rows in _alike(changed):
        by_id = update(rows_of).where(rows_of.c.id == bindparam("row"))
        session.execute(by_id.values({name: bindparam(name) for name in columns}), rows)
    ids = [row["id"] for row in changed]
    if new:
        numbers = [row["vendor_id"] for row in new]
        ids += session.scalars(
            select(table.id).where(table.connection_id == connection_id, table.vendor_id.in_(numbers))
        ).all()
    return Taken(len(new), len(changed), ids)


def _alike(changed: list[dict[str, Any]]) -> Iterator[tuple[Sequence[str], list[dict[str, Any]]]]:
    """Rows that change the same columns, their id under ``row``."""
    several: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for told in changed:
        values = {name: value for name, value in told.items() if name != "id"}
        several.setdefault(tuple(values), []).append(values | {"row": told["id"]})
    yield from several.items()


def _told(session: Session, ids: Sequence[int]) -> Iterable[Any]:
    named = select(
        CrmContact.id, CrmContact.contact_id, CrmContact.phones, CrmContact.emails, CrmContact.is_deleted
    ).where(CrmContact.id.in_(ids))
    return session.execute(named).all() if ids else ()


def _name(session: Session, rows: Sequence[Any]) -> None:
    """Keep what each of these contacts is known by, so that who shares a name is found at once."""
    wanted = {(row.id, kind, value) for row in rows if not row.is_deleted for kind, value in names_of(row)}
    kept = select(CrmContactName.crm_contact_id, CrmContactName.kind, CrmContactName.value)
    ids = [row.id for row in rows]
    stored = {
        (id, kind, value) for id, kind, value in session.execute(kept.where(CrmContactName.crm_contact_id.in_(ids)))
    }
    for id, kind, value in stored - wanted:
        _FORGET_NAME(session, id=id, kind=kind, value=value)
    if new := sorted(wanted - stored):
        session.execute(
            insert(AgentBase.metadata.tables[CrmContactName.__tablename__]),
            [{"crm_contact_id": id, "kind": kind, "value": value} for id, kind, value in new],
        )


def names_of(row: Any) -> Iterator[tuple[str, str]]:
    """What a contact of the CRM is known by, surest first."""
    yield from (("phone", phone) for phone in row.phones)
    yield from (("email", address) for address in row.emails)


_PERSONAL = frozenset({"name", "phones", "emails", "values"})
_OTHERS = ("name", "price", "values", "responsible_id", "contacts")
_KNOWN_CONTACTS = select(
    CrmContact.vendor_id, CrmContact.id, CrmContact.contact_id, CrmContact.changed_at, CrmContact.read_at
)
_KNOWN_LEADS = select(
    CrmLead.vendor_id,
    CrmLead.id,
    CrmLead.pipeline_vendor_id,
    CrmLead.stage_vendor_id,
    CrmLead.changed_at,
    CrmLead.read_at,
    *(getattr(CrmLead, name) for name in _OTHERS),
)
_HOLD = Statement("select id from crm_connections where id = :connection for update")
_FORGET_NAME = Statement("""
    delete from crm_contact_names where crm_contact_id = :id and kind = :kind and value = :value""")
