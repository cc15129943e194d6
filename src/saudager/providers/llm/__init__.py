"""The port to a language model: a turn is a decision, never a magic word in a text."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the conversation as the model sees it."""

    author: Literal["customer", "us"]
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A passage of the shop's documents: the only place a figure may come from."""

    text: str
    file: str
    page: int
    section: str = ""
    """Headings above it, outermost first, joined by `` › ``."""
    row: int | None = None
    """Number of the table row on its page, counted from 1 without the heading; None for running text."""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything the salesperson knows when he answers."""

    shop_name: str
    instructions: str
    """The sales prompt with its placeholders filled; hosted models get it as the system prompt."""
    history: list[Said]
    """Older lines, oldest first; the new ones are not in it."""
    new_lines: list[str]
    """What the customer wrote since our last answer, oldest first."""
    facts: list[Fact]
    """Passages found for the new lines, best first."""
    now: datetime
    """In the shop's time zone."""
    customer_name: str | None = None


class Action(BaseModel):
    """Something to do besides answering; code runs it and tells what really happened."""

    kind: Literal["offer_slots", "book", "reschedule", "hand_over", "send_picture", "stop_offers", "note_interest"]
    detail: str = ""


class Decision(BaseModel):
    """What the salesperson wants to say and do in this turn."""

    reply: str = ""
    actions: list[Action] = Field(default_factory=list)


class Verdict(BaseModel):
    """Who this is: a customer (true), somebody else (false), or not clear yet (null)."""

    is_client: bool | None
    confidence: Annotated[float, Field(ge=0, le=1)]
    reasoning: str


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as the moderator sees it."""

    name: str | None = None
    full_name: str | None = None
    business_name: str | None = None
    lines: list[Said] = field(default_factory=list)
    """The conversation so far, oldest first."""


class LanguageModel(Protocol):
    """One engine. Raises only OutsideError and its kin."""

    name: str

    async def decide(self, briefing: Briefing) -> Decision: ...
