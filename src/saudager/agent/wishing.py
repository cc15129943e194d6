"""A customer says what he wants to get from us: obeyed as it is heard, confirmed once, and never argued with."""

from datetime import datetime

from sqlalchemy.orm import Session

from saudager.agent import courtesy
from saudager.agent.briefing import OpenTurn
from saudager.followups import plan
from saudager.followups.rules import Stop
from saudager.languages import Language
from saudager.outreach import consent
from saudager.outreach.wishes import Wish, read_wish

NOTED_BEFORE = "wish_noted_before"

_CONFIRMED: dict[Wish, dict[Language, str]] = {
    Wish.STOP_ALL: {
        "ru": "Хорошо, больше не будем писать вам первыми. Если понадобимся, напишите — ответим.",
        "kk": "Жақсы, енді сізге өзіміз бірінші жазбаймыз. Керек болсақ, жазыңыз — жауап береміз.",
        "en": "All right, we will not write to you first any more. If you need us, write and we will answer.",
    },
    Wish.STOP_OFFERS: {
        "ru": "Хорошо, предложений и рекламы больше не будет. Напишем только о ваших заказах и договорённостях.",
        "kk": "Жақсы, енді ұсыныс пен жарнама жібермейміз. Тек тапсырысыңыз бен келісімдеріңіз туралы жазамыз.",
        "en": "All right, no more offers. We will write only about your orders and what we agreed on.",
    },
    Wish.RESUME: {
        "ru": "Хорошо, снова будем вам писать.",
        "kk": "Жақсы, сізге қайтадан жазатын боламыз.",
        "en": "All right, we will write to you again.",
    },
}


def hear(session: Session, conversation_id: int, words: str, *, now: datetime) -> None:
    """Keep what a line wishes and stop at once what it forbids."""
    wish = read_wish(words)
    if wish is None:
        return
    contact = consent.note_of_conversation(session, conversation_id, wish, words, now)
    if wish is not Wish.RESUME:
        plan.stop(session, contact, Stop.OPTED_OUT, now=now)


def confirmation(session: Session, turn: OpenTurn) -> str | None:
    """What is said to a wish of the turn's lines that is new; None when there is none."""
    since = min(line.received_at for line in turn.lines)
    wish = consent.said_since(session, turn.contact.id, since)
    return None if wish is None else _CONFIRMED[Wish(wish)][courtesy.of_lines(turn.new_words)]


def is_wished(text: str) -> bool:
    """Whether the text says what its writer wants to get from us."""
    return read_wish(text) is not None
