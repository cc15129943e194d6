"""Why a turn ended as it did: the trace it stored, with every figure beside the passage that proves it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.conversations import transcript
from saudager.conversations.models import Author, Contact, Conversation, Message, Turn
from saudager.errors import NotFound
from saudager.words import cells

_STEPS = (
    ("waited", "ждал, не допишете ли вы"),
    ("search", "поиск"),
    ("model", "модель"),
    ("check", "проверка"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of a document; ``cells`` are (heading, content) of a table row, empty for running text."""

    place: str
    section: str
    text: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; one with a source is a proved figure."""

    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a turn in milliseconds; ``share`` of the whole is from 0 to 100."""

    name: str
    words: str
    milliseconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a turn ended as it did. ``who_known`` is False when it did not matter who wrote.

    When there is a ``draft`` it was withheld, and ``figures`` and ``problems`` are of the draft.
    """

    turn: int
    outcome: str
    reason: str | None
    at: datetime
    asked: tuple[str, ...]
    who: bool | None
    who_known: bool
    confidence: float | None
    reasoning: str | None
    model: str | None
    used: tuple[Source, ...]
    found: tuple[Source, ...]
    figures: tuple[Piece, ...]
    problems: tuple[str, ...]
    draft: str | None
    handed_over: tuple[str, ...]
    steps: tuple[Step, ...]


def why(session: Session, turn_id: int) -> Why:
    """One turn explained; raises NotFound when there is no such turn."""
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise NotFound("Такого ответа нет.")
    return explain(session, turn)


def explain(session: Session, turn: Turn) -> Why:
    """The turn as the page tells it."""
    trace = turn.trace
    who = trace.get("who")
    contact = session.scalars(select(Contact).join(Conversation).where(Conversation.id == turn.conversation_id)).one()
    asked = session.scalars(
        select(Message).where(Message.turn_id == turn.id, Message.author == Author.CUSTOMER).order_by(Message.id)
    )
    figures = trace.get("figures", [])
    proofs = tuple(dict.fromkeys(_source(one["source"]) for one in figures if one["source"] is not None))
    facts = tuple(dict.fromkeys(_source(fact) for fact in trace.get("facts", [])))
    return Why(
        turn=turn.id,
        outcome=turn.outcome,
        reason=turn.reason,
        at=turn.closed_at,
        asked=tuple(transcript.words(line)[:300] for line in asked),
        who=who["is_client"] if who else contact.is_client,
        who_known=who is not None or turn.reason == "not_a_client",
        confidence=(who or {}).get("confidence", contact.classification_confidence),
        reasoning=(who or {}).get("reasoning") or contact.classification_reasoning,
        model=trace.get("model"),
        used=proofs,
        found=tuple(fact for fact in facts if fact not in proofs),
        figures=tuple(Piece(one["text"], None if one["source"] is None else _source(one["source"])) for one in figures),
        problems=tuple(trace.get("problems", ())),
        draft=trace.get("draft"),
        handed_over=tuple(one["detail"] for one in trace.get("actions", []) if one["kind"] == "hand_over"),
        steps=_steps(trace.get("took_ms", {})),
    )


def pieces(written: str, figures: list[dict[str, Any]]) -> tuple[Piece, ...]:
    """The text cut at its proved figures, which the trace names in reading order."""
    cut, at = [], 0
    for figure in figures:
        found = re.compile(rf"(?<!\d){re.escape(figure['text'])}(?!\d)").search(written, at)
        if found is None or figure["source"] is None:
            continue
        if found.start() > at:
            cut.append(Piece(written[at : found.start()]))
        at = found.end()
        cut.append(Piece(figure["text"], _source(figure["source"])))
    return (*cut, Piece(written[at:])) if at < len(written) else tuple(cut)


def _source(fact: dict[str, Any]) -> Source:
    row = fact["row"]
    return Source(
        place=f"{fact['file']}, стр. {fact['page']}" + (f", строка {row}" if row else ""),
        section=fact["section"].rpartition(" › ")[2],
        text=fact["text"],
        cells=tuple(cells(fact["text"])) if row else (),
    )


def _steps(took: dict[str, float]) -> tuple[Step, ...]:
    total = sum(took.values()) or 1.0
    return tuple(
        Step(name, words, took[name], round(100 * took[name] / total, 2)) for name, words in _STEPS if name in took
    )
