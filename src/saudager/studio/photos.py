"""The merchant's own photo of a product, kept beside the pictures."""

import asyncio

from saudager.app import App
from saudager.studio import drawing, files


async def keep(app: App, content: bytes) -> str:
    """Take a photo in and keep it with its thumbnail; the path it lies at. Raises Rejected, in Russian."""
    return await drawing.keep_file(app, await asyncio.to_thread(files.accept, content))
