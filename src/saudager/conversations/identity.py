"""Whose line is it: one person behind a phone, a chat, a hidden id; joined when we learn it, and parted again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import column, select, table, update
from sqlalchemy.orm import Session

from saudager.contracts import IncomingMessage
from saudager.conversations.models import Contact, Conversation, Identity, Merge
from saudager.db.statements import Statement, insert_into
from saudager.errors import NotFound

Names = Sequence[tuple[str, str]]

_BELONGINGS = [
    table(name, column("id"), column("contact_id")) for name in ("consents", "outreach_verdicts", "scheduled_calls")
]
"""What rooms above this one keep of a contact, and what follows him when he proves to be another."""

_KNOWN = Statement("select contact_id from identities where kind = :kind and value = :value")
_NEW_CONTACT = insert_into("contacts", ("created_at", "updated_at"), "returning id")
_NAME = insert_into("identities", ("kind", "value", "contact_id"))


def names_of(incoming: IncomingMessage) -> Names:
    """Every name a line gives its contact, as (kind, value), surest first."""
    names = [("chat", incoming.chat)]
    if incoming.phone_number:
        names.insert(0, ("phone", incoming.phone_number))
    if incoming.contact.lid:
        names.append(("lid", incoming.contact.lid))
    if incoming.contact.bsuid:
        names.append(("bsuid", incoming.contact.bsuid))
    return names


def recognise(session: Session, names: Names, *, now: datetime) -> int:
    """The contact behind these names: found, or new; several that now prove to be one person are merged."""
    found = {name: _KNOWN(session, kind=name[0], value=name[1]).fetchone() for name in names}
    contacts = sorted({row[0] for row in found.values() if row is not None})
    if contacts:
        contact: int = contacts[0]
        for other in contacts[1:]:
            merge(session, contact, other, now=now)
    else:
        contact = _NEW_CONTACT(session, created_at=now, updated_at=now).fetchone()[0]
    for (kind, value), row in found.items():
        if row is None:
            _NAME(session, kind=kind, value=value, contact_id=contact)
    return contact


def with_phone(session: Session, phone: str) -> int | None:
    """The contact known by this number, or None."""
    row = _KNOWN(session, kind="phone", value=phone).fetchone()
    return None if row is None else int(row[0])


def merge(session: Session, kept_id: int, merged_id: int, *, now: datetime) -> Merge:
    """Move identities, conversations and what else is kept of one contact to another; what was moved is remembered."""
    identities = session.scalars(select(Identity).where(Identity.contact_id == merged_id)).all()
    conversations = session.scalars(select(Conversation).where(Conversation.contact_id == merged_id)).all()
    moved: dict[str, list[Any]] = {
        "identities": [[identity.kind, identity.value] for identity in identities],
        "conversations": [conversation.id for conversation in conversations],
    }
    for kept_of in _BELONGINGS:
        theirs = session.scalars(select(kept_of.c.id).where(kept_of.c.contact_id == merged_id)).all()
        if theirs:
            session.execute(update(kept_of).where(kept_of.c.contact_id == merged_id).values(contact_id=kept_id))
            moved[kept_of.name] = list(theirs)
    for identity in identities:
        identity.contact_id = kept_id
    for conversation in conversations:
        conversation.contact_id = kept_id
    kept, merged = session.get_one(Contact, kept_id), session.get_one(Contact, merged_id)
    merged.merged_into_id = kept_id
    if kept.is_client is None and merged.is_client is not None:
        kept.is_client = merged.is_client
        kept.classification_confidence = merged.classification_confidence
        kept.classification_reasoning = merged.classification_reasoning
        kept.classified_at = merged.classified_at
        kept.classified_by = merged.classified_by
    kept.phone_number = kept.phone_number or merged.phone_number
    done = Merge(kept_id=kept_id, merged_id=merged_id, moved=moved, merged_at=now)
    session.add(done)
    session.flush()
    return done


def undo(session: Session, merge_id: int, *, now: datetime) -> None:
    """Part two contacts again; raises NotFound when there is no such merge or it was undone before."""
    done = session.get(Merge, merge_id)
    if done is None or done.undone_at is not None:
        raise NotFound(f"there is no merge {merge_id} to undo")
    back = {"contact_id": done.merged_id}
    for kind, value in done.moved["identities"]:
        session.execute(update(Identity).where(Identity.kind == kind, Identity.value == value).values(back))
    session.execute(update(Conversation).where(Conversation.id.in_(done.moved["conversations"])).values(back))
    for kept_of in _BELONGINGS:
        session.execute(update(kept_of).where(kept_of.c.id.in_(done.moved.get(kept_of.name, []))).values(back))
    session.get_one(Contact, done.merged_id).merged_into_id = None
    done.undone_at = now
