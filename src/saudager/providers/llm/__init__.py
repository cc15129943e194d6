"""The port to a language model: a turn is a decision, never a magic word in a text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, Field

from saudager.errors import OutsideError


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
    """Number of the table row on its page, counted from 1 without the heading; in a spreadsheet the number beside it;
    None for running text."""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order of the customer's, in sentences of his language; '' is what nobody knows."""

    number: str
    """As people know it."""
    heading: str
    is_open: bool
    """Something is still to come."""
    state: str
    arrival: str
    """The day it is planned for."""
    contents: str
    total: str
    """What he paid, and that it is not today's price."""
    done: tuple[str, ...] = ()
    """What has happened to it, as the guard calls deeds: ``shipped``, ``delivered``…"""

    @property
    def sentences(self) -> list[str]:
        """All that is known of it."""
        return [said for said in (self.state, self.arrival, self.contents, self.total) if said]


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything the salesperson knows when he answers."""

    shop_name: str
    instructions: str
    """The sales prompt with its placeholders filled; hosted models get it as the system prompt. What changes with
    every turn stands in ``history`` and ``new_lines`` only, so that providers' prompt caches hit."""
    history: list[Said]
    """Older lines, oldest first; the new ones are not in it."""
    new_lines: list[str]
    """What the customer wrote since our last answer, oldest first."""
    facts: list[Fact]
    """Passages found for the new lines, best first."""
    now: datetime
    """In the shop's time zone."""
    customer_name: str | None = None
    remarks: tuple[str, ...] = ()
    """Why it is asked again: what the guard found in the draft, what really came of an action, what was unreadable."""
    contact_id: int | None = None
    """Whom tokens and money are counted for; it never leaves the house."""
    until: float | None = None
    """The moment of ``time.monotonic()`` at which the turn's time for hosted engines is over; None: their own limit."""
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each lemma what else it is called, by the merchant's own list; an engine brings its own words beside it."""
    orders: Sequence[OwnOrder] = ()
    """What he has ordered, open ones first; their prices are what he paid, so they are no part of ``facts``."""
    pictures: Sequence[str] = ()
    """What can be shown of what he asks to see, by ``send_picture``."""
    temperature: float | None = None
    """How freely a hosted model words it, 0 to 2; None: as the vendor has it. A model that knows none goes without."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to write or to read out of lines that is not a turn: who is this, a follow-up, a letter."""

    instructions: str
    """The filled prompt, the system prompt of a hosted model."""
    lines: list[Said] = field(default_factory=list)
    """The conversation it is about, oldest first."""
    remarks: tuple[str, ...] = ()
    """As in Briefing."""
    contact_id: int | None = None
    """As in Briefing."""
    until: float | None = None
    """As in Briefing."""
    temperature: float | None = None
    """As in Briefing."""
    max_tokens: int | None = None
    """Most tokens of the answer; None: ENGINE_MAX_TOKENS."""


class Action(BaseModel):
    """Something to do besides answering; code runs it and tells what really happened."""

    kind: Literal[
        "offer_slots", "book", "reschedule", "cancel", "hand_over", "send_picture", "stop_offers", "note_interest"
    ]
    detail: str = ""


class Decision(BaseModel):
    """What the salesperson wants to say and do in this turn."""

    reply: str = ""
    actions: list[Action] = Field(default_factory=list)


class Verdict(BaseModel):
    """Who this is: a customer (true), somebody else (false), or not clear yet (null)."""

    is_client: bool | None = Field(validation_alias="isClient", serialization_alias="isClient")
    confidence: Annotated[float, Field(ge=0, le=1)]
    reasoning: str

    model_config = {"validate_by_name": True, "validate_by_alias": True}


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as the moderator sees it."""

    name: str | None = None
    full_name: str | None = None
    business_name: str | None = None
    lines: list[Said] = field(default_factory=list)
    """The conversation so far, oldest first."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an engine, answered or not: what the trace and the money count are made of."""

    engine: str
    model: str
    """The id of the model that really answered, as the vendor names it."""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    """Those of ``tokens_in`` that the vendor took from its prompt cache."""
    cost: Decimal | None = Decimal(0)
    """US dollars; None when neither the vendor nor a price list tells."""
    took_ms: float = 0.0
    fault: str = ""
    """The FaultKind when there was no usable answer."""


T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What a model gave, which engine gave it, and every call it took."""

    value: T
    engine: str
    calls: tuple[Call, ...] = ()


class FaultKind(StrEnum):
    """Why a model gave nothing usable."""

    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    AUTH = "auth"
    CONTEXT = "context"
    TIMEOUT = "timeout"
    CONNECT = "connect"
    SERVER = "server"
    BAD_OUTPUT = "bad_output"
    TRUNCATED = "truncated"


class ModelFault(OutsideError):
    """An engine gave nothing usable; ``kind`` says what to do about it, ``call`` what it cost all the same.

    ``retry_after`` is in seconds, None when the vendor does not say.
    """

    def __init__(self, kind: FaultKind, message: str, *, call: Call, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.call = call
        self.retry_after = retry_after


class LanguageModel(Protocol):
    """One engine, or several in an order. Raises ModelFault when it gave nothing usable."""

    name: str
    hosted: bool
    """Whether it reads ``Briefing.instructions``, so that it is worth to put the whole knowledge base in there."""

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        """What to say and do in a turn."""
        ...

    async def write(self, task: Task) -> Answered[str]:
        """A text; raises NoEngine when no engine that writes can be had: the caller has words of its own."""
        ...

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        """The lines read into a model's fields; raises NoEngine as ``write`` does."""
        ...

    async def warm_up(self) -> None:
        """Load what the first answer would wait for."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


class NoEngine(OutsideError):
    """No hosted engine is set, none is well, or the day's money is spent; only ``decide`` can go on offline.

    ``calls`` are those that were made in vain.
    """

    def __init__(self, message: str, calls: tuple[Call, ...] = ()) -> None:
        super().__init__(message)
        self.calls = calls
