"""The heart: one turn of one conversation, from the customer's open lines to exactly one answer or a stored silence."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from saudager import attention, prompts
from saudager.agent import briefing, courtesy, moderator
from saudager.agent.briefing import OpenTurn
from saudager.app import App
from saudager.attention import Why
from saudager.contracts import Kind
from saudager.conversations import handover, outbox, turns
from saudager.conversations.models import Contact, Conversation, Message, Outcome
from saudager.conversations.outbox import Fate
from saudager.db.statements import Statement
from saudager.providers.llm import Fact, Verdict
from saudager.queues import table
from saudager.queues.table import Lease
from saudager.queues.table import Message as QueueMessage
from saudager.truth import guard

SURE_ENOUGH = 0.8
JUDGED_AGAIN_AFTER = timedelta(days=30)

_JUDGED = Statement("""
    update contacts set is_client = :is_client, classification_confidence = :confidence,
        classification_reasoning = :reasoning, classified_at = :now
    where id = :contact""")


@dataclass
class Thought:
    """What a turn came to before it is stored: a reply, or why there is none; and everything it rests on."""

    reply: str | None = None
    silence: str | None = None
    verdict: Verdict | None = None
    concerns: list[tuple[Why, str]] = field(default_factory=list)
    trace: dict[str, Any] = field(default_factory=dict)


async def take_turn(app: App, lease: Lease) -> None:
    """Answer the open lines of the lane's conversation, or close them with a reason."""
    thought_since = app.clock.now()
    conversation_id = lease.messages[0].body["conversation_id"]
    turn = await app.db.read(briefing.open_turn, conversation_id, app.settings)
    if not turn.lines:
        return
    if handover.is_silent(turn.conversation, now=thought_since):
        await app.db.run(table.put_back, lease, until=turn.conversation.silent_until)
        return
    late = [line for line in turn.lines if thought_since - line.sent_at > app.settings.answer_window]
    if late:
        await app.db.run(_close_late, lease, turn.conversation, late, now=thought_since)
        return
    thought = await _think(app, turn)
    waited = thought_since.timestamp() - lease.first_at
    thought.trace.setdefault("took_ms", {})["waited"] = round(waited * 1000)
    await app.db.run(_conclude, lease, turn, thought, app.settings.patience_cap, thought_since, now=app.clock.now())


async def _think(app: App, turn: OpenTurn) -> Thought:
    thought = Thought()
    if (fixed := _fixed_line(turn)) is not None:
        thought.reply = fixed
        return thought
    is_client = _moderate(turn, thought, now=app.clock.now())
    if is_client is False:
        thought.silence = "not_a_client"
    elif is_client is None:
        _welcome(turn, thought)
    else:
        await _answer(app, turn, thought)
    return thought


def _fixed_line(turn: OpenTurn) -> str | None:
    """Calls and voice notes nobody can put into words get a fixed courteous line."""
    language = courtesy.language_of(" ".join(said.text for said in turn.person.lines if not said.text.startswith("[")))
    if all(line.kind == Kind.MISSED_CALL for line in turn.lines):
        return courtesy.MISSED_CALL[language]
    if all(line.is_voice and not line.voice_transcription for line in turn.lines):
        return courtesy.VOICE_NOT_UNDERSTOOD[language]
    return None


def _moderate(turn: OpenTurn, thought: Thought, *, now: datetime) -> bool | None:
    """Whether this is a customer: as stored, or judged now."""
    contact = turn.contact
    if contact.is_client:
        thought.trace["who"] = {"is_client": True, "reasoning": contact.classification_reasoning}
        return True
    if contact.is_client is False and not _may_be_judged_again(turn, now=now):
        return False
    verdict = moderator.judge(turn.person)
    sure = verdict.is_client is not None and verdict.confidence >= SURE_ENOUGH
    thought.verdict = verdict if sure else verdict.model_copy(update={"is_client": None})
    thought.trace["who"] = thought.verdict.model_dump()
    return thought.verdict.is_client


def _may_be_judged_again(turn: OpenTurn, *, now: datetime) -> bool:
    judged = turn.contact.classified_at
    return (judged is not None and now - judged >= JUDGED_AGAIN_AFTER) or any(
        moderator.has_buying_words(words) for words in turn.new_words
    )


def _welcome(turn: OpenTurn, thought: Thought) -> None:
    """Somebody we cannot place is asked once how to help; after that a person looks."""
    if turn.greeted:
        thought.silence = "unclear_contact"
        thought.concerns.append((Why.UNCLEAR_CONTACT, f"Непонятно, клиент ли это: «{turn.new_words[-1][:200]}»"))
    else:
        thought.reply = courtesy.GREETING[courtesy.language_of(" ".join(turn.new_words))]


async def _answer(app: App, turn: OpenTurn, thought: Thought) -> None:
    began = time.perf_counter()
    facts = await app.db.read(briefing.find_facts, turn)
    searched = time.perf_counter()
    prompt = prompts.load("sales", app.settings.prompts_dir)
    brief = briefing.brief(turn, facts, prompt=prompt, settings=app.settings, now=app.clock.now())
    decision = await app.model.decide(brief)
    decided = time.perf_counter()
    earlier = [*(said.text for said in turn.history), *turn.new_words]
    examined = guard.examine(decision.reply, facts=facts, earlier=earlier, now=brief.now)
    checked = time.perf_counter()
    if examined.passed:
        thought.reply = decision.reply
    else:
        thought.reply = courtesy.WILL_FIND_OUT[courtesy.language_of(" ".join(turn.new_words))]
        thought.concerns.append((Why.NO_ANSWER_FOUND, "; ".join(examined.problems)))
    thought.concerns += [
        (Why.NO_ANSWER_FOUND, f"Клиент спрашивает: «{action.detail[:300]}»")
        for action in decision.actions
        if action.kind == "hand_over"
    ]
    thought.trace |= {
        "model": app.model.name,
        "draft": None if examined.passed else decision.reply,
        "facts": [_fact_trace(fact) for fact in facts],
        "figures": [
            {"text": figure.text, "source": figure.source and _fact_trace(figure.source)} for figure in examined.figures
        ],
        "problems": examined.problems,
        "actions": [action.model_dump() for action in decision.actions],
        "took_ms": {
            "search": round((searched - began) * 1000, 1),
            "model": round((decided - searched) * 1000, 1),
            "check": round((checked - decided) * 1000, 1),
        },
    }


def _fact_trace(fact: Fact) -> dict[str, Any]:
    return {
        "file": fact.file,
        "page": fact.page,
        "row": fact.row,
        "section": fact.section,
        "text": fact.text,
        "score": round(fact.score, 2),
    }


def _conclude(
    session: Session,
    lease: Lease,
    turn: OpenTurn,
    thought: Thought,
    patience_cap: float,
    thought_since: datetime,
    *,
    now: datetime,
) -> None:
    """Store what the turn came to and give the lane back, in one transaction."""
    conversation = turn.conversation
    if thought.reply is not None:
        fate = outbox.say(
            session,
            conversation,
            turn.lines,
            thought.reply,
            thought_since=thought_since,
            may_wait=now.timestamp() < lease.first_at + patience_cap,
            now=now,
            trace=thought.trace,
        )
        if fate is Fate.OVERTAKEN:
            table.put_back(session, lease)
            return
    elif open_lines := _still_open(session, turn):
        turns.close(session, open_lines, Outcome.SILENT, reason=thought.silence, now=now, trace=thought.trace)
    if thought.verdict is not None:
        _classify(session, turn.contact, thought.verdict, now=now)
    for why, reason in thought.concerns:
        attention.ask(session, why, f"conversation:{conversation.id}", reason, now=now)
    table.finish(session, lease, now=now)


def _still_open(session: Session, turn: OpenTurn) -> list[Message]:
    seen = {line.id for line in turn.lines}
    return [line for line in turns.unanswered(session, turn.conversation.id) if line.id in seen]


def _classify(session: Session, contact: Contact, verdict: Verdict, *, now: datetime) -> None:
    _JUDGED(
        session,
        contact=contact.id,
        is_client=verdict.is_client,
        confidence=verdict.confidence,
        reasoning=verdict.reasoning,
        now=now,
    )


def _close_late(
    session: Session, lease: Lease, conversation: Conversation, late: list[Message], *, now: datetime
) -> None:
    seen = {line.id for line in late}
    still_open = [line for line in turns.unanswered(session, conversation.id) if line.id in seen]
    if still_open:
        turns.close(session, still_open, Outcome.SILENT, reason="too_late", now=now)
        attention.ask(
            session,
            Why.TOO_LATE,
            f"conversation:{conversation.id}",
            f"Не ответили вовремя на: «{(still_open[-1].text or '')[:200]}»",
            now=now,
        )
    table.put_back(session, lease)


def give_up(session: Session, message: QueueMessage, reason: str, now: datetime) -> None:
    """A turn that failed for good closes silent and asks for a person."""
    conversation_id = message.body["conversation_id"]
    if open_lines := turns.unanswered(session, conversation_id):
        turns.close(session, open_lines, Outcome.SILENT, reason=f"failed: {reason}", now=now)
        attention.ask(
            session, Why.TURN_FAILED, f"conversation:{conversation_id}", f"Не удалось ответить: {reason}", now=now
        )
