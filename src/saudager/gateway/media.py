"""Files customers sent: each has its place from the first moment, and is fetched there in the background."""

import mimetypes
import os
import re
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import NotFound
from saudager.gateway import accounts
from saudager.providers.channels import Line
from saudager.queues import table
from saudager.queues.table import Lease, Policy

QUEUE = "media_files"
PARTIAL = ".part"
"""The ending of a file that is not here whole."""
_PATH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.\w+")
POLICY = Policy(QUEUE, max_attempts=5, lease=60, backoff=5, batch=1)


def with_place(account: str, line: Line) -> Line:
    """The line with the path its file will have in the media folder, when there is a file we keep: no voice note is."""
    if line.media is None or line.from_us or line.is_voice:
        return line
    ending = mimetypes.guess_extension((line.media.mime_type or "").split(";")[0].strip()) or ".bin"
    return replace(line, media=line.media.model_copy(update={"path": place_of(account, line.message_id) + ending}))


def place_of(account: str, message_id: str) -> str:
    """The path of a line's file in the media folder, without its ending."""
    name = sha256(f"{account}:{message_id}".encode()).hexdigest()
    return f"{name[:2]}/{name}"


def kept(folder: Path, reference: str) -> tuple[bytes, str] | None:
    """A file of the media folder and its MIME type; None when the reference is no path of ours.

    Raises NotFound when it has not come, or is gone.
    """
    if not _PATH.fullmatch(reference):
        return None
    try:
        content = (folder / reference).read_bytes()
    except FileNotFoundError:
        raise NotFound("файла нет: он ещё не пришёл или уже удалён") from None
    return content, mimetypes.guess_type(reference)[0] or "application/octet-stream"


def ask_for_file(session: Session, account: str, line: Line, path: str, *, now: datetime) -> None:
    body = {"account": account, "file": line.file or line.message_id, "path": path}
    table.publish(session, QUEUE, body, id=f"{account}:{line.message_id}", key=account, now=now)


async def fetch_files(app: App, lease: Lease) -> None:
    """Fetch one file, unless it is there already; one that cannot be had holds up the others but does not end them."""
    (message,) = lease.messages
    target = app.settings.media_folder / message.body["path"]
    if target.exists():
        return
    content, _ = await accounts.channel_of(app, message.body["account"]).fetch_media(message.body["file"])
    put_down(app.settings.media_folder, message.body["path"], content, now=app.clock.now())


def put_down(folder: Path, path: str, content: bytes, *, now: datetime) -> None:
    """Lay a file into its place, whole or not at all; one that is there stays. Its age counts from the moment."""
    target = folder / path
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(PARTIAL)
    partial.write_bytes(content)
    os.utime(partial, (now.timestamp(), now.timestamp()))
    partial.replace(target)
