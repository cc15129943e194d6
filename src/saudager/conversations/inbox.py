"""What reached us: store each line once, and amend a stored one when it is edited, deleted or put into words."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import contracts
from saudager.contracts import IncomingMessage, Kind
from saudager.conversations import identity
from saudager.conversations.models import Author, Message
from saudager.db.statements import Statement, insert_into


class Receipt(Enum):
    """What storing a line came to."""

    NEW = auto()
    AMENDED = auto()
    SEEN_BEFORE = auto()


@dataclass(frozen=True, slots=True)
class Received:
    """A line and the conversation it belongs to."""

    receipt: Receipt
    message: Message
    conversation_id: int


def receive(session: Session, incoming: IncomingMessage, *, now: datetime) -> Received:
    """Store a line: its contact and conversation are found or made; a repeated one changes nothing."""
    conversation_id = _enter(session, incoming, now=now)
    message = _new_message(incoming, conversation_id, now=now)
    stored_id = _store(session, message)
    if stored_id is not None:
        message.id = stored_id
        return Received(Receipt.NEW, message, conversation_id)
    stored = session.scalars(
        select(Message).where(Message.account == incoming.account, Message.message_id == incoming.message_id)
    ).one()
    receipt = Receipt.AMENDED if _amend(stored, incoming, now=now) else Receipt.SEEN_BEFORE
    return Received(receipt, stored, conversation_id)


def _enter(session: Session, incoming: IncomingMessage, *, now: datetime) -> int:
    """The conversation of the line, with what the line tells of its contact; what is empty there erases nothing."""
    contact_id = identity.recognise(session, identity.names_of(incoming), now=now)
    tells = incoming.contact if incoming.author == "customer" else contracts.Contact()
    _KEEP_UP(
        session,
        contact=contact_id,
        phone=incoming.phone_number,
        name=tells.name,
        full_name=tells.full_name,
        business_name=tells.business_name,
        at=incoming.sent_at,
        now=now,
    )
    conversation_id: int = _CONVERSATION(
        session,
        contact_id=contact_id,
        account=incoming.account,
        chat=incoming.chat,
        last_message_at=incoming.sent_at,
        unread=int(incoming.author == "customer" and not incoming.history and incoming.kind is not Kind.DELETION),
        message_id=incoming.message_id,
        created_at=now,
    ).fetchone()[0]
    return conversation_id


def _new_message(incoming: IncomingMessage, conversation_id: int, *, now: datetime) -> Message:
    amendment = incoming.kind in (Kind.EDIT, Kind.DELETION)
    return Message(
        conversation_id=conversation_id,
        account=incoming.account,
        message_id=incoming.message_id,
        author=Author(incoming.author),
        kind=Kind.TEXT if amendment else incoming.kind,
        text=None if incoming.is_voice else incoming.message_text,
        subject=incoming.subject,
        is_voice=incoming.is_voice,
        voice_transcription=incoming.message_text if incoming.is_voice else None,
        media=incoming.media.model_dump(exclude_none=True) if incoming.media else None,
        reply_to_message_id=incoming.reply_to_message_id,
        history=incoming.history,
        sent_at=incoming.sent_at,
        received_at=now,
        deleted=incoming.kind is Kind.DELETION,
    )


def _amend(stored: Message, incoming: IncomingMessage, *, now: datetime) -> bool:
    if incoming.kind is Kind.DELETION:
        changed = not stored.deleted
        stored.deleted = True
    elif incoming.kind is Kind.EDIT:
        changed = stored.text != incoming.message_text
        stored.text = incoming.message_text
    elif stored.is_voice and incoming.message_text is not None and not stored.voice_transcription:
        changed = stored.voice_transcription != incoming.message_text
        stored.voice_transcription = incoming.message_text
    else:
        return False
    if changed:
        stored.amended_at = now
    return changed


def _store(session: Session, message: Message) -> int | None:
    """Insert the line and return its id, or None when the account has it already."""
    values = {column: getattr(message, column) for column in _COLUMNS}
    values["media"] = None if message.media is None else json.dumps(message.media)
    row = _STORE(session, **values).fetchone()
    return None if row is None else row[0]


_COLUMNS = (
    "conversation_id",
    "account",
    "message_id",
    "author",
    "kind",
    "text",
    "subject",
    "is_voice",
    "voice_transcription",
    "media",
    "reply_to_message_id",
    "history",
    "sent_at",
    "received_at",
    "deleted",
)
_STORE = insert_into("messages", _COLUMNS, "on conflict (account, message_id) do nothing returning id")
_KEEP_UP = Statement("""
    update contacts set
        phone_number = coalesce(:phone, phone_number),
        name = coalesce(:name, name),
        full_name = coalesce(:full_name, full_name),
        business_name = coalesce(:business_name, business_name),
        last_message_at = greatest(coalesce(last_message_at, :at), :at),
        updated_at = :now
    where id = :contact""")
_CONVERSATION = insert_into(
    "conversations",
    ("contact_id", "account", "chat", "last_message_at", "unread", "created_at"),
    """on conflict (account, chat) do update set
        contact_id = excluded.contact_id,
        unread = conversations.unread + case when exists (
            select 1 from messages m where m.account = excluded.account and m.message_id = :message_id
        ) then 0 else excluded.unread end,
        last_message_at = greatest(coalesce(conversations.last_message_at, excluded.last_message_at),
            excluded.last_message_at)
    returning id""",
)
