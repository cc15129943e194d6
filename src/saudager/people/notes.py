"""What operators write down about a contact for each other."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.people import card
from saudager.people.models import ContactNote

LONGEST = 4000


def write(session: Session, contact_id: int, text: str, *, who: str, now: datetime) -> ContactNote:
    """Keep a note of ``who``; raises Refused for an empty one or one too long, and as ``card.in_use`` does."""
    card.in_use(session, contact_id)
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Refused(f"Напишите заметку: от 1 до {LONGEST} знаков.")
    note = ContactNote(contact_id=contact_id, text=words, written_by=who, written_at=now)
    session.add(note)
    session.flush()
    return note


def remove(session: Session, contact_id: int, note_id: int, *, now: datetime) -> None:
    """Take a note of the contact away; it can be put back. Raises NotFound when he has none such."""
    _note(session, contact_id, note_id).removed_at = now


def put_back(session: Session, contact_id: int, note_id: int) -> None:
    """Undo ``remove``."""
    _note(session, contact_id, note_id).removed_at = None


def listed(session: Session, contact_id: int, *, limit: int = 100) -> Sequence[ContactNote]:
    """The contact's notes, newest first."""
    return session.scalars(
        select(ContactNote)
        .where(ContactNote.contact_id == contact_id, ContactNote.removed_at.is_(None))
        .order_by(ContactNote.id.desc())
        .limit(limit)
    ).all()


def _note(session: Session, contact_id: int, note_id: int) -> ContactNote:
    note = session.get(ContactNote, note_id)
    if note is None or note.contact_id != contact_id:
        raise NotFound("Такой заметки нет.")
    return note
