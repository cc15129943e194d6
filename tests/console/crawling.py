"""Every kind of page the console has, found by following its links."""

import html
import re
from collections.abc import Iterator

from starlette.routing import Match, Route

from tests.console.conftest import Console

_LINK = re.compile(r'<a\b[^>]*?\bhref="(/console/[^"#]*)')


async def pages(console: Console) -> dict[str, str]:
    """One address for each page (a route and, where it has tabs by a query, each of them): its words as HTML."""
    found: dict[str, str] = {}
    waiting, seen = ["/console/today"], {"/console/today"}
    while waiting:
        path = waiting.pop(0)
        kind = _kind(console, path)
        if kind is None or kind in found:
            continue
        answer = await console.get(path)
        assert answer.status_code == 200, (path, answer.status_code, console.text(answer)[:300])
        if "<!doctype html>" not in answer.text:
            continue
        found[kind] = path
        for link in _links(answer.text):
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    return found


def _links(page: str) -> Iterator[str]:
    return (html.unescape(link) for link in _LINK.findall(page))


def _kind(console: Console, path: str) -> str | None:
    """The route that serves a path, None for a file of the console's own."""
    scope = {"type": "http", "method": "GET", "path": path.split("?")[0], "headers": []}
    for route in console.site.routes:
        if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
            return route.path
    return None
