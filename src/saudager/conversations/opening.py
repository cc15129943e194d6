"""The conversation of one of our accounts with somebody, opened when there is none."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import insert_into


def opened(session: Session, contact_id: int, account: str, chat: str, *, now: datetime) -> int:
    """The conversation in this chat, whose it is from now on."""
    row = _OPEN(session, contact_id=contact_id, account=account, chat=chat, created_at=now).fetchone()
    conversation: int = row[0]
    return conversation


_OPEN = insert_into(
    "conversations",
    ("contact_id", "account", "chat", "created_at"),
    "on conflict (account, chat) do update set contact_id = excluded.contact_id returning id",
)
