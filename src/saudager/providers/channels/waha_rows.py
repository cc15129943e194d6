"""What WAHA answers and pushes, turned into chats, lines and deliveries.

Shapes: https://waha.devlike.pro/docs (events, chats, messages; version 2026.7.1, read 2026-07). ``_data`` is what the
engine beneath (WEBJS, NOWEB or GOWS) has of a message, in no documented shape: only hints are taken from it.

A message's id is written ``false_7775…@c.us_3EB0AA`` in most places, ``3EB0AA`` in edits, deletions and quotes, and its
chat may be the phone's id here and the hidden ``@lid`` there. So its last part alone is our id of it, the same from a
webhook, a poll and our own send; ``full_id`` makes what WAHA wants to be asked with.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from saudager.contracts import Contact, DeliveryState, Kind, Media
from saudager.providers.channels import ChatSummary, Delivery, Line
from saudager.providers.channels.whatsapp_chats import canonical_chat, is_person, name_in, phone_of

Row = Mapping[str, Any]

_LONG_AGO = datetime.fromtimestamp(0, UTC)
_MILLISECONDS_FROM = 1e11
_DELIVERY = {
    -1: DeliveryState.FAILED,
    0: DeliveryState.QUEUED,
    1: DeliveryState.SENT,
    2: DeliveryState.DELIVERED,
    3: DeliveryState.READ,
    4: DeliveryState.READ,
}
_KINDS = {"image": Kind.IMAGE, "video": Kind.VIDEO, "audio": Kind.VOICE, "ptt": Kind.VOICE, "sticker": Kind.STICKER}
_UNDECRYPTED = "ciphertext"
_NO_LINES = {
    _UNDECRYPTED,
    "e2e_notification",
    "notification",
    "notification_template",
    "protocol",
    "protocolMessage",
    "reaction",
    "reactionMessage",
    "senderKeyDistributionMessage",
    "messageContextInfo",
}


def full_id_of(row: Row) -> str | None:
    """A message's id as it is written: a string, or inside the object of an engine."""
    written = row.get("id")
    if isinstance(written, dict):
        written = written.get("_serialized") or written.get("id")
    return _text(written) or _text(_object(row.get("key")).get("id"))


def bare_id(written: str) -> str:
    """``false_7775…@c.us_3EB0AA`` is our ``3EB0AA``; a group's sender may stand behind it."""
    parts = written.split("_")
    return parts[2] if len(parts) > 2 and parts[0] in ("true", "false") and "@" in parts[1] else written


def full_id(chat: str, message_id: str, *, from_us: bool = False) -> str:
    return f"{'true' if from_us else 'false'}_{chat}_{message_id}"


def read_chat(row: Row, *, own: set[str]) -> ChatSummary:
    """One row of chats/overview; raises ValueError without an id. ``own``: the chat ids of the account itself.

    A chat without a readable line is given 1970. A last line that WhatsApp has yet to decrypt ("Waiting for this
    message", ``ciphertext`` in WEBJS) keeps its id when its words come: until then it is listed under another, so that
    the chat is seen to change and is read again.
    """
    chat, last = _chat_id(row.get("id")), _object(row.get("lastMessage"))
    last_id = full_id_of(last)
    waits = "undecrypted:" if _UNDECRYPTED in _raw_kinds(last) else ""
    return ChatSummary(
        chat=chat,
        phone_number=phone_of(chat),
        contact=Contact(name=name_in(row.get("name")), lid=_lid(chat)),
        last_message_id=None if last_id is None else f"{waits}{bare_id(last_id)}",
        last_at=moment_of(last.get("timestamp")) or _LONG_AGO,
        is_customer=is_person(chat) and chat not in own,
    )


def read_line(row: Row, *, pushed: bool = False) -> Line | None:
    """One message; None for what is none of a person's lines. Raises ValueError without an id, a chat or a time.

    Only an event tells for certain whether an API sent it: in ``pushed`` ones ``source`` is api or app.
    """
    written, sent_at = full_id_of(row), moment_of(row.get("timestamp"))
    if written is None or sent_at is None:
        raise ValueError("a message without id or time")
    from_us = bool(row.get("fromMe"))
    chat = _chat_of(row, written, from_us=from_us)
    if not is_person(chat) or _is_no_line(row):
        return None
    kind = _kind(row)
    media = _media(row) if row.get("hasMedia") or row.get("media") else None
    message_id = bare_id(written)
    return Line(
        chat=chat,
        message_id=message_id,
        sent_at=sent_at,
        from_us=from_us,
        from_api=_from_api(row, pushed=pushed) if from_us else False,
        kind=kind,
        text=_words(row, kind),
        media=media,
        file=_file(row, full_id(chat, message_id, from_us=from_us)) if media else None,
        is_voice=kind is Kind.VOICE,
        reply_to=_bare(_object(row.get("replyTo")).get("id")),
        deleted=_object(row.get("_data")).get("type") == "revoked",
        delivery=delivery_of(row) if from_us else None,
        phone_number=phone_of(chat),
        contact=Contact(name=None if from_us else _pushed_name(row), lid=_lid(chat)),
    )


def read_ack(row: Row) -> Delivery | None:
    """``message.ack``; None for what customers' own lines went through. Raises ValueError without an id."""
    written, state = full_id_of(row), delivery_of(row)
    if written is None:
        raise ValueError("a delivery without id")
    if state is None or not row.get("fromMe"):
        return None
    reason = "WhatsApp не доставил сообщение" if state is DeliveryState.FAILED else None
    return Delivery(bare_id(written), state, reason=reason)


def read_edit(row: Row) -> Line | None:
    """``message.edited``: the line meant, with its new words."""
    meant = _bare(row.get("editedMessageId"))
    if meant is None:
        raise ValueError("an edit of no message")
    line = read_line({**row, "_data": None}, pushed=True)
    return None if line is None else _changed(line, meant, edited=True)


def read_deletion(row: Row) -> Line | None:
    """``message.revoked``: the line meant, without words; its chat stands in the notice of it only."""
    meant = _bare(row.get("revokedMessageId"))
    notice = _object(row.get("after")) or _object(row.get("before"))
    if meant is None:
        raise ValueError("a deletion of no message")
    line = read_line({**notice, "body": None, "media": None, "hasMedia": False, "_data": None}, pushed=True)
    return None if line is None else _changed(line, meant, deleted=True)


def read_call(row: Row) -> Line | None:
    """``call.rejected``: a customer rang and was not answered. (``call.received`` only says that it rings.)"""
    call, sent_at = _text(row.get("id")), moment_of(row.get("timestamp"))
    if call is None or sent_at is None:
        raise ValueError("a call without id or time")
    if row.get("isGroup") or not is_person(chat := _chat_id(row.get("from"))):
        return None
    return Line(
        chat=chat,
        message_id=f"call:{call}",
        sent_at=sent_at,
        from_us=False,
        from_api=False,
        kind=Kind.MISSED_CALL,
        text=None,
        phone_number=phone_of(chat),
        contact=Contact(lid=_lid(chat)),
    )


def delivery_of(row: Row) -> DeliveryState | None:
    ack = row.get("ack")
    return _DELIVERY.get(ack) if isinstance(ack, int) else None


def moment_of(value: object) -> datetime | None:
    """Unix seconds (a payload's) or milliseconds (an envelope's), or ISO 8601; None for anything else."""
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        number = float(value) if isinstance(value, str | int | float) else 0.0
        seconds = number / 1000 if number > _MILLISECONDS_FROM else number
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _changed(line: Line, meant: str, *, edited: bool = False, deleted: bool = False) -> Line:
    return Line(
        chat=line.chat,
        message_id=meant,
        sent_at=line.sent_at,
        from_us=line.from_us,
        from_api=line.from_api,
        kind=Kind.DELETION if deleted else line.kind,
        text=line.text,
        edited=edited,
        deleted=deleted,
        phone_number=line.phone_number,
        contact=line.contact,
    )


def _chat_of(row: Row, written: str, *, from_us: bool) -> str:
    """Where the message came from, which is where it is answered."""
    parts = written.split("_")
    inside = parts[1] if len(parts) > 2 and "@" in parts[1] else None
    return _chat_id((row.get("to") if from_us else row.get("from")) or inside or row.get("from"))


def _chat_id(written: object) -> str:
    named = _text(written) or _text(_object(written).get("_serialized"))
    if named is None:
        raise ValueError("a row without a chat")
    return canonical_chat(named)


def _from_api(row: Row, *, pushed: bool) -> bool | None:
    if row.get("source") == "api":
        return True
    return False if pushed and row.get("source") == "app" else None


def _raw_kinds(row: Row) -> list[str]:
    """What the engine calls the message: WEBJS has ``type``, the others one key per kind (``audioMessage``)."""
    raw = _object(row.get("_data"))
    told = _text(raw.get("type"))
    return [told] if told else list(_object(raw.get("message")) or _object(raw.get("Message")))


def _is_no_line(row: Row) -> bool:
    """Reactions, what WhatsApp tells the phones only, and lines without their words yet: nothing a person wrote."""
    if row.get("reaction") or _object(row.get("_data")).get("messageStubType"):
        return True
    kinds = _raw_kinds(row)
    return bool(kinds) and all(kind in _NO_LINES for kind in kinds)


def _kind(row: Row) -> Kind:
    if row.get("location"):
        return Kind.LOCATION
    if row.get("vCards"):
        return Kind.CONTACT
    named = [kind.removesuffix("Message") for kind in _raw_kinds(row)]
    mime_type = _mime_type(row) or ""
    if mime_type and "sticker" not in named:
        return _KINDS.get(mime_type.partition("/")[0], Kind.DOCUMENT)
    found = next((_KINDS[name] for name in named if name in _KINDS), None)
    if found is not None:
        return found
    if row.get("hasMedia"):
        return Kind.DOCUMENT if "document" in named else Kind.OTHER
    return Kind.TEXT if _text(row.get("body")) else Kind.OTHER


def _words(row: Row, kind: Kind) -> str | None:
    if kind is Kind.LOCATION:
        return _place(_object(row.get("location")))
    if kind is Kind.CONTACT:
        return _cards(row.get("vCards"))
    return _text(row.get("body"))


def _place(place: Row) -> str:
    latitude, longitude = place.get("latitude"), place.get("longitude")
    where = [] if latitude is None or longitude is None else [f"{latitude}, {longitude}"]
    where += [words for key in ("name", "address", "description") if (words := _text(place.get(key)))]
    return ": ".join(["Геопозиция", ", ".join(where)]) if where else "Геопозиция"


def _cards(cards: object) -> str:
    written = cards if isinstance(cards, list) else []
    lines = [line for card in written if isinstance(card, str) for line in card.splitlines()]
    shown = [line.partition(":")[2].strip() for line in lines if line.upper().startswith(("FN", "TEL", "ITEM1.TEL"))]
    known = [part for part in shown if part]
    return ": ".join(["Контакт", ", ".join(known)]) if known else "Контакт"


def _media(row: Row) -> Media:
    told, raw = _object(row.get("media")), _object(row.get("_data"))
    seconds = raw.get("duration")
    return Media(
        mime_type=_mime_type(row),
        file_name=_text(told.get("filename")),
        seconds=float(seconds) if isinstance(seconds, int | float | str) and str(seconds).isdigit() else None,
        caption=_text(row.get("body")),
    )


def _mime_type(row: Row) -> str | None:
    return _text(_object(row.get("media")).get("mimetype")) or _text(_object(row.get("_data")).get("mimetype"))


def _file(row: Row, id: str) -> str:
    """What ``fetch_media`` is asked for: the message, and where its file lies when WAHA has it already."""
    link = _text(_object(row.get("media")).get("url"))
    return id if link is None else f"{id} {link}"


def _pushed_name(row: Row) -> str | None:
    raw = _object(row.get("_data"))
    names = (raw.get("notifyName"), raw.get("pushName"), _object(raw.get("Info")).get("PushName"))
    return next((name for name in map(name_in, names) if name), None)


def _lid(chat: str) -> str | None:
    return chat if chat.endswith("@lid") else None


def _bare(written: object) -> str | None:
    named = _text(written)
    return None if named is None else bare_id(named)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
