"""What a mail server says of a letter it could not deliver (RFC 3464), and what older ones say in their own words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message

_FAILED = "failed"
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_ID = re.compile(r"^\s*Message-ID:\s*<([^<>\s]{1,995})>", re.IGNORECASE | re.MULTILINE)
_CODE = re.compile(r"\b5\d\d[ -]")
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter of ours that will not arrive. ``for_good``: its address takes no letters at all."""

    message_id: str
    reason: str
    for_good: bool


def bounce_in(letter: Message, *, text: str, failed_recipients: str) -> Bounce | None:
    """The failure a letter tells of; None when it tells of none: a note that something is late is no failure.

    ``text`` is its body, ``failed_recipients`` the header by which Exim and Gmail name those who get nothing
    (``X-Failed-Recipients``).
    """
    parts = list(letter.walk())
    notices = [part for part in parts if part.get_content_type() in STATUS_PARTS]
    message_id = _returned_id(parts) or _id_in(text)
    if message_id is None or not (notices or failed_recipients):
        return None
    told = [block for part in notices for block in _blocks(part)]
    failed = [block for block in told if _of(block, "action").lower() == _FAILED]
    if notices and not failed:
        return None
    status = next((found for block in failed if (found := _status_in(block)) is not None), None)
    reason = next((_said(block) for block in failed if _said(block)), "") or _gist(text)
    for_good = status == "5" if status is not None else bool(_CODE.search(text) or _STATUS.search(text))
    return Bounce(message_id, reason[:_LONGEST_REASON], for_good)


STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")


def _blocks(part: Message) -> Iterable[Message]:
    """The groups of fields of a delivery status, one for the letter and one for each recipient."""
    content = part.get_payload()
    return [block for block in content if isinstance(block, Message)] if isinstance(content, list) else []


def _of(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _status_in(block: Message) -> str | None:
    found = _STATUS.search(_of(block, "status"))
    return found[1] if found else None


def _said(block: Message) -> str:
    """What the server answered, without the name of the protocol it spoke: ``550 5.1.1 no such user``."""
    kind, _, said = _of(block, "diagnostic-code").partition(";")
    return said.strip() or kind or _of(block, "status")


def _returned_id(parts: Iterable[Message]) -> str | None:
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            inside = part.get_payload()
            returned = inside[0] if isinstance(inside, list) and inside else None
            if isinstance(returned, Message) and (found := _bare(str(returned.get("message-id", "")))):
                return found
        elif part.get_content_type() in ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"):
            content = part.get_payload(decode=True)
            headers = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(part.get_payload())
            if (found := _id_in(headers)) is not None:
                return found
    return None


def _bare(written: str) -> str | None:
    found = re.search(r"<([^<>\s]+)>", written)
    return found[1] if found else None


def _id_in(text: str) -> str | None:
    found = _ID.search(text)
    return found[1] if found else None


def _gist(text: str) -> str:
    """The line of a notice in its own words that names the code, or its first one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if _CODE.search(line) or _STATUS.search(line)), lines[0] if lines else "")
