"""Every kind of page the console has, found by following its links."""

import html
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from tests.console.conftest import Console

_LINK = re.compile(r'<a\b[^>]*?\bhref="(/console/[^"#]*)')


async def pages(console: Console) -> dict[str, str]:
    """An address for each page: what differs by numbers and by the values of its query alone is one page."""
    found: dict[str, str] = {}
    waiting = ["/console/today"]
    seen = set(map(_kind, waiting))
    while waiting:
        path = waiting.pop(0)
        answer = await console.get(path)
        assert answer.status_code == 200, (path, answer.status_code, console.text(answer)[:300])
        if not answer.text.startswith("<!doctype html>"):
            continue
        found[_kind(path)] = path
        for link in _links(answer.text):
            if _kind(link) not in seen:
                seen.add(_kind(link))
                waiting.append(link)
    return found


def _links(page: str) -> Iterator[str]:
    return (html.unescape(link) for link in _LINK.findall(page))


def _kind(path: str) -> str:
    asked = urlsplit(path)
    return re.sub(r"\d+", "N", asked.path) + "".join(f" {name}" for name in sorted(parse_qs(asked.query)))
