"""Operators, their sessions, recovery codes and one-time links, failed attempts to sign in, and what was done."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Operator(AgentBase):
    """A person of the shop who may enter the console."""

    __tablename__ = "operators"
    __table_args__ = (Index("uq_operators_email", "email", unique=True),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    """As ``accounts.spelled`` spells it."""
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    """ru, en or kk."""
    password_digest: Mapped[str | None] = mapped_column(Text)
    """Argon2id; None until an invited one has chosen a password."""
    second_factor: Mapped[str | None] = mapped_column(Text)
    """The secret of the one-time codes, sealed by the vault; None: the password is enough."""
    second_factor_step: Mapped[int | None] = mapped_column(BigInteger)
    """The thirty seconds of the last code accepted: it and the earlier ones are used up."""
    email: Mapped[str | None] = mapped_column(Text)
    """In small letters; it counts once he has confirmed it. A link to a new password goes there, and what concerns the
    safety of his account."""
    new_email: Mapped[str | None] = mapped_column(Text)
    """Typed in and not confirmed yet: nothing but the confirmation goes there."""
    hears_of_troubles: Mapped[bool | None]
    """Whether he is written to when the program is not well; None: he has not said, and an owner is."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class OperatorSession(AgentBase):
    """A browser somebody is signed in with. It knows the token in the cookie by its hash."""

    __tablename__ = "operator_sessions"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    operator_id: Mapped[int] = mapped_column(_Id, ForeignKey("operators.id"), index=True)
    digest: Mapped[str] = mapped_column(Text, unique=True)
    awaits_code: Mapped[bool]
    """The password was right and the second factor is still to come: it opens nothing but that step."""
    address: Mapped[str] = mapped_column(Text)
    browser: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class RecoveryCode(AgentBase):
    """A code that stands in for the second factor once, kept as its hash."""

    __tablename__ = "operator_recovery_codes"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    operator_id: Mapped[int] = mapped_column(_Id, ForeignKey("operators.id"), index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class OneTimeLink(AgentBase):
    """A link that lets somebody choose a password, or confirm an address, once; known by its hash."""

    __tablename__ = "operator_links"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text)
    """A ``links.Purpose``."""
    operator_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("operators.id"), index=True)
    """Whose password it sets; None: the first owner's, who is made by it."""
    email: Mapped[str | None] = mapped_column(Text)
    """Of a link that was mailed: the address it went to, which whoever uses it has proved to be his."""
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class KnownBrowser(AgentBase):
    """A browser an operator has signed in with, so that only a new one is reported to him."""

    __tablename__ = "operator_browsers"

    operator_id: Mapped[int] = mapped_column(_Id, ForeignKey("operators.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    """Of what the browser calls itself, without its version, and of the network it came from."""
    seen_at: Mapped[datetime] = mapped_column(Moment)


class SystemMail(AgentBase):
    """A letter about an operator's account, without its text: whom it was to, and what became of it."""

    __tablename__ = "system_mails"
    __table_args__ = (Index("ix_system_mails_at", "at"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    operator_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("operators.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    """A ``mail_words.Mail``."""
    recipient: Mapped[str] = mapped_column(Text)
    outgoing_id: Mapped[str | None] = mapped_column(Text, unique=True)
    """Of the letter in ``outgoing_mail``; None: it has not been handed over."""
    state: Mapped[str] = mapped_column(Text)
    """waiting, sent, delivered, failed or no_mailbox."""
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class Trouble(AgentBase):
    """Something that is not well, from the first time it was seen until it is over and that was told."""

    __tablename__ = "troubles"

    about: Mapped[str] = mapped_column(Text, primary_key=True)
    """An ``Ailment``'s; ``running`` is none, but when the agent last looked, and ``running:…`` a pause in that."""
    ill: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    """When people were told that it is so; None: it has not lasted yet, or there was no way to tell."""


class SignInFailure(AgentBase):
    """Attempts that failed in a row, of one login, one address or one second factor; and letters asked for in a row."""

    __tablename__ = "sign_in_failures"

    about: Mapped[str] = mapped_column(Text, primary_key=True)
    """Whose: ``login:…``, ``address:…`` or ``code:…``, hashed."""
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Moment, index=True)
    closed_until: Mapped[datetime | None] = mapped_column(Moment)


class AuditEntry(AgentBase):
    """Something an operator did, written in the transaction that did it."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_operator_id_id", "operator_id", "id"),
        Index("ix_audit_action_id", "action", "id"),
        Index("ix_audit_about_id", "about", "id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    operator_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("operators.id"))
    """None: nobody signed in, or the command line."""
    who: Mapped[str] = mapped_column(Text)
    """The name as it was then."""
    action: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    """``contact:12``, ``operator:3``, ``key:board``."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
