"""Where a buyer is written to: in the conversation he has with us, else in one opened at his number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.conversations import identity
from saudager.conversations.opening import opened
from saudager.db.statements import Statement, moment
from saudager.phones import chat_with
from saudager.providers.gateway import Connection

_CLOSES_EARLY = timedelta(hours=1)
"""A message may wait so long for its turn; free text that comes after the window is refused."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Our connected numbers, which of them is the default one, and how long after a customer's line each may send him
    free text (None: always)."""

    windows: Mapping[str, timedelta | None]
    default: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A chat of one of our numbers, where the buyer has a conversation or could have one."""

    account: str
    chat: str
    conversation_id: int | None
    wrote_at: datetime | None
    """His newest line to this number."""


def numbers(accounts: Sequence[Connection]) -> Numbers:
    """What of the connected accounts matters here."""
    default = next((one.name for one in accounts if one.is_default), None)
    return Numbers({one.name: one.window for one in accounts}, default)


def find(session: Session, contact_id: int, phone: str, ours: Numbers, *, preferred: str | None) -> Place | None:
    """His newest conversation with a connected number, else his chat with the preferred or the default one; None when
    no number is connected."""
    for id, account, chat, wrote_at in _TALKS(session, contact=contact_id).fetchall():
        if account in ours.windows:
            return Place(account, chat, id, moment(wrote_at))
    account = preferred if preferred in ours.windows else ours.default
    return None if account is None else Place(account, chat_with(phone), None, None)


def takes_free_text(place: Place, ours: Numbers, *, now: datetime) -> bool:
    """Whether the messenger lets us write words of our own there; otherwise it wants an approved template."""
    window = ours.windows[place.account]
    return window is None or (place.wrote_at is not None and now < place.wrote_at + window - _CLOSES_EARLY)


def open_conversation(session: Session, contact_id: int, phone: str, place: Place, *, now: datetime) -> tuple[int, int]:
    """The conversation at the place, made when there is none, and its contact, who may prove to be another one that is
    known by the chat."""
    if place.conversation_id is not None:
        return contact_id, place.conversation_id
    names = [("phone", phone), ("chat", place.chat)]
    contact = identity.recognise(session, names, now=now)
    return contact, opened(session, contact, place.account, place.chat, now=now)


_TALKS = Statement("""
    select k.id, k.account, k.chat, (
        select max((select m.sent_at from messages m
            where m.conversation_id = his.id and m.author = 'customer' order by m.id desc limit 1))
        from conversations his where his.contact_id = k.contact_id and his.account = k.account)
    from conversations k where k.contact_id = :contact
    order by coalesce(k.last_message_at, k.created_at) desc, k.id desc""")
