"""What a customer allows us to write unasked: everything he said about it is kept, the newest counts."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import Statement, insert_into

EVERYTHING, OFFERS, RESUME = "everything", "offers", "resume"


def note(session: Session, contact_id: int, wish: str, words: str, now: datetime) -> None:
    """Keep what he wishes, in his own words: ``everything`` or ``offers`` to stop, ``resume`` to hear from us again."""
    _NOTE(session, contact_id=contact_id, wish=wish, words=words, said_at=now)


def standing(session: Session, contact_id: int) -> str | None:
    """What is stopped for him now: ``everything``, ``offers``, or None."""
    row = _NEWEST(session, contact=contact_id).fetchone()
    return None if row is None or row[0] == RESUME else str(row[0])


_NOTE = insert_into("consents", ("contact_id", "wish", "words", "said_at"))
_NEWEST = Statement("select wish from consents where contact_id = :contact order by id desc limit 1")
