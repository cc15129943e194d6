"""Answers that go by mail: a letter with its greeting and signature, and none to a machine in disguise."""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.agent import courtesy
from saudager.agent.briefing import OpenTurn
from saudager.db.statements import Statement
from saudager.settings import Settings

BY_HAND, TOO_OFTEN = "letters_by_hand", "letters_too_often"
"""Why a letter is left to a person: MAIL_ANSWERS is off, or its address has had too many answers of ours."""
PROBLEMS = {
    BY_HAND: "Письмо ждёт вашего ответа: «{said}»",
    TOO_OFTEN: "Этому адресу ушло слишком много ответов подряд: похоже, пишет автоответчик. Последнее: «{said}»",
}
_AT_MOST = ((timedelta(hours=1), 5), (timedelta(days=1), 20))
"""Answers of ours to one address: a loop of two robots ends here, whatever their headers say (RFC 3834, 2)."""
_GREETS = re.compile(
    r"\W*(здравствуй|добр(ый|ое|ого|ой) (день|дня|утро|вечер|времени)|привет|уважаем|с[әа]лем|қайырлы|құрметті|ассал|"
    r"hello|hi\b|dear|good (day|morning|afternoon|evening))",
    re.IGNORECASE,
)


def left_to_a_person(session: Session, turn: OpenTurn, settings: Settings, *, now: datetime) -> str | None:
    """Why no answer may go to this letter without a person; None: it may."""
    if not settings.mail_answers:
        return BY_HAND
    for span, most in _AT_MOST:
        answers = _ANSWERS(session, conversation=turn.conversation.id, since=now - span).fetchone()[0]
        if answers >= most:
            return TOO_OFTEN
    return None


def as_letter(reply: str, turn: OpenTurn) -> str:
    """The reply with a greeting above it, unless it greets itself."""
    if _GREETS.match(reply):
        return reply
    return f"{courtesy.LETTER_GREETING[courtesy.of_lines(turn.new_words)]}\n\n{reply}"


def signature(settings: Settings) -> str:
    """What stands below every letter of a conversation; chats have none."""
    return settings.letter_signature or settings.mail_sender_name or settings.shop_name


_ANSWERS = Statement("""
    select count(*) from messages
    where conversation_id = :conversation and author = 'bot' and turn_id is not null and kind <> 'image'
        and sent_at > :since""")
