"""Lines read the fast way: plain rows of the columns a turn needs, as Message objects no session knows."""

from collections.abc import Iterable
from typing import Any

from saudager.conversations.models import Message
from saudager.db.statements import document, moment

COLUMNS = (
    "id, conversation_id, account, message_id, author, kind, text, subject, is_voice, voice_transcription, media, "
    "history, sent_at, received_at, amended_at, deleted, turn_id"
)
_NAMES = tuple(COLUMNS.split(", "))
_MOMENTS = ("sent_at", "received_at", "amended_at")
_FLAGS = ("is_voice", "history", "deleted")


def read(rows: Iterable[Any]) -> list[Message]:
    """Messages from rows of ``COLUMNS``."""
    return [_message(dict(zip(_NAMES, row, strict=True))) for row in rows]


def _message(values: dict[str, Any]) -> Message:
    for name in _MOMENTS:
        values[name] = moment(values[name])
    for name in _FLAGS:
        values[name] = bool(values[name])
    values["media"] = document(values["media"])
    return Message(**values)
