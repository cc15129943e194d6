"""A letter as it travels: its parts and headers, folded so that the addresses and ids inside them survive.

Written by hand, because the standard library encodes a long address in ``List-Unsubscribe`` and long lists of
Message-IDs as if they were words, which breaks one-click unsubscription and threads
(https://github.com/python/cpython/issues/85725 and 100991, read 2026-11), and takes thirty times as long.
"""

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from itertools import chain
from urllib.parse import quote

from saudager.errors import Rejected
from saudager.providers.mail import Address, Enclosure, Letter

LONGEST_LINE = 998
"""Characters (RFC 5322, 2.1.1)."""
_USUAL_LINE = 78
_LONGEST_WORD = 75
_BYTES_A_WORD = 45
"""In base64 with what stands around it an encoded word has 75 characters at most (RFC 2047, 2)."""
_BYTES_A_PIECE = 20
"""Of a file's name, in which a byte takes three signs (RFC 2231, 3)."""
_LONGEST_ID = LONGEST_LINE - 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>\",;:\\()\[\]]+@[^\s@<>\",;:\\()\[\]]+")
_ID = re.compile(r"[!-;=?-~]+")
_URL = re.compile(r"https?://[!-;=?-~]+")
_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+")
_LINE_END = re.compile(r"\r\n|\r|\n")


def check(letter: Letter) -> None:
    """Raises Rejected when something in the letter could become a header of its own, or is no address or id."""
    names = [letter.subject, letter.sender.name, letter.recipient.name, *(file.name for file in letter.enclosures)]
    if any(_CONTROL.search(name) for name in names):
        raise Rejected("a line break or another control character stands in the subject or a name of the letter")
    for address in (letter.sender, letter.recipient):
        if not _ADDRESS.fullmatch(address.email) or _CONTROL.search(address.email) or len(address.email) > 254:
            raise Rejected(f"{address.email!r} is no address of mail")
    ids = chain(
        (letter.message_id, letter.in_reply_to),
        letter.references,
        (file.content_id for file in letter.enclosures),
    )
    if not all(_ID.fullmatch(id) and len(id) <= _LONGEST_ID for id in ids if id is not None):
        raise Rejected("an id of the letter holds what no id may hold")
    if letter.unsubscribe and not (_URL.fullmatch(letter.unsubscribe) and len(letter.unsubscribe) <= _LONGEST_ID):
        raise Rejected("the address to unsubscribe at is no address of the web")
    if letter.automatic not in (None, "auto-generated", "auto-replied"):
        raise Rejected("the letter says of itself what RFC 3834 does not know")
    if not all(_TYPE.fullmatch(file.mime_type) for file in letter.enclosures):
        raise Rejected("the type of a file is no MIME type")


def headers(letter: Letter) -> dict[str, str]:
    """What a letter that was checked says beside sender, recipient, subject and date, by whomever it is carried."""
    told = {"Message-ID": f"<{letter.message_id}>"}
    if letter.in_reply_to:
        told["In-Reply-To"] = f"<{letter.in_reply_to}>"
    if letter.references:
        told["References"] = " ".join(f"<{id}>" for id in letter.references)
    if letter.unsubscribe:
        told["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        told["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if letter.automatic:
        told["Auto-Submitted"] = letter.automatic
        told["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    return told


def to_bytes(letter: Letter, at: datetime) -> bytes:
    """The letter in seven bits, its lines ended by CR LF; raises Rejected like ``check``.

    Text and HTML are alternatives, the text first; pictures stand beside the HTML that shows them, other files beside
    it all.
    """
    check(letter)
    told = {
        "From": _mailbox(letter.sender),
        "To": _mailbox(letter.recipient),
        "Subject": _words(letter.subject),
        "Date": format_datetime(at),
        **headers(letter),
        "MIME-Version": "1.0",
    }
    head = "\r\n".join(_folded(name, value) for name, value in told.items())
    return b"\r\n".join((head.encode("ascii"), _body(letter)))


def display(address: Address) -> str:
    """``"Name" <address>`` in plain Unicode, as carriers with an API of their own take it."""
    return f"{_quoted(address.name)} <{address.email}>" if address.name else address.email


def in_latin(email: str) -> str:
    """The address as every mail server takes it, its domain in IDNA; raises Rejected when it has other letters than
    Latin ones before the domain."""
    local, _, domain = email.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise Rejected(f"{email}: mail servers take no address with such letters") from None


def _body(letter: Letter) -> bytes:
    boundary = f"=_{sha256(letter.own_id.encode('utf-8', 'replace')).hexdigest()[:24]}"
    body = _text_part("plain", letter.text)
    shown = [file for file in letter.enclosures if file.content_id and letter.html]
    if letter.html:
        html = _text_part("html", letter.html)
        if shown:
            html = _multipart("related", f"{boundary}r", (html, *map(_file_part, shown)), of='; type="text/html"')
        body = _multipart("alternative", f"{boundary}a", (body, html))
    if beside := [file for file in letter.enclosures if file not in shown]:
        body = _multipart("mixed", f"{boundary}m", (body, *map(_file_part, beside)))
    return body


def _multipart(kind: str, boundary: str, parts: Sequence[bytes], *, of: str = "") -> bytes:
    """The parts' encodings have no ``=_`` in them, so no boundary is found where none stands (RFC 2045, 6.7)."""
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"{of}\r\n\r\n'
    between = f"--{boundary}\r\n".encode()
    return b"".join((head.encode(), *(between + part for part in parts), f"--{boundary}--\r\n".encode()))


def _text_part(kind: str, text: str) -> bytes:
    """Text of Latin letters stays readable in quoted-printable, other text is shorter in base64."""
    data = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    readable = len(data) < 1.2 * len(text)
    encoding = "quoted-printable" if readable else "base64"
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + (b2a_qp(data, istext=True) if readable else _base64(data)) + b"\r\n"


def _file_part(file: Enclosure) -> bytes:
    disposition = "inline" if file.content_id else "attachment"
    told = [
        f"Content-Type: {file.mime_type}",
        "Content-Transfer-Encoding: base64",
        f"Content-Disposition: {disposition}; {_file_name(file.name)}",
        *([f"Content-ID: <{file.content_id}>"] if file.content_id else []),
    ]
    return "\r\n".join((*told, "", "")).encode("ascii") + _base64(file.data) + b"\r\n"


def _file_name(name: str) -> str:
    """With other letters than Latin ones in the form of RFC 2231, in pieces that fit a line."""
    if name.isascii() and len(name) <= _LONGEST_WORD:
        return f"filename={_quoted(name)}"
    first, *others = (quote(chunk, safe="") for chunk in _chunks(name, _BYTES_A_PIECE))
    if not others:
        return f"filename*=utf-8''{first}"
    continued = (f"filename*{number}*={piece}" for number, piece in enumerate(others, 1))
    return ";\r\n ".join((f"filename*0*=utf-8''{first}", *continued))


def _base64(data: bytes) -> bytes:
    return encodebytes(data).replace(b"\n", b"\r\n")


def _mailbox(address: Address) -> str:
    email = in_latin(address.email)
    if not address.name:
        return email
    name = _quoted(address.name) if _is_plain(address.name) else _encoded(address.name)
    return f"{name} <{email}>"


def _words(text: str) -> str:
    return text if _is_plain(text) else _encoded(text)


def _is_plain(text: str) -> bool:
    """Whether it can stand as it is, and be broken at its blanks without one being lost."""
    return (
        text.isascii()
        and "=?" not in text
        and " ".join(text.split()) == text
        and all(len(word) < _LONGEST_WORD - 2 for word in text.split(" "))
    )


def _encoded(text: str) -> str:
    return " ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in _chunks(text, _BYTES_A_WORD))


def _chunks(text: str, longest: int) -> Iterable[bytes]:
    """Pieces of so many bytes at most, none of which ends inside a letter."""
    chunk = b""
    for letter in text:
        encoded = letter.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > longest:
            yield chunk
            chunk = b""
        chunk += encoded
    yield chunk


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folded(name: str, value: str) -> str:
    """Broken at blanks and nowhere else; the first word stays beside the name."""
    first, *words = value.split(" ")
    lines = [f"{name}: {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _USUAL_LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)
