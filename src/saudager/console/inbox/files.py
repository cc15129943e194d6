"""Files customers sent and pictures they got, as the page may show them: nothing of theirs ever runs in it."""

import mimetypes
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console.door import Viewer
from saudager.console.numbers import Number
from saudager.conversations import transcript
from saudager.conversations.models import Message
from saudager.errors import NotFound

_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
_SHOWN = (*_PICTURES, "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "video/mp4", "video/webm")


def router(app: App) -> APIRouter:
    """``GET /console/files/345``: what came with that line. A kind that could carry a script is only to be saved."""
    routes = APIRouter()

    @routes.get("/console/files/{message_id}")
    async def file(visitor: Viewer, message_id: Number) -> Response:
        account, reference, name = await app.db.read(_reference, message_id)
        if reference.startswith(transcript.PICTURES):
            content, told = await app.media.get(reference), mimetypes.guess_type(reference)[0] or ""
        else:
            content, told = await app.gateway.media(account, reference)
        kind = told.partition(";")[0].strip().lower()
        headers = {"cache-control": "private, max-age=86400"}
        if kind not in _SHOWN:
            kind = "application/octet-stream"
            headers["content-disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        return Response(content, media_type=kind, headers=headers)

    return routes


def _reference(session: Session, message_id: int) -> tuple[str, str, str]:
    """Account, what its gateway is asked for, and how the file is called."""
    line = session.get(Message, message_id)
    media = None if line is None or line.deleted else line.media
    if line is None or (media is None and not line.is_voice):
        raise NotFound("С этим сообщением файла не приходило.")
    reference = (media or {}).get("path") or line.message_id
    if reference is None:
        raise NotFound("Этого файла больше нет.")
    return line.account, reference, (media or {}).get("file_name") or f"{line.kind}-{line.id}"
