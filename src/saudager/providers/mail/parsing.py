"""A letter's bytes become a ReceivedLetter, whatever is broken in them: nothing a stranger writes may stop the reader.

Headers are read here and not by the library's modern policy, which raises on some that are broken.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256
from itertools import islice

from saudager.providers.mail import Address, Enclosure, ReceivedLetter, bounces, enclosed, robots
from saudager.providers.mail.html_text import text_of
from saudager.words import storable

LARGEST = 25 * 1024 * 1024
"""Bytes of a letter that are read; what is behind them is cut off."""
_HEADERS, _LONGEST_HEADER = 100, 20_000
_LONGEST_TEXT, _PARTS, _DEPTH = 200_000, 200, 12
_RECIPIENTS, _REFERENCES = 50, 30
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
_UNREADABLE = "(Письмо не удалось прочитать: откройте его в почте.)"
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f]{1,64}@[^\s@<>,;:\"()\[\]\\\x00-\x1f]{1,253}")
_ID = re.compile(r"<([^<>\s]{1,995})>")
_CHARSETS = ("utf-8", "cp1251", "koi8-r")
_log = logging.getLogger(__name__)


def parse(raw: bytes, *, received_at: datetime) -> ReceivedLetter:
    """Read a letter. ``received_at`` is when it reached us or its server: its own date counts when it is one, and not
    later than that. Raises nothing: a letter that defies reading comes with a note in place of its words."""
    try:
        return _parsed(raw, received_at)
    except Exception:
        _log.exception("a letter of %d bytes could not be read", len(raw))
        head = _decoded(_split(raw[:_LONGEST_TEXT])[0])
        found = re.search(f"(?im)^from:.*?({_ADDRESS.pattern})", head)
        sender = Address(found[1].lower() if found else "")
        return ReceivedLetter(_made_id(raw), received_at, sender, (), "", _UNREADABLE, not_answered="robot")


def assembled(
    headers: Iterable[tuple[str, str]], *, text: str, html: str, files: Iterable[Enclosure], received_at: datetime
) -> ReceivedLetter:
    """A letter somebody has taken apart for us already; see ``parse``. Names of files may be as they were written."""
    letter = Message()
    for name, value in islice(headers, _HEADERS):
        letter.set_raw(name, storable(value[:_LONGEST_HEADER]))
    named = [
        replace(file, name=enclosed.safe_name(file.name, mime_type=file.mime_type, place=place))
        for place, file in enumerate(files, start=1)
    ]
    written = cut(text) or cut(text_of(html))
    return _told(
        letter,
        text=written,
        files=named,
        made_id=_made_id(repr((list(letter.raw_items()), text)).encode()),
        at=received_at,
    )


def _parsed(raw: bytes, received_at: datetime) -> ReceivedLetter:
    is_cut, raw = len(raw) > LARGEST, _normal(raw[:LARGEST])
    letter = _read(raw)
    parts = list(_parts(letter))
    files = _files(parts[:-1] if is_cut else parts)
    return _told(letter, text=_text(parts), files=files, made_id=_made_id(raw), at=received_at)


def _told(letter: Message, *, text: str, files: Iterable[Enclosure], made_id: str, at: datetime) -> ReceivedLetter:
    headers = _Headers(letter)
    bounce = bounces.bounce_in(letter, text=text, failed_recipients=headers.text("x-failed-recipients"))
    not_answered = robots.why_not_answered(
        headers.text, sender=_first(headers, "from").email, content_type=letter.get_content_type()
    )
    answered = headers.ids("in-reply-to")
    return ReceivedLetter(
        message_id=(headers.ids("message-id") or [made_id])[0],
        sent_at=sent_at(headers.text("date"), received_at=at),
        sender=_sender(headers),
        recipients=tuple(address.email for address in _addresses(headers, "to", "cc") if address.email),
        subject=headers.text("subject")[:1000],
        text=text,
        in_reply_to=answered[0] if answered else None,
        references=tuple(headers.ids("references")[-_REFERENCES:]),
        enclosures=enclosed.kept(files),
        not_answered="bounce" if bounce else not_answered,
        bounce_of=bounce.message_id if bounce else None,
        bounce_reason=bounce.reason if bounce else None,
        bounced_for_good=bounce is not None and bounce.for_good,
    )


def _made_id(raw: bytes) -> str:
    """An id for a letter that has none: the same whenever it is read."""
    return f"{sha256(raw).hexdigest()[:40]}@no-id"


def sent_at(written: str, *, received_at: datetime) -> datetime:
    """The moment a ``Date`` header tells; the letter's arrival when it tells none, or one that cannot be."""
    try:
        told = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return received_at
    try:
        told = (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return received_at
    return told if _OLDEST <= told <= received_at else received_at


def cut(text: str) -> str:
    """A body as it is kept: storable, with plain line ends, not endless."""
    plain = storable(text[:_LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\xa0", " ").replace("\u200b", "").replace("\ufeff", "").strip()


def _normal(raw: bytes) -> bytes:
    """Without a mbox line at the top, and with the headers beyond the hundredth left out."""
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    head, gap, body = _split(raw)
    lines = head.splitlines(keepends=True)
    begins = [at for at, line in enumerate(lines) if line[:1] not in (b" ", b"\t")]
    return raw if len(begins) <= _HEADERS else b"".join(lines[: begins[_HEADERS]]) + gap + body


def _split(raw: bytes) -> tuple[bytes, bytes, bytes]:
    end = re.search(rb"(?<=\n)\r?\n", raw)
    return (raw, b"", b"") if end is None else (raw[: end.start()], end[0], raw[end.end() :])


def _read(raw: bytes) -> Message:
    try:
        letter = message_from_bytes(raw)
        for part in letter.walk():
            _mend(part)
        return letter
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        _log.warning("a letter was read as plain text: %r", error)
        head, _, body = _split(raw)
        plain = Message()
        for name in (b"From", b"To", b"Subject", b"Message-ID", b"Date"):
            if (found := re.search(rb"(?im)^%s:([^\r\n]*)" % name, head)) is not None:
                plain[name.decode()] = _decoded(found[1]).strip()
        plain.set_payload(_decoded(body[:_LONGEST_TEXT]), "utf-8")
        return plain


def _mend(part: Message) -> None:
    """Have stray bytes in its headers read as words, so that the library finds no surprise in them."""
    written = list(part.raw_items())
    mended = [(name, storable(_stray(str(value)[:_LONGEST_HEADER]))) for name, value in written]
    if mended != written:
        for name, _ in written:
            del part[name]
        for name, value in mended:
            part.set_raw(name, value)


class _Headers:
    """Headers as text, each read on its own, so that a broken one costs only itself."""

    def __init__(self, letter: Message) -> None:
        self._written: dict[str, list[str]] = {}
        for name, value in letter.raw_items():
            self._written.setdefault(name.lower(), []).append(" ".join(str(value).split()))

    def text(self, name: str) -> str:
        """The header in words, unfolded; "" when there is none."""
        return words_of(self.all(name)[0]) if self.all(name) else ""

    def all(self, name: str) -> list[str]:
        """Every header of this name as it was written, unfolded."""
        return self._written.get(name, [])

    def ids(self, name: str) -> list[str]:
        """The Message-IDs of a header without their brackets; without any bracket the one word it is."""
        written = " ".join(self.all(name)).strip()
        bare = [written] if len(written) < 995 and re.fullmatch(r"[^\s<>]+@[^\s<>]+", written) else []
        return _ID.findall(written) or bare


def words_of(written: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded, as far as they can be."""
    try:
        return storable(" ".join(str(make_header(decode_header(written))).split()))
    except (ValueError, LookupError, UnicodeError, MessageError):
        return written


def _stray(value: str) -> str:
    """Bytes that no header may hold are surrogates here; most are UTF-8 or a Cyrillic code page."""
    if not any("\udc80" <= sign <= "\udcff" for sign in value):
        return value
    return _decoded(value.encode("ascii", "surrogateescape")) if _is_bytes(value) else value


def _is_bytes(value: str) -> bool:
    return all(sign <= "\x7f" or "\udc80" <= sign <= "\udcff" for sign in value)


def _decoded(content: bytes, charset: str | None = None) -> str:
    for name in (charset, *_CHARSETS) if charset else _CHARSETS:
        try:
            return content.decode(name or "utf-8")
        except (LookupError, UnicodeDecodeError, ValueError):
            if _is_mostly_utf8(content):
                break
    return content.decode("utf-8", "replace")


def _is_mostly_utf8(content: bytes) -> bool:
    """Whether a stray byte or a cut end is all that is wrong with it: in no other charset would it be words."""
    beyond_ascii = [sign for sign in content.decode("utf-8", "replace") if sign > "\x7f"]
    return len(beyond_ascii) > 5 * beyond_ascii.count("\ufffd")


def _sender(headers: _Headers) -> Address:
    """Where an answer goes: the one address of Reply-To, else the writer's."""
    writer = _first(headers, "from", "sender")
    answered = [address for address in _addresses(headers, "reply-to") if address.email]
    if len(answered) != 1 or answered[0].email == writer.email:
        return writer
    return Address(answered[0].email, answered[0].name or writer.name)


def _first(headers: _Headers, *names: str) -> Address:
    return next((address for address in _addresses(headers, *names) if address.email), Address(""))


def _addresses(headers: _Headers, *names: str) -> list[Address]:
    return [address for name in names for written in headers.all(name) for address in _addresses_in(written)][
        :_RECIPIENTS
    ]


def _addresses_in(written: str) -> list[Address]:
    """Addresses in their order, an empty one for what is none; of a list nobody can read the bracketed ones."""
    found = [_address(name, address) for name, address in getaddresses([written])]
    if any(address.email for address in found):
        return found
    return [Address(email.lower()) for email in re.findall(f"<({_ADDRESS.pattern})>", written)]


def _address(name: str, written: str) -> Address:
    email = written.strip().lower()
    shown = words_of(name).strip(" \"'")[:200]
    return Address(email if _ADDRESS.fullmatch(email) else "", "" if shown.lower() == email else shown)


def _parts(letter: Message, depth: int = 0) -> Iterator[Message]:
    """Every part that holds something, in order; a letter inside the letter stays one file."""
    content = letter.get_payload() if letter.is_multipart() else None
    if letter.get_content_maintype() == "multipart" and isinstance(content, list) and depth < _DEPTH:
        for part in content[:_PARTS]:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)
    else:
        yield letter


def _text(parts: list[Message]) -> str:
    """The body: the plain parts, and of a letter without one the words of its HTML."""
    shown = [part for part in parts if not _is_file(part)]
    plain = [cut(_words(part)) for part in shown if part.get_content_type() == "text/plain"]
    if any(plain):
        return cut("\n\n".join(text for text in plain if text))
    return cut("\n\n".join(text_of(_words(part)) for part in shown if part.get_content_type() == "text/html"))


def _words(part: Message) -> str:
    return _decoded(_bytes(part), _charset(part))


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, UnicodeError):
        return None


def _bytes(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError, MessageError):
        content = None
    if isinstance(content, bytes):
        return content
    inside = part.get_payload() if part.is_multipart() else None
    if part.get_content_maintype() == "message" and isinstance(inside, list) and isinstance(inside[0], Message):
        try:
            return inside[0].as_bytes()
        except (ValueError, LookupError, MessageError, UnicodeError, AttributeError):
            return b""
    return b""


def _is_file(part: Message) -> bool:
    """Whether the part lies beside the text; a text with a name is a file, one that is only ``inline`` is not."""
    if part.get_content_type() not in ("text/plain", "text/html"):
        return True
    return part.get_content_disposition() == "attachment" or bool(_name(part))


def _name(part: Message) -> str:
    try:
        return words_of(str(part.get_filename() or ""))
    except (ValueError, LookupError, UnicodeError, TypeError):
        return ""


def _files(parts: list[Message]) -> Iterator[Enclosure]:
    for place, part in enumerate(parts, start=1):
        if not _is_file(part) or part.get_content_type() in bounces.STATUS_PARTS:
            continue
        mime_type = part.get_content_type()
        name = _name(part) or ("letter.eml" if mime_type == "message/rfc822" else "")
        content_id = str(part.get("content-id", "")).strip().strip("<>") or None
        yield Enclosure(
            name=enclosed.safe_name(name, mime_type=mime_type, place=place),
            mime_type=mime_type,
            data=_bytes(part),
            content_id=content_id,
        )
