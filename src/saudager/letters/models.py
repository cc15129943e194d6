"""Letters with the facts they rest on, and campaigns: who was meant, what was written to him, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class LetterState(StrEnum):
    """How far a letter is; ``sent`` means handed to the door, whose ledger knows what became of it."""

    WRITING = "writing"
    """Its words are being found."""
    DRAFT = "draft"
    """It waits for a person's word."""
    APPROVED = "approved"
    """It is to go as soon as the door lets it."""
    SENT = "sent"
    REFUSED = "refused"
    """The door said no for good."""
    DROPPED = "dropped"
    """A person does not want it, or its campaign was stopped."""
    FAILED = "failed"
    """No words could be found."""


class Letter(AgentBase):
    """A letter to one person. Every figure in it stands in ``facts``, in a passage, or was written by a person."""

    __tablename__ = "letters"
    __table_args__ = (
        Index("ix_letters_person_id_id", "person_id", "id"),
        Index("ix_letters_state_id", "state", "id"),
        Index("ix_letters_state_due_at", "state", "due_at"),
        Index("ix_letters_updated_at", "updated_at"),
        Index("ix_letters_campaign_id_state_id", "campaign_id", "state", "id"),
        Index("ix_letters_conversation_id", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(_Id, ForeignKey("persons.id"))
    company_id: Mapped[int] = mapped_column(_Id, ForeignKey("companies.id"))
    campaign_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("campaigns.id"))
    user_id: Mapped[int | None] = mapped_column(_Id)
    """The operator who asked for it and signs it; None: another program asked."""
    context: Mapped[str] = mapped_column(Text)
    tone: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    products: Mapped[list[Any]] = mapped_column(JSON)
    """Ids of the products it is to offer."""
    include_sales_data: Mapped[bool]
    language: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it waits, was refused, dropped or failed."""
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    """Plain text, with greeting and signature."""
    key_points: Mapped[list[Any]] = mapped_column(JSON)
    personalization: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The PersonalizationData it was written from."""
    facts: Mapped[list[Any]] = mapped_column(JSON)
    """The named facts it was written from: ``[{"name", "label", "value"}, …]``."""
    year: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """The chart inside it: ``[["2026-01", "125000.00"], …]``, twelve months."""
    engine: Mapped[str | None] = mapped_column(Text)
    """Which model wrote it; ``fallback``: nobody, the words are ours; ``person``: it was edited by hand."""
    version: Mapped[int]
    """Counted up by every regeneration and edit."""
    task_id: Mapped[str | None] = mapped_column(Text)
    """The task that finds its words, or found them last; no other may bring any. None: no task does."""
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    approved_alone: Mapped[bool] = mapped_column(default=False)
    """A person has read this very letter, and did not approve it with others."""
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """Of an approved one: when the door is asked next."""
    conversation_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("conversations.id"))
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was handed to the door."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class LetterVersion(AgentBase):
    """What a letter said before it was written anew or edited."""

    __tablename__ = "letter_versions"
    __table_args__ = (UniqueConstraint("letter_id", "version"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    letter_id: Mapped[int] = mapped_column(_Id, ForeignKey("letters.id"))
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    engine: Mapped[str | None] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Moment)


class CampaignState(StrEnum):
    """How far a campaign is."""

    DRAFTING = "drafting"
    READY = "ready"
    """All drafts are there and wait for a person's word."""
    SENDING = "sending"
    STOPPED = "stopped"
    """A person pressed stop; what was not handed to the door stays here."""
    DONE = "done"


class Campaign(AgentBase):
    """One letter's purpose, written to everybody in a segment."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    segment: Mapped[dict[str, Any]] = mapped_column(JSON)
    """``{"kind": "lapsed", "days": 90}``: see ``sales.segments``."""
    account: Mapped[str] = mapped_column(Text)
    """The mailbox it leaves from."""
    context: Mapped[str] = mapped_column(Text)
    tone: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    products: Mapped[list[Any]] = mapped_column(JSON)
    include_sales_data: Mapped[bool]
    user_id: Mapped[int | None] = mapped_column(_Id)
    state: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    """When sending began; what was bought counts from then."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class CampaignMember(AgentBase):
    """Somebody of the segment as it was when the campaign was made, written to or not."""

    __tablename__ = "campaign_members"
    __table_args__ = (
        UniqueConstraint("campaign_id", "person_id"),
        Index("ix_campaign_members_person_id", "person_id"),
        Index("ix_campaign_members_letter_id", "letter_id"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(_Id, ForeignKey("campaigns.id"))
    person_id: Mapped[int] = mapped_column(_Id, ForeignKey("persons.id"))
    company_id: Mapped[int] = mapped_column(_Id, ForeignKey("companies.id"))
    letter_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("letters.id"))
    left_out: Mapped[str | None] = mapped_column(Text)
    """Why nothing was written to him: held_out, no_email, no_consent, opted_out, bounced, complained."""
