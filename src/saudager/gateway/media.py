"""Files customers sent: each has its place from the first moment, and is fetched there in the background."""

import mimetypes
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.providers.channels import Line
from saudager.queues import table
from saudager.queues.table import Lease, Policy

QUEUE = "media_files"
POLICY = Policy(QUEUE, max_attempts=5, lease=60, backoff=5, batch=1)


def with_place(account: str, line: Line) -> Line:
    """The line with the path its file will have in the media folder, when there is a file we keep: no voice note is."""
    if line.media is None or line.from_us or line.is_voice:
        return line
    name = sha256(f"{account}:{line.message_id}".encode()).hexdigest()
    ending = mimetypes.guess_extension((line.media.mime_type or "").split(";")[0].strip()) or ".bin"
    return replace(line, media=line.media.model_copy(update={"path": f"{name[:2]}/{name}{ending}"}))


def ask_for_file(session: Session, account: str, line: Line, path: str, *, now: datetime) -> None:
    body = {"account": account, "file": line.file or line.message_id, "path": path}
    table.publish(session, QUEUE, body, id=f"{account}:{line.message_id}", key=account, now=now)


async def fetch_files(app: App, lease: Lease) -> None:
    """Fetch one file, unless it is there already; one that cannot be had holds up the others but does not end them."""
    (message,) = lease.messages
    target = app.settings.media_folder / message.body["path"]
    if target.exists():
        return
    content, _ = await app.channels[message.body["account"]].fetch_media(message.body["file"])
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(target)
