"""The rows Wappi answers with, turned into chats and lines.

Shapes: https://wappi.pro/api-documentation (chats/get, messages/get, messages/id/get; read 2026-07-12) and what clients
in production have seen beside it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from saudager.contracts import Contact, DeliveryState, Kind, Media
from saudager.providers.channels import ChatSummary, Delivery, Line
from saudager.providers.channels.whatsapp_chats import canonical_chat, is_person, name_in, phone_of

Row = Mapping[str, Any]

_LONG_AGO = datetime.fromtimestamp(0, UTC)
_KINDS = {
    "chat": Kind.TEXT,
    "text": Kind.TEXT,
    "buttons": Kind.TEXT,
    "buttons_response": Kind.TEXT,
    "list": Kind.TEXT,
    "list_response": Kind.TEXT,
    "image": Kind.IMAGE,
    "video": Kind.VIDEO,
    "audio": Kind.VOICE,
    "ptt": Kind.VOICE,
    "document": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
    "location": Kind.LOCATION,
    "vcard": Kind.CONTACT,
    "poll": Kind.POLL,
}
_WITH_A_FILE = {Kind.IMAGE, Kind.VIDEO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER}
TEMPORARY_BAN = "temporary ban"
"""What WhatsApp does to a number that wrote to too many strangers: https://wappi.pro/api-documentation (2026-07-12)."""
_DELIVERY = {
    "pending": DeliveryState.QUEUED,
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "undelivered": DeliveryState.FAILED,
    "error": DeliveryState.FAILED,
    TEMPORARY_BAN: DeliveryState.FAILED,
}

_PUSHED_LINES = ("incoming_message", "outgoing_message_phone", "outgoing_message_api")
_PUSHED_DELIVERIES = ("delivery_status", "messages_status", "message_status", "ack")
_PUSHED_NAMES = {"isEdited": "is_edited", "isDeleted": "is_deleted", "stanzaId": "stanza_id"}


def chats_of(row: Row) -> set[str]:
    """Every canonical chat id a message row claims: a hidden ``@lid`` may stand beside the phone's."""
    return {canonical_chat(row[key]) for key in ("chatId", "whatsapp_chat_id") if _text(row.get(key))}


def read_chat(row: Row, *, own_phone: str | None = None) -> ChatSummary:
    """One dialog of chats/get; raises ValueError when it has no id.

    A chat without a readable time is given 1970.
    """
    chat = _chat_id(row, "id")
    return ChatSummary(
        chat=chat,
        phone_number=phone_of(chat),
        contact=_contact_of_chat(row, chat),
        last_message_id=_text(row.get("last_message_id")),
        last_at=moment_of(row.get("last_time")) or moment_of(row.get("last_timestamp")) or _LONG_AGO,
        is_customer=is_person(chat) and not row.get("isGroup") and (own_phone is None or own_phone != phone_of(chat)),
    )


def read_line(row: Row) -> Line | None:
    """One message row; None for a reaction, which is no line. Raises ValueError without an id, a chat or a time."""
    if row.get("type") == "reaction":
        return None
    chat, message_id, sent_at = _chat_id(row, "chatId"), _text(row.get("id")), moment_of(row.get("time"))
    if message_id is None or sent_at is None:
        raise ValueError("a message without id or time")
    kind = _KINDS.get(str(row.get("type")), Kind.OTHER)
    media = _media(row) if kind in _WITH_A_FILE else None
    from_us = bool(row.get("fromMe"))
    return Line(
        chat=chat,
        message_id=message_id,
        sent_at=sent_at,
        from_us=from_us,
        from_api=bool(row.get("isFromAPI")) or row.get("from_where") == "api",
        kind=kind,
        text=media.caption if media else _words(row, kind),
        media=media,
        is_voice=kind is Kind.VOICE,
        reply_to=_reply_to(row),
        edited=bool(row.get("isEdited")),
        deleted=bool(row.get("isDeleted")),
        delivery=_DELIVERY.get(str(row.get("delivery_status"))) if from_us else None,
        phone_number=phone_of(chat),
        contact=_contact_of_line(row, chat, from_us=from_us),
    )


def read_pushed(row: Row) -> Line | Delivery | None:
    """One item of a webhook; None for what is neither a line of a person's chat nor a delivery.

    Its fields are named otherwise than those of messages/get: https://wappi.pro/api-documentation (read 2026-07-12).
    """
    kind = str(row.get("wh_type"))
    if kind in _PUSHED_DELIVERIES:
        state, message_id = _DELIVERY.get(str(row.get("status"))), _text(row.get("id"))
        reason = str(row.get("status")) if state is DeliveryState.FAILED else None
        return Delivery(message_id, state, reason) if state and message_id else None
    if kind == "incoming_call":
        return _missed_call(row)
    if kind not in _PUSHED_LINES or row.get("chat_type") == "group" or not is_person(_chat_id(row, "chatId")):
        return None
    names = {ours: row.get(theirs) for ours, theirs in _PUSHED_NAMES.items()}
    own = kind != "incoming_message" or bool(row.get("is_me"))
    line = {**row, **names, "fromMe": own, "isFromAPI": kind == "outgoing_message_api"}
    if line["isEdited"] and _text(row.get("stanza_id")):
        line["id"] = row["stanza_id"]
    return read_line(line)


def _missed_call(row: Row) -> Line | None:
    number, moment = _text(row.get("number")), moment_of(row.get("time"))
    if row.get("type") != "missed_call" or number is None or moment is None:
        return None
    chat = canonical_chat(number)
    return Line(
        chat=chat,
        message_id=f"call:{number}:{int(moment.timestamp())}",
        sent_at=moment,
        from_us=False,
        from_api=False,
        kind=Kind.MISSED_CALL,
        text=None,
        phone_number=phone_of(chat),
    )


def moment_of(value: object) -> datetime | None:
    """Unix seconds or RFC 3339: either may stand in ``last_time``, the other is then in ``last_timestamp``."""
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = float(value) if isinstance(value, str | int | float) else 0.0
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _chat_id(row: Row, key: str) -> str:
    written = _text(row.get(key))
    if written is None:
        raise ValueError(f"a row without {key}")
    return canonical_chat(written)


def _contact_of_chat(row: Row, chat: str) -> Contact:
    card = _object(row.get("contact"))
    candidates = [row.get("name"), _object(row.get("group")).get("Name")]
    candidates += [card.get(key) for key in ("FullName", "FirstName", "PushName", "BusinessName")]
    return Contact(
        name=next((name for name in map(name_in, candidates) if name), None),
        full_name=name_in(card.get("FullName")),
        business_name=name_in(card.get("BusinessName")),
        lid=_lid(row, chat),
    )


def _contact_of_line(row: Row, chat: str, *, from_us: bool) -> Contact:
    saved = name_in(row.get("contact_name"))
    shown = None if from_us else name_in(row.get("senderName"))
    return Contact(name=saved or shown, full_name=saved, lid=_lid(row, chat))


def _lid(row: Row, chat: str) -> str | None:
    claimed = {chat} | chats_of(row)
    return next((one for one in sorted(claimed) if one.endswith("@lid")), None)


def _words(row: Row, kind: Kind) -> str | None:
    if kind is Kind.LOCATION:
        return _place(row)
    if kind is Kind.CONTACT:
        return _card(row)
    body = row.get("body")
    words = body if isinstance(body, str) else _text(_object(body).get("text"))
    words = words or _text(row.get("caption")) or _text(row.get("selectedButtonId"))
    words = words or _text(row.get("selected_list_id"))
    if kind is Kind.POLL:
        offered = row.get("poll_options")
        options = [_option(option) for option in offered] if isinstance(offered, list) else []
        return "Опрос: " + "; ".join(part for part in (words, *options) if part)
    return words


def _option(option: object) -> str | None:
    return _text(option) or _text(_object(option).get("name"))


def _place(row: Row) -> str:
    place = _object(row.get("location")) or _object(row.get("body"))
    latitude, longitude = place.get("latitude"), place.get("longitude")
    where = [] if latitude is None or longitude is None else [f"{latitude}, {longitude}"]
    where += [words for key in ("name", "description") if (words := _text(place.get(key)))]
    return ": ".join(["Геопозиция", ", ".join(where)]) if where else "Геопозиция"


def _card(row: Row) -> str:
    card, body = _object(row.get("contact")), row.get("body")
    shown = [_text(card.get("display_name")), _text(card.get("phone"))]
    if not any(shown) and isinstance(body, str):
        shown = [found[1].strip() for key in ("FN", "TEL") if (found := re.search(rf"(?m)^{key}[^:\n]*:(.+)$", body))]
    known = [part for part in shown if part]
    return ": ".join(["Контакт", ", ".join(known)]) if known else "Контакт"


def _media(row: Row) -> Media:
    body = _object(row.get("body"))
    seconds = row.get("length_seconds") or _object(row.get("media_info")).get("duration") or body.get("seconds")
    return Media(
        mime_type=_text(row.get("mimetype")) or _text(body.get("mimetype")),
        file_name=_text(row.get("file_name")) or _text(body.get("fileName")) or _text(row.get("title")),
        seconds=float(seconds) if isinstance(seconds, int | float) and seconds else None,
        caption=_text(row.get("caption")) or _text(body.get("caption")),
    )


def _reply_to(row: Row) -> str | None:
    if not row.get("isReply"):
        return None
    return _text(row.get("stanzaId")) or _text(_object(row.get("reply_message")).get("id"))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
