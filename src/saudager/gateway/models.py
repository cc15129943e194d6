"""The gateway's tables: accounts, every message in and out, the whitelist, how far each chat has been read."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import GatewayBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Account(GatewayBase):
    """A number or mailbox of the merchant. ``config`` is its vendor's settings as JSON, sealed by the vault."""

    __tablename__ = "accounts"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    vendor: Mapped[str] = mapped_column(Text)
    config: Mapped[str] = mapped_column(Text)
    is_default: Mapped[bool]
    connected_at: Mapped[datetime] = mapped_column(Moment)
    next_send_at: Mapped[datetime] = mapped_column(Moment)
    paused_reason: Mapped[str | None] = mapped_column(Text)
    last_poll_at: Mapped[datetime | None] = mapped_column(Moment)
    no_first_contacts_until: Mapped[datetime | None] = mapped_column(Moment)
    """Until then the messenger refuses messages to people who have not written to the account."""
    disconnected_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since then nothing goes in or out and ``config`` is empty; the row stays, so that the environment does not
    connect it again."""


class LoggedMessage(GatewayBase):
    """One message in or out. ``queue_status`` says what we did with it, ``vendor_status`` what the messenger says."""

    __tablename__ = "message_log"
    __table_args__ = (
        UniqueConstraint("account", "message_id"),
        Index("ix_message_log_account_chat_id", "account", "chat", "id"),
        Index("ix_message_log_phone_number_created_at", "phone_number", "created_at"),
        Index("ix_message_log_created_at", "created_at"),
        Index(
            "ix_message_log_carrier_id",
            "carrier_id",
            sqlite_where=text("carrier_id is not null"),
            postgresql_where=text("carrier_id is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    account: Mapped[str] = mapped_column(Text)
    chat: Mapped[str] = mapped_column(Text)
    phone_number: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(Text)
    outgoing_id: Mapped[str | None] = mapped_column(Text, unique=True)
    direction: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    message_text: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    """Of a letter, whose ``chat`` is the correspondent's address and whose ``message_id`` is its Message-ID."""
    thread: Mapped[str | None] = mapped_column(Text)
    """Of a letter: the Message-IDs it refers to, oldest first, with blanks between them."""
    carrier: Mapped[str | None] = mapped_column(Text)
    """Of a letter: who carried it, ``smtp``, ``resend`` or ``sendgrid``."""
    carrier_id: Mapped[str | None] = mapped_column(Text)
    """What the carrier calls it in its webhooks."""
    is_voice: Mapped[bool]
    vendor_status: Mapped[str | None] = mapped_column(Text)
    queue_status: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a message of ours was written, for ``created_at`` is when it was first tried (of other lines, when sent)."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    processed_at: Mapped[datetime | None] = mapped_column(Moment)


class WhitelistedNumber(GatewayBase):
    """A number that is never answered, written to or passed on."""

    __tablename__ = "whitelist"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    phone_number: Mapped[str] = mapped_column(Text, unique=True)
    note: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Moment)


class ChatCursor(GatewayBase):
    """How far a chat has been read."""

    __tablename__ = "chat_cursors"

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    chat: Mapped[str] = mapped_column(Text, primary_key=True)
    last_message_id: Mapped[str | None] = mapped_column(Text)
    last_at: Mapped[datetime] = mapped_column(Moment)


class MailFolder(GatewayBase):
    """How far a folder of a mailbox has been read; its numbers count only while ``uid_validity`` stays the same
    (RFC 3501, 2.3.1.1)."""

    __tablename__ = "mail_folders"

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    folder: Mapped[str] = mapped_column(Text, primary_key=True)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime] = mapped_column(Moment)


class Suppression(GatewayBase):
    """An address nothing is sent to any more."""

    __tablename__ = "suppressions"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    """bounced or complained."""
    says: Mapped[str | None] = mapped_column(Text)
    """What its mail server or the carrier said."""
    since: Mapped[datetime] = mapped_column(Moment)


class HeardAgent(GatewayBase):
    """When the agent of another process was last heard of: one row, or none."""

    __tablename__ = "heard_agent"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    heard_at: Mapped[datetime] = mapped_column(Moment)
    words: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """What people are told when it is silent: ``LastWords``."""
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    """When they were told that it is silent now."""
