"""The merchant's own photo of a product, kept beside the pictures."""

import asyncio
import secrets

from saudager.app import App
from saudager.studio import drawing, files


async def keep(app: App, content: bytes) -> str:
    """Take a photo in and keep it with its thumbnail; the path it lies at. Raises Rejected, in Russian."""
    accepted = await asyncio.to_thread(files.accept, content)
    path = f"pictures/{secrets.token_urlsafe(24)}.{accepted.ending}"
    for name, photo in ((path, accepted.photo), (drawing.thumbnail_of(path), accepted.thumbnail)):
        await app.media.put(name, photo.content, mime_type=photo.mime_type, now=app.clock.now())
    return path
