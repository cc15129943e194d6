"""What Kommo's webhook tells of the chats in its leads, turned into lines.

A call is a form with keys written as PHP does, several events in one: ``message[add][0][text]`` of a customer's line,
``outgoing_message[add][0][text]`` of one that left Kommo (https://www.amocrm.ru/developers/content/crm_platform/webhooks-format
and payloads of accounts in use, read 2026-11); some accounts leave out the word before ``[add]`` for customers' lines.
"""

import logging
import mimetypes
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from saudager.contracts import Contact, Kind, Media
from saudager.errors import UnrecognisedPayload
from saudager.phones import normalise_phone
from saudager.providers.channels import Line
from saudager.words import storable

Row = Mapping[str, str]
"""The fields of one message; those of its parts are called ``author.name``."""

TALK = "talk"
_log = logging.getLogger(__name__)
_KEY = re.compile(r"(?:(message|outgoing_message)\[add\]|add)\[(\d+)\]\[(\w+)\](?:\[(\w+)\])?")
_SOME_EVENT = re.compile(r"\w+\[\w+\]")
_MOST_FIELDS = 20_000
_OURS = "outgoing"
_KINDS = {
    "text": Kind.TEXT,
    "picture": Kind.IMAGE,
    "video": Kind.VIDEO,
    "voice": Kind.VOICE,
    "audio": Kind.VOICE,
    "file": Kind.DOCUMENT,
    "sticker": Kind.STICKER,
    "location": Kind.LOCATION,
    "contact": Kind.CONTACT,
}
_MIME_TYPES = {Kind.IMAGE: "image/jpeg", Kind.VIDEO: "video/mp4", Kind.VOICE: "audio/ogg", Kind.STICKER: "image/webp"}
"""Of a file whose name does not tell."""


def chat_of(talk: str) -> str:
    return f"{talk}@{TALK}"


def talk_of(chat: str) -> str | None:
    """The number of the talk behind a chat of ours; None for any other chat."""
    number, _, server = chat.partition("@")
    return number if server == TALK and number.isascii() and number.isdigit() else None


def read_lines(body: bytes, account: str) -> list[Line]:
    """Every line of one call; what cannot be read is left out and logged without its words.

    ``account`` keeps apart the people of two accounts. Raises UnrecognisedPayload for what is no call of Kommo's.
    """
    lines: list[Line] = []
    for event, row in _rows(body):
        try:
            lines.append(
                _line(
                    row,
                    account,
                    from_us=event == "outgoing_message" or _OURS in (row.get("type"), row.get("message_type")),
                )
            )
        except ValueError as error:
            _log.warning("Kommo told of %s", error)
    return lines


def customer_of(contact: Contact) -> str | None:
    """The number in Kommo of the person a line is of."""
    return contact.bsuid.partition("@")[0] if contact.bsuid else None


def phone_in(contact: Mapping[str, Any]) -> str | None:
    """The first number of a contact's card that is one; the field has the same code in every account."""
    for field in _objects(contact.get("custom_fields_values")):
        if field.get("field_code") == "PHONE":
            written = [str(value.get("value") or "") for value in _objects(field.get("values"))]
            if phone := next(filter(None, map(normalise_phone, written)), None):
                return phone
    return None


def webhook_to(url: str, listed: Mapping[str, Any]) -> Mapping[str, Any]:
    """The webhook of the account's that calls this address; empty when there is none."""
    embedded = listed.get("_embedded")
    webhooks = _objects(embedded.get("webhooks")) if isinstance(embedded, dict) else []
    return next((webhook for webhook in webhooks if webhook.get("destination") == url), {})


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _rows(body: bytes) -> Iterator[tuple[str, Row]]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError as error:
        raise UnrecognisedPayload("a webhook that is no form") from error
    told = [(key, storable(value)) for key, value in pairs]
    if not any(_SOME_EVENT.match(key) for key, _ in told):
        raise UnrecognisedPayload("a webhook that tells of no event")
    found: dict[tuple[str, int], dict[str, str]] = {}
    for key, value in told:
        if match := _KEY.fullmatch(key):
            event, number, name, part = match.groups()
            row = found.setdefault((event or "message", int(number)), {})
            row[name if part is None else f"{name}.{part}"] = value
    for (event, _), row in found.items():
        yield event, row


def _line(row: Row, account: str, *, from_us: bool) -> Line:
    message_id, talk = row.get("id"), row.get("talk_id", "")
    if not message_id:
        raise ValueError("a message without id")
    if not (talk.isascii() and talk.isdigit()):
        raise ValueError("a message of no talk")
    link = row.get("attachment.link")
    text = row.get("text") or None
    kind = _KINDS.get(row.get("attachment.type") or row.get("message_type", ""), Kind.TEXT if text else Kind.OTHER)
    person = row.get("contact_id")
    return Line(
        chat=chat_of(talk),
        message_id=message_id,
        sent_at=_moment(row.get("created_at", "")),
        from_us=from_us,
        from_api=_is_a_programs(row) if from_us else False,
        kind=kind,
        text=text,
        media=_media(row, kind, link, text) if link else None,
        file=link,
        is_voice=kind is Kind.VOICE and link is not None,
        contact=Contact(
            name=row.get("recipient.name" if from_us else "author.name") or None,
            bsuid=f"{person}@{account}" if person else None,
        ),
    )


def _is_a_programs(row: Row) -> bool | None:
    """Kommo's robots are named; who else wrote has a user's number, as our own messages may have: None."""
    return True if row.get("author.type") == "bot" and row.get("author.user_id", "0") in ("", "0") else None


def _media(row: Row, kind: Kind, link: str, caption: str | None) -> Media:
    name = row.get("attachment.file_name") or None
    guessed = mimetypes.guess_type(name or urlsplit(link).path)[0]
    return Media(mime_type=guessed or _MIME_TYPES.get(kind), file_name=name, caption=caption)


def _moment(written: str) -> datetime:
    """Unix seconds."""
    try:
        return datetime.fromtimestamp(int(written), UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("a message without a time") from None
