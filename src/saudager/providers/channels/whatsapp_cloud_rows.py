"""What Meta's webhook tells, turned into lines and deliveries.

Shapes: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference (messages,
smb_message_echoes; pages of 2025-10 to 2026-06) and .../business-scoped-user-ids (2026-03-31), read 2026-11-26.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from saudager.contracts import Contact, DeliveryState, Kind, Media
from saudager.providers.channels import Delivery, Line, News

Row = Mapping[str, Any]

_log = logging.getLogger(__name__)
_KINDS = {
    "text": Kind.TEXT,
    "button": Kind.TEXT,
    "interactive": Kind.TEXT,
    "image": Kind.IMAGE,
    "video": Kind.VIDEO,
    "audio": Kind.VOICE,
    "document": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
    "location": Kind.LOCATION,
    "contacts": Kind.CONTACT,
}
_WITH_A_FILE = {Kind.IMAGE, Kind.VIDEO, Kind.VOICE, Kind.DOCUMENT, Kind.STICKER}
_NO_LINES = {"reaction", "system", "request_welcome"}
_UNSUPPORTED_NO_LINES = {"reaction", "pin", "keep_in_chat", "poll_update"}
_DELIVERY = {
    "sent": DeliveryState.SENT,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.READ,
    "played": DeliveryState.READ,
    "failed": DeliveryState.FAILED,
}

_Read = TypeVar("_Read", Line, Delivery)


def read_news(told: Row, phone_number_id: str) -> News:
    """Every line and delivery of one call that is of our number; what cannot be read is left out and logged without
    its words."""
    news = News()
    for value in _values(told):
        if _object(value.get("metadata")).get("phone_number_id") != phone_number_id:
            continue
        people = _rows(value.get("contacts"))
        news.lines.extend(_readable(value.get("messages"), partial(read_line, people=people)))
        news.lines.extend(_readable(value.get("message_echoes"), partial(read_line, people=people, echo=True)))
        news.deliveries.extend(_readable(value.get("statuses"), read_delivery))
    return news


def read_line(row: Row, people: Sequence[Row], *, echo: bool = False) -> Line | None:
    """One message, or with ``echo`` what a person of the shop typed on the phone; None for what is no line of a chat.

    Raises ValueError without an id, a time or somebody it is of.
    """
    written_as = str(row.get("type"))
    if written_as in _NO_LINES or row.get("group_id"):
        return None
    if written_as == "unsupported" and _object(row.get("unsupported")).get("type") in _UNSUPPORTED_NO_LINES:
        return None
    is_change = written_as in ("edit", "revoke")
    change = _object(row.get(written_as))
    content = _object(change.get("message")) if is_change else row
    message_id = _text(change.get("original_message_id") if is_change else row.get("id"))
    if message_id is None:
        raise ValueError("a message without id")
    part_name = str(content.get("type"))
    part, kind = content.get(part_name), _KINDS.get(part_name, Kind.OTHER)
    media = _media(_object(part)) if kind in _WITH_A_FILE else None
    phone, contact = _customer(row, people, "to" if echo else "from")
    return Line(
        chat=f"{phone}@c.us" if phone else f"{contact.bsuid}@bsuid",
        message_id=message_id,
        sent_at=_moment(row.get("timestamp")),
        from_us=echo,
        from_api=False,
        kind=kind,
        text=media.caption if media else _words(part_name, part),
        media=media,
        file=_text(_object(part).get("id")) if media else None,
        is_voice=kind is Kind.VOICE,
        reply_to=_text(_object(content.get("context")).get("id")),
        edited=written_as == "edit",
        deleted=written_as == "revoke",
        phone_number=phone,
        contact=contact,
    )


def read_delivery(row: Row) -> Delivery | None:
    """One status of a message of ours; None for a word we do not know. Raises ValueError without an id."""
    state, message_id = _DELIVERY.get(str(row.get("status"))), _text(row.get("id"))
    if message_id is None:
        raise ValueError("a status without id")
    if state is None:
        return None
    reason = "; ".join(_error(error) for error in _rows(row.get("errors"))) or None
    return Delivery(message_id, state, reason=reason, own_id=_text(row.get("biz_opaque_callback_data")))


def _values(told: Row) -> Iterator[Row]:
    for entry in _rows(told.get("entry")):
        for change in _rows(entry.get("changes")):
            yield _object(change.get("value"))


def _readable(rows: object, read: Callable[[Row], _Read | None]) -> Iterator[_Read]:
    for row in _rows(rows):
        try:
            one = read(row)
        except ValueError as error:
            _log.warning("the WhatsApp Cloud API told of %s", error)
            continue
        if one is not None:
            yield one


def _customer(row: Row, people: Sequence[Row], side: str) -> tuple[str | None, Contact]:
    """The customer's phone, when Meta tells it, and his names. ``side``: the field he stands in, ``from`` or ``to``."""
    written, bsuid = _text(row.get(side)), _text(row.get(f"{side}_user_id"))
    phone = _digits(written)
    known = [one for one in people if (bsuid and one.get("user_id") == bsuid) or (phone and one.get("wa_id") == phone)]
    person = next(iter(known or (people if len(people) == 1 else ())), {})
    phone = phone or _digits(_text(person.get("wa_id")))
    bsuid = bsuid or _text(person.get("user_id"))
    if not phone and not bsuid:
        raise ValueError("a message of nobody")
    return phone, Contact(name=_text(_object(person.get("profile")).get("name")), bsuid=bsuid)


def _words(part_name: str, part: object) -> str | None:
    told = _object(part)
    if part_name == "contacts":
        return _cards(_rows(part))
    if part_name == "location":
        where = [
            f"{told.get('latitude')}, {told.get('longitude')}",
            _text(told.get("name")),
            _text(told.get("address")),
        ]
        return f"Геопозиция: {', '.join(filter(None, where))}"
    if part_name == "interactive":
        told = _object(told.get(str(told.get("type"))))
        return _text(told.get("title")) or _text(told.get("body"))
    return _text(told.get("body")) or _text(told.get("text"))


def _cards(cards: Sequence[Row]) -> str:
    shown = []
    for card in cards:
        phones = [_text(phone.get("phone")) for phone in _rows(card.get("phones"))]
        known = filter(None, [_text(_object(card.get("name")).get("formatted_name")), *phones])
        shown.append(", ".join(known))
    return ": ".join(filter(None, ["Контакт", "; ".join(filter(None, shown))]))


def _media(part: Row) -> Media:
    return Media(
        mime_type=_text(part.get("mime_type")),
        file_name=_text(part.get("filename")),
        caption=_text(part.get("caption")),
    )


def _error(error: Row) -> str:
    details = _text(_object(error.get("error_data")).get("details"))
    title = _text(error.get("title")) or _text(error.get("message"))
    said = " ".join(str(part) for part in (error.get("code"), title) if part is not None)
    return said if details is None else f"{said}: {details}"


def _moment(written: object) -> datetime:
    """Unix seconds, as a string."""
    try:
        return datetime.fromtimestamp(int(str(written)), UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("a message without a time") from None


def _digits(written: str | None) -> str | None:
    """A phone number's; None for anything else."""
    bare = (written or "").removeprefix("+")
    return bare if bare.isascii() and bare.isdigit() else None


def _rows(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _object(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
