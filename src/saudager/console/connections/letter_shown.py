"""A letter read for the eye: its parts, with the pictures it shows put into its HTML."""

import email
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage, Message

_CID = re.compile(r"""cid:([^"'\s)>]+)""")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_IN_A_NEW_TAB = '<base target="_blank">'


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """What a mail program shows of a letter; ``html`` is empty when there is only text."""

    subject: str
    sender: str
    recipient: str
    text: str
    html: str
    files: Sequence[str]
    headers: Sequence[tuple[str, str]]


def read(raw: bytes) -> ShownLetter:
    letter = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    return ShownLetter(
        subject=str(letter["subject"] or ""),
        sender=str(letter["from"] or ""),
        recipient=str(letter["to"] or ""),
        text=text.get_content() if text is not None else "",
        html=_with_pictures(html.get_content(), letter) if html is not None else "",
        files=[
            part.get_filename() or part.get_content_type()
            for part in letter.walk()
            if part.get_content_disposition() == "attachment"
        ],
        headers=[(name, " ".join(str(value).split())) for name, value in letter.items()],
    )


def _with_pictures(html: str, letter: EmailMessage) -> str:
    """The HTML with the pictures themselves in place of their content ids; its links open in a page of their own."""
    pictures = {
        str(part["content-id"]).strip().strip("<>"): part
        for part in letter.walk()
        if part["content-id"] and part.get_content_maintype() == "image"
    }

    def shown(found: re.Match[str]) -> str:
        part = pictures.get(found[1])
        return found[0] if part is None else _as_data(part)

    html, has_head = _HEAD.subn(rf"\g<0>{_IN_A_NEW_TAB}", _CID.sub(shown, html), count=1)
    return html if has_head else _IN_A_NEW_TAB + html


def _as_data(picture: Message) -> str:
    data = picture.get_payload(decode=True)
    return f"data:{picture.get_content_type()};base64,{b64encode(data).decode()}" if isinstance(data, bytes) else ""
