"""Whom of ours a contact of the CRM is: found by phone and address, made when nobody is known, and parted again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from saudager.conversations import merging, refusals
from saudager.conversations.models import Contact, Conversation, Identity, Merge
from saudager.crm.mirror import names_of
from saudager.crm.models import CrmContact, CrmContactName
from saudager.db.base import AgentBase
from saudager.db.statements import Statement
from saudager.errors import NotFound, Refused

SHARED_BY = 3
"""A phone that stands at more contacts is an office's, and tells nothing of who one is."""
_AT_ONCE = 250
_AT_ONCE_WITH_REFUSALS = 25
"""Whoever is new is looked for among those who asked not to be written to, which takes some milliseconds a name."""
Name = tuple[str, str]


@dataclass(slots=True, eq=False)
class _New:
    """Somebody who is to become a contact of ours; ``id`` once he is."""

    phone: str | None
    name: str | None
    id: int = 0


@dataclass(slots=True)
class _Known:
    """Whose names are, as far as it matters for some contacts of the CRM."""

    people: dict[Name, int | _New]
    shared: set[Name]
    new: list[_New] = field(default_factory=list)
    named: dict[Name, int | _New] = field(default_factory=dict)
    """Names that were nobody's before."""
    joined: dict[int, int | _New] = field(default_factory=dict)
    """Who they turned out to be, by the id of the contact of the CRM."""
    moved: dict[int, int] = field(default_factory=dict)
    """Who was merged into whom meanwhile."""

    def of(self, kind: str, names: Iterable[Name]) -> int | _New | None:
        """Who has the first of these names of a kind that anybody has."""
        return next((self.people[name] for name in names if name[0] == kind and name in self.people), None)

    def give(self, name: Name, to: int | _New) -> None:
        self.people[name] = self.named[name] = to

    def merged(self, merged: int, kept: int) -> None:
        self.moved[merged] = kept
        for whose in (self.people, self.named, self.joined):
            _pass_on(whose, merged, kept)


def meet(session: Session, ids: Sequence[int], *, now: datetime) -> int:
    """Join these contacts of the CRM to ours; how many are joined now.

    One whose phone and whose address belong to two of ours shows that those are one person: they are merged, unless a
    person has parted them before. Nobody is brought back who was erased.
    """
    rows = session.execute(_UNPARTED.where(CrmContact.id.in_(ids))).all() if ids else []
    known = _known(session, {name for row in rows for name in names_of(row)})
    done = dict[int, dict[str, Any]]()
    for row in rows:
        names = [name for name in names_of(row) if name not in known.shared]
        who, merge = _who(session, row, names, known, now=now)
        if who is None:
            continue
        given = [name for name in names if name not in known.people]
        for name in given:
            known.give(name, who)
        known.joined[row.id] = who
        if row.contact_id is None or given or merge is not None:
            done[row.id] = _added(row.joined, given, merge, is_made=isinstance(who, _New))
    _make(session, known.new, now=now)
    _write_names(session, known)
    _write_joined(session, {id: (_id_of(known.joined[id]), told) for id, told in done.items()})
    for row in rows:
        if row.id in done and isinstance(whose := known.joined[row.id], int):
            _CALL(session, id=whose, name=row.name or None, phone=next(iter(row.phones), None), now=now)
    return len(known.joined)


def meet_next(session: Session, connection_id: int, *, after: int, now: datetime) -> tuple[int | None, int]:
    """The next contacts of an account beyond this id: the id to go on after, None when there are no more, and how many
    were joined."""
    most = _AT_ONCE_WITH_REFUSALS if refusals.are_kept(session) else _AT_ONCE
    found = select(CrmContact.id).where(CrmContact.connection_id == connection_id, CrmContact.id > after)
    ids = session.scalars(found.order_by(CrmContact.id).limit(most)).all()
    joined = meet(session, ids, now=now)
    return (ids[-1] if len(ids) == most else None), joined


def join(session: Session, crm_contact_id: int, contact_id: int, *, now: datetime) -> None:
    """A person says who it is. Names of nobody become his. Raises NotFound, and Refused for a contact that was merged
    into another."""
    row, contact = _one(session, crm_contact_id), session.get(Contact, contact_id)
    if contact is None or contact.erased_at is not None:
        raise NotFound(f"Контакта {contact_id} нет.")
    if contact.merged_into_id is not None:
        raise Refused(f"Контакт {contact_id} объединён с контактом {contact.merged_into_id}.")
    if row.contact_id is not None and not row.parted:
        part(session, crm_contact_id, now=now)
    names = list(names_of(row))
    known = _known(session, names)
    given = [name for name in names if name not in known.people and name not in known.shared]
    for name in given:
        known.give(name, contact_id)
    _write_names(session, known)
    row.contact_id, row.parted = contact_id, False
    row.joined = _added(None, given, None, is_made=False)


def part(session: Session, crm_contact_id: int, *, now: datetime) -> None:
    """A person says that it is somebody else: what joining them did is taken back, and it is joined to nobody by itself
    any more. Names he has talked to us under meanwhile stay his."""
    row = _one(session, crm_contact_id)
    did = row.joined or _NOTHING
    for merge_id in reversed(did["merges"]):
        merge = session.get(Merge, merge_id)
        if merge is not None and merge.undone_at is None:
            merging.undo(session, merge_id, now=now)
    session.flush()
    if row.contact_id is not None and not did["made"]:
        talked_under = _talked_under(session, row.contact_id)
        for kind, value in did["names"]:
            if value not in talked_under:
                _TAKE_NAME(session, kind=kind, value=value, contact=row.contact_id)
    row.contact_id, row.joined, row.parted = None, None, True


def _who(
    session: Session,
    row: Any,
    names: Sequence[Name],
    known: _Known,
    *,
    now: datetime,
) -> tuple[int | _New | None, int | None]:
    """Who of ours it is, and the merge that made him one."""
    by_phone, by_mail = known.of("phone", names), known.of("email", names)
    who = known.moved.get(row.contact_id, row.contact_id)
    if who is None:
        who = by_phone if by_phone is not None else by_mail
    if by_phone is not None and by_mail is not None and by_phone is not by_mail and by_phone != by_mail:
        if who not in (by_phone, by_mail):
            return who, None
        _make(session, known.new, now=now)
        kept, merged = sorted((_id_of(by_phone), _id_of(by_mail)))
        if _WAS_PARTED(session, one=kept, other=merged).fetchone() is not None:
            return who, None
        merge = merging.merge(session, kept, merged, now=now)
        known.merged(merged, kept)
        return kept, merge.id
    if who is None and names:
        phone = next((value for kind, value in names if kind == "phone"), None)
        who = _New(phone, row.name or None)
        known.new.append(who)
    return who, None


def _known(session: Session, names: Collection[Name]) -> _Known:
    people, shared = dict[Name, int | _New](), set[Name]()
    for kind, several in groupby(sorted(names), key=itemgetter(0)):
        values = [value for _, value in several]
        found = select(Identity.value, Identity.contact_id).where(Identity.kind == kind, Identity.value.in_(values))
        people |= {(kind, value): contact for value, contact in session.execute(found)}
        shared |= {(kind, value) for value in session.scalars(_shared(kind, values))}
    return _Known(people, shared)


def _shared(kind: str, values: Sequence[str]) -> Select[Any]:
    return (
        select(CrmContactName.value)
        .where(CrmContactName.kind == kind, CrmContactName.value.in_(values))
        .group_by(CrmContactName.value)
        .having(func.count() > SHARED_BY)
    )


def _make(session: Session, new: Sequence[_New], *, now: datetime) -> None:
    """Make contacts of those who are none yet. Two with one name and number are alike, whichever id each gets."""
    alike: dict[tuple[str | None, str | None], list[_New]] = {}
    for one in new:
        if not one.id:
            alike.setdefault((one.phone, one.name), []).append(one)
    rows = [
        {"phone_number": phone, "name": name, "created_at": now, "updated_at": now}
        for (phone, name), several in alike.items()
        for _ in several
    ]
    if rows:
        table = AgentBase.metadata.tables[Contact.__tablename__]
        made = insert(table).returning(table.c.id, table.c.phone_number, table.c.name)
        for id, phone, name in session.execute(made, rows):
            alike[phone, name].pop().id = id


def _write_names(session: Session, known: _Known) -> None:
    if not known.named:
        return
    named = {name: _id_of(whose) for name, whose in known.named.items()}
    session.execute(
        insert(AgentBase.metadata.tables[Identity.__tablename__]),
        [{"kind": kind, "value": value, "contact_id": id} for (kind, value), id in named.items()],
    )
    if refusals.are_kept(session):
        for name, id in named.items():
            refusals.recall(session, id, [name])


def _write_joined(session: Session, done: Mapping[int, tuple[int, dict[str, Any]]]) -> None:
    rows = [{"row": id, "contact": contact, "told": told} for id, (contact, told) in done.items()]
    if rows:
        table = AgentBase.metadata.tables[CrmContact.__tablename__]
        by_id = update(table).where(table.c.id == bindparam("row"))
        session.execute(by_id.values(contact_id=bindparam("contact"), joined=bindparam("told")), rows)


def _added(before: Any, given: Sequence[Name], merge: int | None, *, is_made: bool) -> dict[str, Any]:
    """What joining did, with what it did before."""
    told = before or _NOTHING
    return {
        "names": [*told["names"], *(list(name) for name in given)],
        "merges": [*told["merges"], *([] if merge is None else [merge])],
        "made": told["made"] or is_made,
    }


def _one(session: Session, crm_contact_id: int) -> CrmContact:
    row = session.get(CrmContact, crm_contact_id)
    if row is None:
        raise NotFound(f"Контакта CRM {crm_contact_id} нет.")
    return row


def _talked_under(session: Session, contact_id: int) -> set[str]:
    """Numbers and addresses of his conversations."""
    chats = session.scalars(select(Conversation.chat).where(Conversation.contact_id == contact_id)).all()
    return {*chats, *(merging.number_of("chat", chat)[1] for chat in chats)}


def _pass_on(whose: dict[Any, int | _New], merged: int, kept: int) -> None:
    whose.update({key: kept for key, one in whose.items() if _id_of(one) == merged})


def _id_of(who: int | _New) -> int:
    return who if isinstance(who, int) else who.id


_NOTHING: Mapping[str, Any] = {"names": [], "merges": [], "made": False}
_UNPARTED = (
    select(
        CrmContact.id, CrmContact.contact_id, CrmContact.name, CrmContact.phones, CrmContact.emails, CrmContact.joined
    )
    .outerjoin(Contact, Contact.id == CrmContact.contact_id)
    .where(CrmContact.parted.is_(False), CrmContact.is_deleted.is_(False), Contact.erased_at.is_(None))
    .order_by(CrmContact.id)
)
_WAS_PARTED = Statement("""
    select 1 from merges where undone_at is not null
        and ((kept_id = :one and merged_id = :other) or (kept_id = :other and merged_id = :one)) limit 1""")
_TAKE_NAME = Statement("""
    delete from identities where kind = :kind and value = :value and contact_id = :contact""")
_CALL = Statement("""
    update contacts set name = coalesce(name, :name), phone_number = coalesce(phone_number, :phone), updated_at = :now
    where id = :id and ((name is null and full_name is null and cast(:name as text) is not null)
        or (phone_number is null and cast(:phone as text) is not null))""")
