"""A line has come: store it, let a person's line silence us, and open a turn for a customer's."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy.orm import Session

from saudager import attention, restorations
from saudager.agent import stepping_in, telling, wishing
from saudager.attention import Why
from saudager.contracts import Heard, IncomingMessage, is_mailbox
from saudager.conversations import inbox, turns
from saudager.conversations.inbox import Receipt, Received
from saudager.conversations.models import Conversation, Message, Outcome
from saudager.conversations.transcript import words
from saudager.crm import correspondence, noting
from saudager.engines import spend
from saudager.engines.prices import Prices
from saudager.followups import plan
from saudager.providers.llm import Call
from saudager.queues import table
from saudager.queues.table import Message as QueueMessage
from saudager.settings import Settings

TURNS = "turns"
TOO_LATE = "too_late"
_TOO_LATE = "Сообщение пришло слишком поздно, чтобы отвечать без вас"
_BEFORE_RESTORE = "Сообщение старше восстановления из копии; посмотрите, отвечено ли на него"

_GREETING = re.compile(
    r"^\W*(здравствуйте|добр(ый|ое|ой) (день|утро|вечер|ночи)|привет(ствую)?|салем|сәлем(етсіз бе)?|ассалаумағалейкум|"
    r"hello|hi|good (day|morning|evening))\W*$",
    re.IGNORECASE,
)
_COMPLETE = re.compile(r"[.?!…)]\W*$")


def listen(session: Session, message: QueueMessage, *, settings: Settings, now: datetime) -> None:
    """Take one message of ``incoming_messages``."""
    incoming = IncomingMessage.model_validate(message.body)
    received = inbox.receive(session, incoming, now=now)
    if incoming.heard is not None and received.receipt is Receipt.AMENDED:
        _pay(session, incoming.heard, received.conversation_id, settings=settings, now=now)
    if received.receipt is Receipt.AMENDED and received.message.is_voice:
        wishing.hear(session, received.conversation_id, words(received.message), now=now)
        table.hurry(session, TURNS, str(received.conversation_id))
        telling.customer_wrote(session, received, now=now)
    if received.receipt is not Receipt.NEW or incoming.history:
        return
    if is_mailbox(incoming.account):
        correspondence.letter_came(session, received.message, settings=settings, now=now)
    else:
        noting.line_was_said(session, received.conversation_id, received.message.id, now=now)
    if incoming.author == "human":
        silence = timedelta(hours=settings.handover_hours)
        stepping_in.person_spoke(
            session,
            received.conversation_id,
            words(received.message),
            at=incoming.sent_at,
            silence=silence,
            now=now,
        )
        return
    wishing.hear(session, received.conversation_id, words(received.message), now=now)
    plan.customer_spoke(session, received.conversation_id, words(received.message), now=now)
    telling.customer_wrote(session, received, now=now)
    if received.message.deleted:
        turns.close(session, [received.message], Outcome.SILENT, reason="deleted", now=now)
    elif now - incoming.sent_at > settings.answer_window:
        _too_late(session, received, now=now)
    elif restorations.is_before_last(session, incoming.sent_at):
        _too_late(session, received, says=_BEFORE_RESTORE, now=now)
    else:
        _open_turn(session, received.message, settings=settings, now=now)


def never_heard(session: Session, message: QueueMessage, reason: str, now: datetime) -> None:
    """A line that died in the queue is stored as too late to answer; what cannot be read is shown to a person."""
    try:
        received = inbox.receive(session, IncomingMessage.model_validate(message.body), now=now)
    except ValidationError:
        attention.ask(session, Why.TURN_FAILED, f"queue:incoming_messages:{message.id}", reason, now=now)
        return
    if received.message.turn_id is None and received.message.author == "customer" and not received.message.history:
        telling.customer_wrote(session, received, now=now)
        _too_late(session, received, now=now)


def patience(message: Message, settings: Settings) -> timedelta:
    """How long to wait for more after this line: less when it looks complete, but a bare greeting never does. A letter
    is complete."""
    if is_mailbox(message.account):
        return timedelta(seconds=settings.patience_complete)
    text = words(message)
    complete = bool(_COMPLETE.search(text)) and not _GREETING.match(text)
    return timedelta(seconds=settings.patience_complete if complete else settings.patience)


def _pay(session: Session, heard: Heard, conversation_id: int, *, settings: Settings, now: datetime) -> None:
    """Take the words of a voice note into the books; what the vendor told no tokens of has no price anybody knows."""
    call = Call(heard.engine, heard.model, heard.tokens_in, heard.tokens_out)
    if heard.tokens_in or heard.tokens_out:
        call = replace(call, cost=Prices.read(settings.model_prices).of(call, at=now, hears=True))
    contact_id = session.get_one(Conversation, conversation_id).contact_id
    spend.note(session, [call], contact_id, now.astimezone(settings.zone).date())


def _open_turn(session: Session, message: Message, *, settings: Settings, now: datetime) -> None:
    table.publish(
        session,
        TURNS,
        {"conversation_id": message.conversation_id},
        id=f"{message.conversation_id}:{message.id}",
        key=str(message.conversation_id),
        now=now,
        due=now + patience(message, settings),
        cap=settings.patience_cap,
    )


def _too_late(session: Session, received: Received, *, says: str = _TOO_LATE, now: datetime) -> None:
    turns.close(session, [received.message], Outcome.SILENT, reason=TOO_LATE, now=now)
    attention.ask(
        session,
        Why.TOO_LATE,
        f"conversation:{received.conversation_id}",
        f"{says}: «{words(received.message)[:200]}»",
        now=now,
    )
