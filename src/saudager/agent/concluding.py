"""How a turn ends: what it came to, its answer or its silence, and what follows from it, in one transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager import attention
from saudager.agent import aftermath, by_mail, courtesy, drafting
from saudager.agent.briefing import OpenTurn
from saudager.agent.thought import Thought
from saudager.attention import Why
from saudager.conversations import handover, outbox, turns
from saudager.conversations.models import Contact, Conversation, Message, Outcome
from saudager.conversations.outbox import Fate
from saudager.db.statements import Statement
from saudager.knowledge import unanswered
from saudager.providers.llm import Verdict
from saudager.queues import table
from saudager.queues.table import Lease
from saudager.queues.table import Message as QueueMessage
from saudager.settings import Settings
from saudager.studio import showing
from saudager.trust import ramp
from saudager.trust.topics import topics_of


def conclude(
    session: Session,
    lease: Lease,
    turn: OpenTurn,
    thought: Thought,
    settings: Settings,
    *,
    now: datetime,
) -> None:
    """Store what the turn came to and give the lane back, in one transaction."""
    conversation = turn.conversation
    if thought.verdict is not None:
        _classify(session, turn.contact, thought.verdict, now=now)
    if thought.wait_until is not None:
        _say_when(session, turn, thought.wait_until, settings, now=now)
        table.put_back(session, lease, until=thought.wait_until)
        return
    if thought.reply is not None:
        held_until = handover.silent_until(session, conversation.id, now=now)
        if held_until is not None and _still_open(session, turn):
            table.put_back(session, lease, until=held_until)
            return
        may_wait = now.timestamp() < lease.first_at + settings.patience_cap
        if _say_or_draft(session, turn, thought, settings, may_wait=may_wait, now=now) is Fate.OVERTAKEN:
            table.put_back(session, lease)
            return
    elif open_lines := _still_open(session, turn):
        turns.close(session, open_lines, Outcome.SILENT, reason=thought.silence, now=now, trace=thought.trace)
    for question in thought.questions:
        unanswered.keep(session, conversation.id, question, now)
    for why, reason in thought.concerns:
        attention.ask(session, why, f"conversation:{conversation.id}", reason, now=now)
    table.finish(session, lease, now=now)


def _say_or_draft(
    session: Session, turn: OpenTurn, thought: Thought, settings: Settings, *, may_wait: bool, now: datetime
) -> Fate:
    """Say the reply and store what follows; or lay it on a person's desk, where its topic is not trusted to us. Whoever
    calls a person still hears so at once."""
    assert thought.reply is not None
    conversation, said, pictures = turn.conversation, thought.reply, thought.pictures
    held_for = ramp.drafted(session, topics_of(thought.asked)) if thought.by_model else None
    if held_for is not None and thought.waiting_line is None:
        return drafting.lay(session, turn, thought, held_for, may_wait=may_wait, now=now)
    if held_for is not None and thought.waiting_line is not None:
        said, pictures = thought.waiting_line, []
    if not all(showing.may_be_shown(session, id, media) for id, media in pictures):
        return Fate.OVERTAKEN  # its words speak of them: it is thought out anew
    fate = outbox.say(
        session,
        conversation,
        turn.lines,
        said,
        may_wait=may_wait,
        now=now,
        trace=thought.trace,
        signature=by_mail.signature(settings),
        pictures=[media for _, media in pictures],
    )
    if fate is Fate.SAID:
        is_client = _is_client(turn, thought)
        aftermath.follow(session, turn, thought.escalated, settings, is_client=is_client, now=now)
        if thought.by_model and held_for is None:
            drafting.overtake(session, conversation.id, now=now)
    return fate


def _is_client(turn: OpenTurn, thought: Thought) -> bool:
    return bool(turn.contact.is_client if thought.verdict is None else thought.verdict.is_client)


def _say_when(session: Session, turn: OpenTurn, opens: datetime, settings: Settings, *, now: datetime) -> None:
    """Tell the customer once when he will be answered; who writes a letter does not wait beside it."""
    if turn.is_by_mail:
        return
    said = courtesy.CLOSED_NOW[courtesy.of_lines(turn.new_words)].format(
        opens=f"{opens.astimezone(settings.zone):%H:%M}"
    )
    outbox.mention(session, turn.conversation, said, once=f"closed:{opens:%Y-%m-%dT%H:%M}", now=now)


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


def close_late(
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


_JUDGED = Statement("""
    update contacts set is_client = :is_client, classification_confidence = :confidence,
        classification_reasoning = :reasoning, classified_at = :now
    where id = :contact""")
