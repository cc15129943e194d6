"""How a page of the console is drawn: the shell around it, a part of it, or a word in its corner."""

import json
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from saudager import templates
from saudager.console import menu
from saudager.console.door import Visitor
from saudager.console.wording import PACKAGE

_FRESH = {"cache-control": "no-store"}


def page(request: Request, visitor: Visitor, template: str, *, title: str, **values: Any) -> HTMLResponse:
    """A whole page; ``template`` extends ``shell.html``."""
    lines = menu.lines(visitor, at=request.url.path)
    return HTMLResponse(_draw(visitor, template, title=title, menu=lines, **values), headers=_FRESH)


def part(visitor: Visitor, template: str, **values: Any) -> HTMLResponse:
    """A part of a page that htmx puts in its place."""
    return HTMLResponse(_draw(visitor, template, **values), headers=_FRESH)


def told(text: str, *, undo: str | None = None, then: str | None = None) -> Response:
    """It is done: a word in the corner of the page, with a button that posts to ``undo``; ``then`` is the next page."""
    headers = {"hx-trigger": json.dumps({"told": {"text": text, "undo": undo, "then": then}})}
    if then is not None:
        headers["hx-redirect"] = then
    return Response(status_code=204, headers=headers)


def _draw(visitor: Visitor, template: str, **values: Any) -> str:
    names = visitor.wording.names()
    return templates.render(PACKAGE, template, language=visitor.language, visitor=visitor, **names, **values)
