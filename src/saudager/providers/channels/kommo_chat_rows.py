"""What a line is in Kommo's own chat: of a manager as its call tells it, and of anybody as it is shown there.

Shapes: https://www.amocrm.ru/developers/content/chats/chat-webhooks (v2) and /chat-api-reference (read 2026-11).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from saudager.contracts import Kind
from saudager.providers.channels import Line

_WITHOUT_WORDS = {
    Kind.VOICE: "Голосовое сообщение",
    Kind.IMAGE: "Фото",
    Kind.VIDEO: "Видео",
    Kind.DOCUMENT: "Файл",
    Kind.STICKER: "Стикер",
    Kind.LOCATION: "Геопозиция",
    Kind.CONTACT: "Контакт",
    Kind.MISSED_CALL: "Пропущенный звонок",
}


def read_line(told: Mapping[str, Any]) -> Line:
    """What a manager wrote in Kommo; its chat is empty when it was begun there. A file is a link among the words.

    Raises ValueError without an id, a time or anything said.
    """
    message, chat = object_in(told.get("message")), object_in(told.get("conversation")).get("client_id")
    said = [message.get("text"), message.get("media")]
    text = "\n".join(part for part in said if isinstance(part, str) and part.strip())
    message_id = message.get("id")
    if not isinstance(message_id, str) or not message_id or not text:
        raise ValueError("a line without id or words")
    return Line(
        chat=chat if isinstance(chat, str) else "",
        message_id=message_id,
        sent_at=_moment(told.get("timestamp")),
        from_us=True,
        from_api=False,
        kind=Kind.TEXT,
        text=text,
    )


def customer_of(line: Line) -> dict[str, Any]:
    """Kommo finds its contact by the phone."""
    phone = f"+{line.phone_number}" if line.phone_number else None
    name = line.contact.full_name or line.contact.name or phone or "Покупатель"
    return {"id": line.chat, "name": name} | ({"profile": {"phone": phone}} if phone else {})


def words_of(line: Line) -> str:
    kind = _WITHOUT_WORDS.get(line.kind)
    return ": ".join(part for part in (kind, line.text) if part) or "Сообщение без слов"


def _moment(written: object) -> datetime:
    """Unix seconds."""
    try:
        return datetime.fromtimestamp(int(str(written)), UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("a line without a time") from None


def object_in(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
