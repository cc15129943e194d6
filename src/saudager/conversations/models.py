"""Contacts and their identities, conversations, messages and turns."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Contact(AgentBase):
    """A person who wrote to us or to whom we wrote. ``is_client`` None means: not clear yet."""

    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_last_message_at_id", "last_message_at", "id"),
        Index("ix_contacts_is_client_last_message_at_id", "is_client", "last_message_at", "id"),
        Index(
            "ix_contacts_merged",
            "merged_into_id",
            sqlite_where=text("merged_into_id is not null"),
            postgresql_where=text("merged_into_id is not null"),
        ),
        Index(
            "ix_contacts_created_at",
            "created_at",
            "is_client",
            sqlite_where=text("merged_into_id is null"),
            postgresql_where=text("merged_into_id is null"),
        ),
        Index(
            "ix_contacts_last_purchase_at",
            "last_purchase_at",
            sqlite_where=text("last_purchase_at is not null"),
            postgresql_where=text("last_purchase_at is not null"),
        ),
        Index(
            "ix_contacts_classified_at",
            "classified_at",
            sqlite_where=text("classified_at is not null"),
            postgresql_where=text("classified_at is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    phone_number: Mapped[str | None] = mapped_column(Text, index=True)
    name: Mapped[str | None] = mapped_column(Text, index=True)
    full_name: Mapped[str | None] = mapped_column(Text, index=True)
    business_name: Mapped[str | None] = mapped_column(Text)
    is_client: Mapped[bool | None] = mapped_column(index=True)
    classification_confidence: Mapped[float | None]
    classification_reasoning: Mapped[str | None] = mapped_column(Text)
    classified_at: Mapped[datetime | None] = mapped_column(Moment)
    classified_by: Mapped[str | None] = mapped_column(Text)
    """'person' when a person overruled the moderator: then nothing judges again; 'order' when he bought something."""
    overruled: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What stood before a person's last word on it: is_client, by, confidence, reasoning, at."""
    last_message_at: Mapped[datetime | None] = mapped_column(Moment)
    last_purchase_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    merged_into_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"))
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    """When everything that told who he is was erased; only what is counted stays."""


class DoNotContact(AgentBase):
    """A name of somebody erased who had asked not to be written to, known by its hash alone."""

    __tablename__ = "do_not_contact"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    salt: Mapped[str] = mapped_column(Text)
    """The same for the whole list."""
    wish: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(Moment)


class Identity(AgentBase):
    """One name the outside world has for a contact: phone, chat, lid, bsuid or e-mail."""

    __tablename__ = "identities"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)


class Merge(AgentBase):
    """Two contacts that turned out to be one person; ``moved`` is what an undo gives back."""

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    kept_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    merged_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"))
    moved: Mapped[dict[str, Any]] = mapped_column(JSON)
    merged_at: Mapped[datetime] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class Conversation(AgentBase):
    """A chat of a contact on one of our accounts. Until ``silent_until`` a person has it and the salesperson waits."""

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("account", "chat"),
        Index("ix_conversations_last_message_at_id", "last_message_at", "id"),
        Index(
            "ix_conversations_unread",
            "last_message_at",
            "id",
            sqlite_where=text("unread > 0"),
            postgresql_where=text("unread > 0"),
        ),
        Index(
            "ix_conversations_read_at",
            "read_at",
            sqlite_where=text("read_at is not null"),
            postgresql_where=text("read_at is not null"),
        ),
        Index(
            "ix_conversations_silent_until",
            "silent_until",
            sqlite_where=text("silent_until is not null"),
            postgresql_where=text("silent_until is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    account: Mapped[str] = mapped_column(Text)
    chat: Mapped[str] = mapped_column(Text)
    silent_until: Mapped[datetime | None] = mapped_column(Moment)
    silent_reason: Mapped[str | None] = mapped_column(Text)
    last_message_at: Mapped[datetime | None] = mapped_column(Moment)
    unread: Mapped[int] = mapped_column(default=0, server_default="0")
    """The customer's lines nobody of the shop has looked at; the salesperson's answers change nothing in it."""
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Author(StrEnum):
    """Who said a line: the customer, a person of the shop, or the salesperson."""

    CUSTOMER = "customer"
    HUMAN = "human"
    BOT = "bot"


class Message(AgentBase):
    """One line of a conversation. A customer's line without ``turn_id`` is not answered yet."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("account", "message_id"),
        Index("ix_messages_conversation_id_id", "conversation_id", "id"),
        Index("ix_messages_received_at", "received_at"),
        Index(
            "ix_messages_amended_at",
            "amended_at",
            sqlite_where=text("amended_at is not null"),
            postgresql_where=text("amended_at is not null"),
        ),
        Index(
            "ix_messages_unanswered",
            "conversation_id",
            sqlite_where=text("turn_id is null and author = 'customer' and not history"),
            postgresql_where=text("turn_id is null and author = 'customer' and not history"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    account: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(Text)
    outgoing_id: Mapped[str | None] = mapped_column(Text, unique=True)
    author: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    """Of a letter."""
    is_voice: Mapped[bool]
    voice_transcription: Mapped[str | None] = mapped_column(Text)
    """None while a voice note is being put into words, empty when nobody could."""
    media: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reply_to_message_id: Mapped[str | None] = mapped_column(Text)
    history: Mapped[bool]
    sent_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)
    amended_at: Mapped[datetime | None] = mapped_column(Moment)
    deleted: Mapped[bool]
    turn_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("turns.id"), index=True)
    delivery_state: Mapped[str | None] = mapped_column(Text)
    delivery_reason: Mapped[str | None] = mapped_column(Text)
    written_by: Mapped[str | None] = mapped_column(Text)
    """Which operator wrote or approved it, by name; None for a customer, the salesperson, and the shop's own phone."""


class Outcome(StrEnum):
    """How a turn ended: answered, withdrawn (a person spoke), or silent with a stored reason."""

    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    SILENT = "silent"


class Turn(AgentBase):
    """One closed exchange: the lines it closes point to it. ``trace`` keeps what was seen and why it was said."""

    __tablename__ = "turns"
    __table_args__ = (Index("ix_turns_closed_at", "closed_at"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"), index=True)
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime] = mapped_column(Moment)
    trace: Mapped[dict[str, Any]] = mapped_column(JSON)


class Case(AgentBase):
    """A conversation handed over to a person; open until he has answered or gives it back."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "uq_cases_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("closed_at is null"),
            postgresql_where=text("closed_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(_Id, ForeignKey("conversations.id"))
    reason: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    """Who of the shop has it; None: nobody yet."""
    opened_at: Mapped[datetime] = mapped_column(Moment)
    alerts: Mapped[int]
    """How often the shop was told of it."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(Text)
