"""Why a turn ended as it did: who wrote, what was found, every draft and what the guard said to it, what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.agent import traces
from saudager.agent.traces import Asked, Deed, Draft, Piece, Source, Step
from saudager.conversations import transcript
from saudager.conversations.models import Author, Contact, Conversation, Message, Turn
from saudager.errors import NotFound


@dataclass(frozen=True, slots=True)
class Who:
    """What the moderator holds of whoever wrote. ``engine`` is empty when that was settled before this turn."""

    is_client: bool | None
    confidence: float | None
    reasoning: str
    engine: str


@dataclass(frozen=True, slots=True)
class Why:
    """Why a turn ended as it did; ``who`` is None when it did not matter who wrote.

    ``stopped`` are the drafts the guard did not let out. When the last one is among them (``withheld``), a fixed line
    was said in its place, and ``figures`` are the draft's.
    """

    turn: int
    outcome: str
    reason: str | None
    at: datetime
    asked: tuple[str, ...]
    who: Who | None
    model: str | None
    used: tuple[Source, ...]
    found: tuple[Source, ...]
    figures: tuple[Piece, ...]
    stopped: tuple[Draft, ...]
    withheld: bool
    deeds: tuple[Deed, ...]
    calls: tuple[Asked, ...]
    altogether: Asked | None
    prompt: str | None
    steps: tuple[Step, ...]


def why(session: Session, turn_id: int) -> Why:
    """One turn explained; raises NotFound when there is no such turn."""
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise NotFound("Такого ответа нет.")
    return explain(session, turn)


def explain(session: Session, turn: Turn) -> Why:
    """The turn as the page tells it; a trace of an earlier version, which keeps less, tells less."""
    asked = session.scalars(
        select(Message).where(Message.turn_id == turn.id, Message.author == Author.CUSTOMER).order_by(Message.id)
    )
    return as_told(turn, [transcript.words(line) for line in asked], _who(session, turn))


def as_told(turn: Turn, asked: Sequence[str], who: Who | None) -> Why:
    """The same for a turn that was never stored."""
    trace = turn.trace
    used, found = traces.sources(trace)
    calls = traces.calls(trace)
    return Why(
        turn=turn.id,
        outcome=turn.outcome,
        reason=turn.reason,
        at=turn.closed_at,
        asked=tuple(words[:300] for words in asked),
        who=who,
        model=trace.get("model"),
        used=used,
        found=found,
        figures=traces.figures(trace),
        stopped=traces.stopped(trace),
        withheld=trace.get("draft") is not None,
        deeds=traces.deeds(trace),
        calls=calls,
        altogether=traces.altogether(calls),
        prompt=trace.get("prompt"),
        steps=traces.steps(trace),
    )


def _who(session: Session, turn: Turn) -> Who | None:
    judged = turn.trace.get("who") or {}
    if not judged and turn.reason != "not_a_client":
        return None
    contact = session.scalars(select(Contact).join(Conversation).where(Conversation.id == turn.conversation_id)).one()
    return Who(
        is_client=judged.get("is_client", contact.is_client),
        confidence=judged.get("confidence", contact.classification_confidence),
        reasoning=judged.get("reasoning") or contact.classification_reasoning or "",
        engine=judged.get("engine", ""),
    )
