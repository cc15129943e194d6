"""What a turn came to before it is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from saudager.agent.escalation import Reason
from saudager.attention import Why
from saudager.contracts import Media
from saudager.providers.llm import Verdict


@dataclass
class Thought:
    """A reply, or why there is none; and everything it rests on."""

    until: float
    """The moment of ``time.monotonic()`` at which the turn's time for hosted engines is over."""
    reply: str | None = None
    by_model: bool = False
    """Whether a model wrote some of the reply, and not only code."""
    pictures: list[tuple[int, Media]] = field(default_factory=list)
    """What goes out after the reply, each with the picture's id."""
    asked: list[str] = field(default_factory=list)
    """The customer's words a model answered."""
    waiting_line: str | None = None
    """The fixed words in which the customer hears that a person will come."""
    silence: str | None = None
    wait_until: datetime | None = None
    """When answers are written again; until then the lines stay open."""
    verdict: Verdict | None = None
    concerns: list[tuple[Why, str]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    """What the documents do not hold, kept for a person."""
    escalated: Reason | None = None
    """Why a person has the conversation from now on."""
    trace: dict[str, Any] = field(default_factory=dict)
