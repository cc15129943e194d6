"""What customers wish to get from us, every verdict on a message nobody asked for, and numbers that are held back."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")
_COUNTED = "counted_at is not null"


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class Consent(AgentBase):
    """What a customer said about our writing first; his newest row counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_contact_id_id", "contact_id", "id"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"))
    wish: Mapped[str] = mapped_column(Text)
    """A ``Wish``: everything (stops), offers (stop), resume."""
    words: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(Moment)
    noted_by: Mapped[str | None] = mapped_column(Text)
    """The operator who wrote it down for him; None: he wrote it himself."""


class OutreachVerdict(AgentBase):
    """Whether a message nobody asked for might go, at a moment, and why; the written ones are the ledger."""

    __tablename__ = "outreach_verdicts"
    __table_args__ = (
        _index("ix_outreach_verdicts_contact_id_counted_at", "contact_id", "counted_at", where=_COUNTED),
        _index("ix_outreach_verdicts_account_counted_at", "account", "counted_at", where=_COUNTED),
        _index("ix_outreach_verdicts_to_release", "account", where=f"fate is null and {_COUNTED}"),
        _index("ix_outreach_verdicts_on_the_way", "account", where="fate = 'released'"),
        _index("uq_outreach_verdicts_written", "about", where="verdict = 'write'", unique=True),
        Index("ix_outreach_verdicts_about_id", "about", "id"),
        Index("ix_outreach_verdicts_contact_id_id", "contact_id", "id"),
        _index("ix_outreach_verdicts_not_delivered", "about", where="fate in ('failed', 'unsettled')"),
        _index(
            "ix_outreach_verdicts_follow_ups", "decided_at", where="verdict = 'write' and message_class = 'follow_up'"
        ),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    about: Mapped[str] = mapped_column(Text)
    """Which message: ``follow_up:12:3``, ``call_reminder:5``; also its id once it is written."""
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"))
    account: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    message_class: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    """write, wait or refuse."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why not; of a written one, why it was taken back or failed."""
    until: Mapped[datetime | None] = mapped_column(Moment)
    first_contact: Mapped[bool]
    fate: Mapped[str | None] = mapped_column(Text)
    """Of a written one: None until it is handed to the gateway, released until the gateway reports, then the report's
    state; withdrawn when it was taken back."""
    fate_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_at: Mapped[datetime] = mapped_column(Moment)
    counted_at: Mapped[datetime | None] = mapped_column(Moment)
    """Of a written one, when it reaches the customer as far as we know: the moment caps and cooldown count from. None
    when it certainly did not, and of every other verdict."""


class OutreachAccount(AgentBase):
    """A number's leave to write first. ``stopped_at`` latches until a person resumes it."""

    __tablename__ = "outreach_accounts"

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)
    stopped_reason: Mapped[str | None] = mapped_column(Text)
    resumed_at: Mapped[datetime | None] = mapped_column(Moment)
    no_first_contacts_until: Mapped[datetime | None] = mapped_column(Moment)
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    """Our first message from it, once there is one; its warm-up counts from then."""


class SuppressedAddress(AgentBase):
    """An e-mail address nothing is sent to any more: it does not exist, or called a letter of ours spam."""

    __tablename__ = "suppressed_addresses"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    """bounced or complained."""
    says: Mapped[str | None] = mapped_column(Text)
    """What its mail server said."""
    since: Mapped[datetime] = mapped_column(Moment)


class Holdout(AgentBase):
    """A buyer's group in the trial of whether marketing messages help; it is drawn once and never changes."""

    __tablename__ = "holdout"

    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), primary_key=True)
    is_held_out: Mapped[bool]
    """He gets no marketing message."""
    share: Mapped[float]
    """HOLDOUT_SHARE when it was drawn."""
    assigned_at: Mapped[datetime] = mapped_column(Moment)
