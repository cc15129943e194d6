"""The heart: one turn of one conversation, from the customer's open lines to exactly one answer or a stored silence."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager import prompts, tracing
from saudager.agent import (
    answering,
    briefing,
    by_mail,
    call_words,
    calling,
    concluding,
    courtesy,
    disclosure,
    escalation,
    moderator,
    reply_hours,
    stalling,
    wishing,
)
from saudager.agent.briefing import OpenTurn
from saudager.agent.escalation import Reason
from saudager.agent.remainder import questions_left
from saudager.agent.thought import Thought
from saudager.app import App
from saudager.attention import Why
from saudager.contracts import CONTRACT, Kind
from saudager.conversations import handover, transcript, turns
from saudager.conversations.models import Message
from saudager.queues import table
from saudager.queues.table import Lease
from saudager.settings import Settings

JUDGED_AGAIN_AFTER = timedelta(days=30)
_WORDS_WITHIN = timedelta(seconds=CONTRACT["voice_transcription"].ttl)


async def take_turn(app: App, lease: Lease) -> None:
    """Answer the open lines of the lane's conversation, or close them with a reason."""
    with tracing.span("turn", conversation=lease.messages[0].body["conversation_id"]):
        await _take_turn(app, lease)


async def _take_turn(app: App, lease: Lease) -> None:
    thought_since = app.clock.now()
    conversation_id = lease.messages[0].body["conversation_id"]
    turn = await app.db.read(briefing.open_turn, conversation_id, app.settings)
    if not turn.lines:
        return
    if handover.is_silent(turn.conversation, now=thought_since):
        if any(map(call_words.cancels, turn.said)):
            await app.db.run(calling.call_off, turn, app.settings, now=thought_since)
        await app.db.run(table.put_back, lease, until=turn.conversation.silent_until)
        return
    late = [line for line in turn.lines if _waited(line, app.settings, thought_since) > app.settings.answer_window]
    if late:
        await app.db.run(concluding.close_late, lease, turn.conversation, late, now=thought_since)
        return
    if _words_due(turn.lines, now=thought_since) is not None:
        await app.db.run(_wait_for_words, lease, conversation_id, now=thought_since)
        return
    thought = await think(app, turn)
    waited = thought_since.timestamp() - lease.first_at
    thought.trace.setdefault("took_ms", {})["waited"] = round(waited * 1000)
    await app.db.run(concluding.conclude, lease, turn, thought, app.settings, now=app.clock.now())


def _words_due(lines: Sequence[Message], *, now: datetime) -> datetime | None:
    """Until when the turn waits for its voice notes to become words; None: it does not, or not any longer."""
    due = max((line.received_at + _WORDS_WITHIN for line in lines if transcript.awaits_words(line)), default=now)
    return due if due > now else None


def _wait_for_words(session: Session, lease: Lease, conversation_id: int, *, now: datetime) -> None:
    """Hold the turn until its words come, unless they just have."""
    table.put_back(session, lease, until=_words_due(turns.unanswered(session, conversation_id), now=now))


def _waited(line: Message, settings: Settings, now: datetime) -> timedelta:
    """Since when a line could have been answered; the hours in which nothing is answered do not count."""
    return now - reply_hours.opening(settings, line.sent_at)


async def think(app: App, turn: OpenTurn) -> Thought:
    """What the turn comes to, before anything of it is stored or said."""
    thought = Thought(until=time.monotonic() + app.settings.engine_deadline)
    await _answer_or_not(app, turn, thought)
    unheard = [line for line in turn.lines if line.is_voice and not line.voice_transcription and not line.deleted]
    if unheard and thought.reply is not None:
        _admit(turn, thought, unheard)
    if turn.is_by_mail:
        thought.reply = None if thought.reply is None else by_mail.as_letter(thought.reply, turn)
        thought.waiting_line = None if thought.waiting_line is None else by_mail.as_letter(thought.waiting_line, turn)
    return thought


def _leave_to_a_person(turn: OpenTurn, thought: Thought, why: str) -> None:
    thought.silence = why
    thought.concerns.append((Why.LETTER, by_mail.PROBLEMS[why].format(said=turn.new_words[-1][:200])))


def _admit(turn: OpenTurn, thought: Thought, unheard: Sequence[Message]) -> None:
    """Ask politely to write what could not be put into words; a person sees it when somebody tried to."""
    sorry = courtesy.VOICE_NOT_UNDERSTOOD[courtesy.of_lines([said.text for said in turn.person.lines])]
    if thought.reply != sorry:
        thought.reply = f"{thought.reply}\n\n{sorry}"
    if any(line.voice_transcription is None or line.amended_at is not None for line in unheard):
        thought.concerns.append((Why.VOICE_NOT_HEARD, "Голосовое не расшифровано, мы попросили написать текстом."))


async def _answer_or_not(app: App, turn: OpenTurn, thought: Thought) -> None:
    now = app.clock.now()
    if all(line.deleted for line in turn.lines):
        thought.silence = briefing.DELETED
        return
    if turn.is_by_mail:
        why = await app.db.read(by_mail.left_to_a_person, turn, app.settings, now=now)
        if why is not None:
            _leave_to_a_person(turn, thought, why)
            return
    opens = reply_hours.opening(app.settings, now)
    if opens == now and (fixed := _fixed_line(turn)) is not None:
        thought.reply = fixed
        return
    is_client = await _moderate(app, turn, thought)
    if is_client is False:
        thought.silence = briefing.NOT_A_CLIENT
    elif opens > now:
        thought.wait_until = opens
    elif (left := await _about_a_wish(app, turn, thought)) is not None:
        await _talk(app, left, thought, is_client=is_client)


async def _talk(app: App, turn: OpenTurn, thought: Thought, *, is_client: bool | None) -> None:
    if (reason := escalation.reason_in(turn.said)) is not None:
        _hand_over(turn, thought, reason, app.settings)
    elif is_client is None:
        _welcome(turn, thought, app.settings)
    elif (stalled := stalling.stalled(turn)) is not None:
        _fall_silent(turn, thought, stalled)
    else:
        if thought.verdict is not None or turn.goes_on_unanswered:
            since, judged = app.clock.now() - app.settings.answer_window, thought.verdict is not None
            turn = await app.db.read(briefing.with_overlooked, turn, since=since, judged=judged)
        if (left := await _about_a_call(app, turn, thought)) is not None:
            await _answer(app, left, thought)


async def _about_a_call(app: App, turn: OpenTurn, thought: Thought) -> OpenTurn | None:
    """Do what the lines want of a call; what is left of the turn to answer, None when that was all."""
    said = await app.db.run(calling.take_call_matters, turn, app.settings, now=app.clock.now())
    if said is None:
        return turn
    thought.reply = said.reply
    thought.trace["call"] = said.trace
    return questions_left(turn, calling.is_settled)


async def _about_a_wish(app: App, turn: OpenTurn, thought: Thought) -> OpenTurn | None:
    """Confirm what the customer wishes to get from us; what is left of the turn to answer, None when that was all."""
    if not any(map(wishing.is_wished, turn.new_words)):
        return turn
    thought.reply = await app.db.read(wishing.confirmation, turn)
    left = questions_left(turn, wishing.is_wished)
    if left is None and thought.reply is None:
        thought.silence = wishing.NOTED_BEFORE
    return left


def _fixed_line(turn: OpenTurn) -> str | None:
    """Calls and voice notes nobody can put into words get a fixed courteous line."""
    language = courtesy.of_lines([said.text for said in turn.person.lines])
    if all(line.kind == Kind.MISSED_CALL for line in turn.lines):
        return courtesy.MISSED_CALL[language]
    if all(line.is_voice and not line.voice_transcription for line in turn.lines):
        return courtesy.VOICE_NOT_UNDERSTOOD[language]
    return None


async def _moderate(app: App, turn: OpenTurn, thought: Thought) -> bool | None:
    """Whether this is a customer: as stored, or judged now."""
    contact = turn.contact
    if contact.is_client:
        thought.trace["who"] = {"is_client": True, "reasoning": contact.classification_reasoning}
        return True
    if contact.is_client is False and not _may_be_judged_again(turn, now=app.clock.now()):
        return False
    if turn.lines_of_customer < app.settings.moderator_min_messages:
        return None
    prompt = await app.db.read(prompts.in_force, "moderator", app.settings.prompts_dir)
    person = turn.person if contact.is_client is None else turn.person_afresh
    judged = await moderator.judge(app.model, prompt, person, contact_id=contact.id, until=thought.until)
    is_client = moderator.acted_on(judged.value, app.settings.moderator_confidence)
    if is_client is False and call_words.asks_for_a_call(" ".join(turn.said)):
        is_client = None  # «Позвоните мне» alone is said by customers too: he is asked how to help
    thought.verdict = judged.value.model_copy(update={"is_client": is_client})
    thought.trace["who"] = thought.verdict.model_dump() | {"engine": judged.engine}
    thought.trace["calls"] = answering.traced_calls(judged.calls)
    return is_client


def _may_be_judged_again(turn: OpenTurn, *, now: datetime) -> bool:
    contact = turn.contact
    if contact.classified_by == "person":
        return False
    return (contact.classified_at is not None and now - contact.classified_at >= JUDGED_AGAIN_AFTER) or any(
        moderator.has_buying_words(words, soon=turn.goes_on) for words in turn.new_words
    )


def _welcome(turn: OpenTurn, thought: Thought, settings: Settings) -> None:
    """Somebody we cannot place is asked once how to help; after that a person looks."""
    if not turn.greeted and settings.greet_unknown:
        thought.reply = courtesy.GREETING[courtesy.of_lines(turn.new_words)]
    elif turn.lines_of_customer < settings.moderator_min_messages:
        thought.silence = briefing.WAITS_FOR_MORE
    else:
        thought.silence = briefing.UNCLEAR_CONTACT
        thought.concerns.append((Why.UNCLEAR_CONTACT, f"Непонятно, клиент ли это: «{turn.new_words[-1][:200]}»"))


def _hand_over(turn: OpenTurn, thought: Thought, reason: Reason, settings: Settings) -> None:
    """A person has it now; whatever else is said, the customer hears so."""
    waits = escalation.waiting_line(reason, courtesy.of_lines(turn.new_words), settings)
    thought.waiting_line = disclosure.disclosed(waits, turn, settings)
    thought.reply = f"{thought.reply}\n\n{waits}" if thought.reply else thought.waiting_line
    thought.escalated = reason
    thought.trace["escalated"] = reason


def _fall_silent(turn: OpenTurn, thought: Thought, stalled: str) -> None:
    thought.silence = stalled
    if stalled == stalling.REPEATS_ITSELF:
        thought.concerns.append((Why.REPEATS_ITSELF, f"Клиент шлёт одно и то же: «{turn.new_words[-1][:200]}»"))


async def _answer(app: App, turn: OpenTurn, thought: Thought) -> None:
    answer = await answering.answer(app, turn, until=thought.until)
    thought.reply = f"{thought.reply} {answer.reply}" if thought.reply else answer.reply
    thought.by_model, thought.asked = True, turn.new_words
    thought.questions, thought.pictures = answer.unanswered, answer.pictures
    thought.concerns += [(Why.NO_ANSWER_FOUND, f"Клиент спрашивает: «{asked[:300]}»") for asked in answer.unanswered]
    thought.concerns += [(Why.NO_ANSWER_FOUND, "; ".join(answer.withheld))] if answer.withheld else []
    answer.trace["calls"] = thought.trace.get("calls", []) + answer.trace["calls"]
    thought.trace |= answer.trace
    if answer.unanswered:
        thought.trace["unanswered"] = answer.unanswered
        if await app.db.read(escalation.did_not_know_before, turn):
            _hand_over(turn, thought, Reason.NOT_KNOWN_TWICE, app.settings)
