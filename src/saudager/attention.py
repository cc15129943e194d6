"""A person's desk: everything that waits for somebody to look at it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Integer, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from saudager.db.base import AgentBase, Moment
from saudager.db.statements import Statement, insert_into
from saudager.errors import NotFound, Refused


class Why(StrEnum):
    """The kinds of things a person is asked to look at."""

    TOO_LATE = "too_late"
    NOT_DELIVERED = "not_delivered"
    UNSETTLED = "unsettled"
    UNCLEAR_CONTACT = "unclear_contact"
    VOICE_NOT_HEARD = "voice_not_heard"
    NO_ANSWER_FOUND = "no_answer_found"
    TURN_FAILED = "turn_failed"
    ACCOUNT = "account"
    DOCUMENT = "document"
    ENGINE = "engine"
    SHOP = "shop"
    CRM = "crm"
    OUTREACH = "outreach"
    HANDED_OVER = "handed_over"
    REPEATS_ITSELF = "repeats_itself"
    DRAFT = "draft"
    TRUSTED = "trusted"
    LETTER = "letter"
    AUTOMATION = "automation"
    TASK = "task"
    SYSTEM_MAIL = "system_mail"
    MACHINE = "machine"


ANSWERED = (Why.HANDED_OVER, Why.DRAFT)
"""What goes off the desk when a person has answered, not when he has looked at it."""


class Attention(AgentBase):
    """One thing on the desk; there is at most one open entry per kind and subject."""

    __tablename__ = "attention"
    __table_args__ = (
        Index(
            "uq_attention_open",
            "kind",
            "about",
            unique=True,
            sqlite_where=text("settled is null"),
            postgresql_where=text("settled is null"),
        ),
        Index(
            "ix_attention_about",
            "about",
            sqlite_where=text("settled is null"),
            postgresql_where=text("settled is null"),
        ),
        Index(
            "ix_attention_settled",
            "settled",
            sqlite_where=text("settled is not null"),
            postgresql_where=text("settled is not null"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Moment)
    settled: Mapped[datetime | None] = mapped_column(Moment)


def ask(session: Session, why: Why, about: str, reason: str, *, now: datetime) -> None:
    """Put something on the desk; the same thing twice stays one entry with the newest reason.

    ``about`` names the subject: ``conversation:12``, ``account:wappi``, ``document:prices.pdf``.
    """
    _ASK(session, kind=why, about=about, reason=reason, since=now)


def settle(session: Session, why: Why, about: str, *, now: datetime) -> None:
    """Take it off the desk: somebody looked, or it solved itself."""
    _SETTLE(session, kind=why, about=about, now=now)


def look(session: Session, entry: int, *, now: datetime) -> None:
    """A person has looked at it, and that was all there is to do.

    Raises NotFound when it is not on the desk, and Refused where somebody still waits for an answer.
    """
    found = session.get(Attention, entry)
    if found is None or found.settled is not None:
        raise NotFound("Этого на столе уже нет.")
    if found.kind in ANSWERED:
        raise Refused("Здесь ждут ответа: напишите клиенту или верните беседу продавцу.")
    found.settled = now


def put_back(session: Session, entry: int) -> None:
    """It was taken off the desk by mistake; the same thing put there meanwhile stays the only one.

    Raises NotFound when there is no such entry.
    """
    found = session.get(Attention, entry)
    if found is None:
        raise NotFound("Этого на столе не было.")
    if not _OPEN(session, kind=found.kind, about=found.about).fetchone():
        found.settled = None


def unsettle(session: Session, why: Why, about: str, *, settled: datetime) -> None:
    """Put back what was taken off the desk at that moment, if anything was."""
    query = select(Attention.id).where(Attention.kind == why, Attention.about == about, Attention.settled == settled)
    if (entry := session.scalar(query)) is not None:
        put_back(session, entry)


def waiting(session: Session, *, limit: int = 100) -> Sequence[Attention]:
    """What is on the desk, oldest first."""
    return session.scalars(
        select(Attention).where(Attention.settled.is_(None)).order_by(Attention.since).limit(limit)
    ).all()


_ASK = insert_into(
    "attention",
    ("kind", "about", "reason", "since"),
    "on conflict (kind, about) where settled is null do update set reason = excluded.reason",
)
_OPEN = Statement("select 1 from attention where kind = :kind and about = :about and settled is null")
_SETTLE = Statement("""
    update attention set settled = :now where kind = :kind and about = :about and settled is null""")
