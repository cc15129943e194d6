"""Letters that came to a domain at Resend: its webhook only names them, and they are asked for with their files.

Vendor facts: https://resend.com/docs/webhooks/emails/received, https://resend.com/docs/dashboard/receiving/attachments
(read 2026-11).
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Any

from saudager.errors import NotFound, Rejected, UnrecognisedPayload
from saudager.providers.file_links import fetch_linked
from saudager.providers.http_client import HttpClient
from saudager.providers.mail import Enclosure, ReceivedLetter, enclosed, parsing

RECEIVED = "email.received"
_ID = re.compile(r"[0-9A-Za-z_-]{1,100}")
_NAMED = (("message-id", "message_id"), ("subject", "subject"), ("from", "from"))
_LISTED = (("to", "to"), ("cc", "cc"), ("reply-to", "reply_to"))


def id_of(data: Mapping[str, Any]) -> str:
    """The id by which ``fetch`` asks for the letter an ``email.received`` event is about; goes into
    ``MailNews.to_fetch``. Raises UnrecognisedPayload when there is none."""
    id = data.get("email_id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise UnrecognisedPayload("Resend: a received letter without an id")
    return id


async def fetch(http: HttpClient, id: str, *, received_at: datetime, loopback_too: bool = False) -> ReceivedLetter:
    """The letter with its files. One that cannot be had any more is left out; every other failure is raised, so that
    the webhook comes again. ``loopback_too``: see ``fetch_linked``."""
    told = await http.call_json("GET", f"/emails/receiving/{id}", asked="a received letter")
    files = [file async for file in _files(http, id, told, loopback_too=loopback_too)]
    text, html = (told.get(part) if isinstance(told.get(part), str) else "" for part in ("text", "html"))
    return parsing.assembled(_headers(told), text=text or "", html=html or "", files=files, received_at=received_at)


async def _files(http: HttpClient, id: str, told: Mapping[str, Any], *, loopback_too: bool) -> AsyncIterator[Enclosure]:
    """Links are asked for only when there is something behind them; they are good for a while."""
    if not told.get("attachments"):
        return
    answer = await http.call_json("GET", f"/emails/receiving/{id}/attachments?limit=100", asked="files of a letter")
    listed = answer.get("data")
    for one in listed[: 2 * enclosed.MOST] if isinstance(listed, list) else ():
        link = one.get("download_url") if isinstance(one, dict) else None
        size = one.get("size") if isinstance(one, dict) else None
        if not isinstance(link, str) or (isinstance(size, int) and size > enclosed.LARGEST):
            continue
        try:
            got = await fetch_linked(
                http, link, asked="a file of a letter", max_bytes=enclosed.LARGEST, loopback_too=loopback_too
            )
        except (NotFound, Rejected):
            continue
        yield Enclosure(
            name=str(one.get("filename") or ""),
            mime_type=str(one.get("content_type") or "application/octet-stream").partition(";")[0].strip().lower(),
            data=got.body,
            content_id=str(one.get("content_id") or "").strip("<>") or None,
        )


def _headers(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The letter's own headers first; what Resend names besides stands for those that are missing."""
    written = told.get("headers")
    own = {name.lower(): value for name, value in written.items()} if isinstance(written, dict) else {}
    for name, value in own.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield name, one
    for name, field in _NAMED:
        if name not in own and isinstance(told.get(field), str):
            yield name, told[field]
    for name, field in _LISTED:
        if name not in own and isinstance(told.get(field), list):
            yield name, ", ".join(one for one in told[field] if isinstance(one, str))
    if "date" not in own and isinstance(told.get("created_at"), str):
        try:
            yield "date", datetime.fromisoformat(told["created_at"]).strftime("%d %b %Y %H:%M:%S %z")
        except ValueError:
            return
