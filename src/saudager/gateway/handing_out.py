"""What the log of messages holds of a person, for whoever asks what is kept of him."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from saudager.gateway.models import Account, LoggedMessage

AT_ONCE = 500


def theirs(session: Session, phones: Sequence[str], chats: Sequence[str]) -> ColumnElement[bool]:
    """Rows of the log that are to or from these numbers and chats."""
    names = session.scalars(select(Account.name)).all()
    return or_(LoggedMessage.phone_number.in_(phones), LoggedMessage.account.in_(names) & LoggedMessage.chat.in_(chats))


def logged(session: Session, phones: Sequence[str], chats: Sequence[str], *, after: int) -> list[dict[str, Any]]:
    """The next 500 of them as they are stored, moments as ISO 8601; ``after`` is the id of the last one."""
    columns = LoggedMessage.__table__.columns
    found = select(*columns).where(theirs(session, phones, chats), LoggedMessage.id > after)
    rows = session.execute(found.order_by(LoggedMessage.id).limit(AT_ONCE)).mappings()
    return [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in rows
    ]
