"""Rules and sequences with their versions, every run of a rule, every journey of a contact through a sequence."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment

_Id = BigInteger().with_variant(Integer, "sqlite")


class Kind(StrEnum):
    RULE = "rule"
    SEQUENCE = "sequence"


class Automation(AgentBase):
    """A rule or a sequence; ``name`` is the word YAML and other rules know it by."""

    __tablename__ = "automations"

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    is_on: Mapped[bool]
    live: Mapped[int]
    """The version that runs; contacts on their way through a sequence stay on the one they began with."""
    problem: Mapped[str | None] = mapped_column(Text)
    """Why it was switched off by itself: it went in a circle, or what it names is gone."""
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a rule that goes by the clock runs next."""
    walked_to: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last lead or contact it has looked at since its moment came."""
    made_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class AutomationVersion(AgentBase):
    """What a rule or sequence said; never changed once stored."""

    __tablename__ = "automation_versions"
    __table_args__ = (UniqueConstraint("automation_id", "number"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    automation_id: Mapped[int] = mapped_column(_Id, ForeignKey("automations.id"))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    """YAML, as it was typed."""
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class RunOutcome(StrEnum):
    DONE = "done"
    NOT_MET = "not_met"
    """Its conditions did not hold."""
    FAILED = "failed"
    """One of its actions could not be done; those before it were."""
    STOPPED = "stopped"
    """It would have gone in a circle."""


class RuleRun(AgentBase):
    """One event a rule has heard, and step by step what it did with it."""

    __tablename__ = "rule_runs"
    __table_args__ = (
        UniqueConstraint("automation_id", "event_id"),
        Index("ix_rule_runs_automation_id_id", "automation_id", "id"),
        Index("ix_rule_runs_about_at", "about", "at"),
        Index("ix_rule_runs_at", "at"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    automation_id: Mapped[int] = mapped_column(_Id, ForeignKey("automations.id"))
    version: Mapped[int]
    event_id: Mapped[int] = mapped_column(_Id)
    """The event itself may be forgotten before the run is."""
    about: Mapped[str] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    outcome: Mapped[str] = mapped_column(Text)
    trace: Mapped[list[Any]] = mapped_column(JSON)
    """``[{"if": "lead.price > 100000", "saw": "50000", "holds": false}, {"do": "send_message", "became": "…"}, …]``"""
    at: Mapped[datetime] = mapped_column(Moment)


class JourneyState(StrEnum):
    GOING = "going"
    FINISHED = "finished"
    STOPPED = "stopped"
    """A person, a wish of the customer, or a step that says so; ``reason`` tells."""
    FAILED = "failed"


class Journey(AgentBase):
    """A contact on his way through a sequence, or one action of a rule or a sequence that waits for its moment.

    ``step`` is the path of the next step, ``2`` or ``3.then.0``; "" when nothing is left but to wait. In an action
    that waits alone (``is_single``) it is the path in the rule or sequence, and the only one.
    """

    __tablename__ = "journeys"
    __table_args__ = (
        Index(
            "uq_journeys_going",
            "key",
            "automation_id",
            unique=True,
            sqlite_where=text("state = 'going'"),
            postgresql_where=text("state = 'going'"),
        ),
        Index(
            "ix_journeys_due_at",
            "due_at",
            sqlite_where=text("state = 'going'"),
            postgresql_where=text("state = 'going'"),
        ),
        Index("ix_journeys_automation_id_id", "automation_id", "id"),
        Index("ix_journeys_key", "key"),
    )

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    automation_id: Mapped[int] = mapped_column(_Id, ForeignKey("automations.id"))
    version: Mapped[int]
    contact_id: Mapped[int] = mapped_column(_Id, ForeignKey("contacts.id"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(_Id, ForeignKey("conversations.id"))
    about: Mapped[str] = mapped_column(Text)
    """What it goes about: ``contact:12``, ``lead:7``, ``order:3``."""
    key: Mapped[str] = mapped_column(Text)
    """What goes through a sequence once at a time: what it is about. Of a single action its own name for ever."""
    is_single: Mapped[bool]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Those of the event that began it."""
    state: Mapped[str] = mapped_column(Text)
    step: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the next step is to be taken; None: it waits for an event alone."""
    due_since: Mapped[datetime] = mapped_column(Moment)
    """When the next step was due at first, before anything put it off."""
    waits_for: Mapped[str | None] = mapped_column(Text)
    """The kind of event that ends its wait, besides ``due_at``."""
    has_come: Mapped[bool | None]
    """Whether the event it waited for last came in time."""
    depth: Mapped[int]
    """As of the event that began it, so that rules and sequences cannot begin each other for ever; of a single action,
    as of what it makes happen."""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it ended; of one that goes on, why the next step was put off."""
    begun_by: Mapped[str | None] = mapped_column(Text)
    """The operator who began it by hand."""
    begun_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class JourneyStep(AgentBase):
    """A step that was taken, and what became of it."""

    __tablename__ = "journey_steps"
    __table_args__ = (UniqueConstraint("journey_id", "path"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True)
    journey_id: Mapped[int] = mapped_column(_Id, ForeignKey("journeys.id"))
    path: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    """done, waited, skipped, refused or failed."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)
