"""Letters that came to a host of SendGrid's Inbound Parse: a form with the letter taken apart, or raw as it came.

Vendor facts: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/inbound-email (read 2026-11). Such calls
bear no signature, so the secret in the webhook's address has to be checked before.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from email import message_from_string
from typing import Any

from saudager.errors import UnrecognisedPayload
from saudager.providers.mail import Enclosure, ReceivedLetter, parsing
from saudager.providers.told import read_json

LONGEST_CALL = 32 * 1024 * 1024
"""Bytes: a letter has 30 MB at most."""


def is_letter(headers: Mapping[str, str]) -> bool:
    """Whether a call brings a letter, and not events. Header names are lower case."""
    return headers.get("content-type", "").lower().startswith("multipart/form-data")


def read(headers: Mapping[str, str], body: bytes, *, received_at: datetime) -> ReceivedLetter:
    """The letter a call brings; goes into ``MailNews.letters``. Raises UnrecognisedPayload for what is none."""
    fields, files = _form(headers, body)
    if "email" in fields:
        return parsing.parse(fields["email"], received_at=received_at)
    charsets = _json(fields.get("charsets"))
    words = {name: _decoded(content, charsets.get(name)) for name, content in fields.items()}
    if "headers" not in words:
        raise UnrecognisedPayload("SendGrid: a received letter without its headers")
    told = _json(fields.get("attachment-info"))
    return parsing.assembled(
        _headers(words),
        text=words.get("text", ""),
        html=words.get("html", ""),
        files=[_file(name, content, told.get(name)) for name, content in files.items()],
        received_at=received_at,
    )


def _form(headers: Mapping[str, str], body: bytes) -> tuple[dict[str, bytes], dict[str, tuple[str, bytes]]]:
    """The form's fields, and its files with the names they were given."""
    from python_multipart import create_form_parser
    from python_multipart.exceptions import FormParserError

    fields: dict[str, bytes] = {}
    files: dict[str, tuple[str, bytes]] = {}

    def on_field(field: Any) -> None:
        fields[_name(field.field_name)] = field.value or b""

    def on_file(file: Any) -> None:
        file.file_object.seek(0)
        files[_name(file.field_name)] = _name(file.file_name), file.file_object.read()
        file.close()

    try:
        told = {"Content-Type": headers.get("content-type", "").encode()}
        parser = create_form_parser(told, on_field, on_file, config={"MAX_MEMORY_FILE_SIZE": LONGEST_CALL})
        parser.write(body)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise UnrecognisedPayload(f"SendGrid: a call that is no form: {error}") from None
    return fields, files


def _name(written: bytes | None) -> str:
    return (written or b"").decode("utf-8", "replace")


def _headers(words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The raw headers; the return path is the envelope's."""
    for name, value in message_from_string(words["headers"]).raw_items():
        if name.lower() != "return-path":
            yield name, str(value)
    envelope = _json(words.get("envelope", "").encode())
    if isinstance(envelope.get("from"), str):
        yield "return-path", f"<{envelope['from']}>"


def _file(field: str, content: tuple[str, bytes], told: Any) -> Enclosure:
    told = told if isinstance(told, dict) else {}
    name, data = content
    return Enclosure(
        name=str(told.get("filename") or told.get("name") or name or field),
        mime_type=str(told.get("type") or "application/octet-stream").partition(";")[0].strip().lower(),
        data=data,
        content_id=str(told.get("content-id") or "").strip("<>") or None,
    )


def _json(content: bytes | None) -> dict[str, Any]:
    try:
        told = read_json(content or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _decoded(content: bytes, charset: Any) -> str:
    try:
        return content.decode(charset if isinstance(charset, str) else "utf-8")
    except (LookupError, UnicodeDecodeError):
        return content.decode("utf-8", "replace")
