"""Files customers sent: each has its place from the first moment, and is fetched there in the background."""

import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.errors import BadCredentials, Rejected, Unreachable
from saudager.gateway import accounts
from saudager.providers.channels import Line
from saudager.queues import table
from saudager.queues.table import Lease, Policy

QUEUE = "media_files"
_PATH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.\w+")
POLICY = Policy(QUEUE, max_attempts=5, lease=60, backoff=5, batch=1)


def with_place(account: str, line: Line) -> Line:
    """The line with the path its file will have in the storage, when there is a file we keep: no voice note is."""
    if line.media is None or line.from_us or line.is_voice:
        return line
    ending = mimetypes.guess_extension((line.media.mime_type or "").split(";")[0].strip()) or ".bin"
    return replace(line, media=line.media.model_copy(update={"path": place_of(account, line.message_id) + ending}))


def place_of(account: str, message_id: str) -> str:
    """The path of a line's file in the storage, without its ending."""
    name = sha256(f"{account}:{message_id}".encode()).hexdigest()
    return f"{name[:2]}/{name}"


async def kept(app: App, reference: str) -> tuple[bytes, str] | None:
    """A file we keep and its MIME type; None when the reference is no path of ours.

    Raises NotFound when it has not come, or is gone.
    """
    if not is_a_customers(reference):
        return None
    with _ours():
        content = await app.media.get(reference)
    return content, mimetypes.guess_type(reference)[0] or "application/octet-stream"


def is_a_customers(path: str) -> bool:
    """Whether a path of the storage is one of those made here: other files lie there too."""
    return _PATH.fullmatch(path) is not None


def ask_for_file(session: Session, account: str, line: Line, path: str, *, now: datetime) -> None:
    body = {"account": account, "file": line.file or line.message_id, "path": path}
    table.publish(session, QUEUE, body, id=f"{account}:{line.message_id}", key=account, now=now)


async def fetch_files(app: App, lease: Lease) -> None:
    """Fetch one file, unless it is there already; one that cannot be had holds up the others but does not end them."""
    (message,) = lease.messages
    path = message.body["path"]
    with _ours():
        if await app.media.has(path):
            return
    content, _ = await accounts.channel_of(app, message.body["account"]).fetch_media(message.body["file"])
    await put_down(app, path, content)


async def put_down(app: App, path: str, content: bytes) -> None:
    """Lay a file into its place, whole or not at all; one that is there stays. Its age counts from this moment."""
    with _ours():
        if not await app.media.has(path):
            mime_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
            await app.media.put(path, content, mime_type=mime_type, now=app.clock.now())


@contextmanager
def _ours() -> Iterator[None]:
    """What is wrong with our own storage is nothing the account's messenger or mailbox has to do with: it may come
    again."""
    try:
        yield
    except (BadCredentials, Rejected) as error:
        raise Unreachable(str(error)) from error
