"""A talk in a few lines for the merchant's phone: who it is, what both sides said last, what was agreed."""

from saudager.agent.briefing import OpenTurn
from saudager.conversations import transcript
from saudager.conversations.models import Author, Contact, Conversation

LONGEST = 600
_LINES = 6
_LINE_LENGTHS = (160, 110, 70, 40)
_NAME, _AGREED = 80, 150
_SPEAKERS = {Author.CUSTOMER: "Клиент", Author.HUMAN: "Человек", Author.BOT: "Продавец"}


def summarise(turn: OpenTurn, *, agreed: str | None = None) -> str:
    """At most ``LONGEST`` characters; ``agreed`` is the line of ours the customer said yes to."""
    last = [*turn.earlier, *turn.lines][-_LINES:]
    ends = [f"Договорились: {_short(agreed, _AGREED)}"] if agreed else []
    said = ""
    for length in _LINE_LENGTHS:
        lines = [f"{_SPEAKERS[Author(line.author)]}: {_short(transcript.words(line), length)}" for line in last]
        said = "\n".join([_who(turn.contact, turn.conversation), *lines, *ends])
        if len(said) <= LONGEST:
            break
    return said[:LONGEST]


def _who(contact: Contact, conversation: Conversation) -> str:
    name = contact.full_name or contact.name or contact.business_name or "Без имени"
    number, _, server = conversation.chat.partition("@")
    phone = contact.phone_number or (number if server == "c.us" else "")
    return f"{name[:_NAME]}, +{phone}" if phone else name[:_NAME]


def _short(text: str, length: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= length else f"{plain[: length - 1].rstrip()}…"
