"""What the pages of the knowledge share: their tabs, and how many questions wait."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from saudager.app import App
from saudager.console import screen
from saudager.console.door import Visitor
from saudager.knowledge import unanswered


async def page(app: App, request: Request, visitor: Visitor, template: str, *, tab: str, **values: Any) -> HTMLResponse:
    """A page of the knowledge with its tabs; ``tab`` is the one it stands under."""
    waiting = await app.db.read(unanswered.count)
    title = visitor.say("Знания")
    return screen.page(request, visitor, template, title=title, tab=tab, waiting=waiting, **values)
