"""What a customer allows us to write unasked: everything he said about it is kept, the newest counts."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager import events
from saudager.db.statements import Statement, insert_into
from saudager.events import Happened

EVERYTHING, OFFERS, RESUME = "everything", "offers", "resume"


def note(
    session: Session, contact_id: int, wish: str, words: str, now: datetime, *, noted_by: str | None = None
) -> None:
    """Keep what he wishes, in his own words: ``everything`` or ``offers`` to stop, ``resume`` to hear from us again.

    ``noted_by`` is the operator who writes it down for him.
    """
    _NOTE(session, contact_id=contact_id, wish=wish, words=words, said_at=now, noted_by=noted_by)
    if wish != RESUME:
        about = f"contact:{contact_id}"
        events.tell(
            session, Happened.CUSTOMER_STOPPED, about, contact_id=contact_id, facts={"wish": str(wish)}, now=now
        )


def note_of_conversation(session: Session, conversation_id: int, wish: str, words: str, now: datetime) -> int:
    """The same for the contact of a conversation, whose id is given back; what stands already is not kept again."""
    contact: int = _CONTACT(session, conversation=conversation_id).fetchone()[0]
    newest = _NEWEST(session, contact=contact).fetchone()
    if (RESUME if newest is None else newest[0]) != wish:
        note(session, contact, wish, words, now)
    return contact


def said_since(session: Session, contact_id: int, since: datetime) -> str | None:
    """The newest wish, if he said it at the moment or later."""
    row = _SAID(session, contact=contact_id, since=since).fetchone()
    return None if row is None else str(row[0])


def standing(session: Session, contact_id: int) -> str | None:
    """What is stopped for him now: ``everything``, ``offers``, or None."""
    row = _NEWEST(session, contact=contact_id).fetchone()
    return None if row is None or row[0] == RESUME else str(row[0])


_NOTE = insert_into("consents", ("contact_id", "wish", "words", "said_at", "noted_by"))
_CONTACT = Statement("select contact_id from conversations where id = :conversation")
_SAID = Statement("""
    select wish from consents where contact_id = :contact and said_at >= :since order by id desc limit 1""")
_NEWEST = Statement("select wish from consents where contact_id = :contact order by id desc limit 1")
