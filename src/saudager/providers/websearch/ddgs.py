"""The search engines that ddgs reads (DuckDuckGo, Bing and others), without a key and without any promise of theirs.

ddgs takes what their pages show. It works in threads, and one exception of its own stands for an answer without
results, a page that turns us away and a fault on the way (https://github.com/deedy5/ddgs, 9.16.1). So no results are
told as nothing known, and whoever asks judges by their number whether we are turned away.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from saudager.clock import Clock
from saudager.errors import BadCredentials, NotFound, Rejected, Unreachable, UnrecognisedPayload
from saudager.providers.file_links import addresses_of, fetch_linked
from saudager.providers.http_client import HttpClient
from saudager.providers.images import LARGEST, Photo
from saudager.providers.websearch import FoundPhoto, FoundText

if TYPE_CHECKING:
    import httpx

_REGION = "ru-ru"
_PAGE_WITHIN, _ANSWER_WITHIN, _PHOTO_WITHIN = 6, 15.0, 20.0
"""Seconds for one page of an engine, for the whole answer, and for a photo."""
_NONE = "No results found."
"""What ddgs says when no engine failed and none had anything."""
_LONGEST_FAULT = 200


class Engines(Protocol):
    """What we use of ``ddgs.DDGS``."""

    def text(self, query: str, **how: Any) -> list[dict[str, Any]]: ...

    def images(self, query: str, **how: Any) -> list[dict[str, Any]]: ...


def _open() -> Engines:
    from ddgs import DDGS

    return DDGS(timeout=_PAGE_WITHIN)


class DdgsSearch:
    """One question at a time, each with engines opened for it; one that hangs lets the next ones wait and fail."""

    name = "ddgs"

    def __init__(
        self,
        *,
        clock: Clock,
        engines: Callable[[], Engines] = _open,
        answer_within: float = _ANSWER_WITHIN,
        photo_within: float = _PHOTO_WITHIN,
        transport: "httpx.AsyncBaseTransport | None" = None,
        resolve: Callable[[str, int], Awaitable[Sequence[str]]] = addresses_of,
    ) -> None:
        self._engines = engines
        self._answer_within = answer_within
        self._photo_within = photo_within
        self._resolve = resolve
        self._http = HttpClient("photo", "", clock=clock, timeout=photo_within, transport=transport)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="web-search")

    async def texts(self, query: str, *, most: int) -> Sequence[FoundText]:
        found = await self._ask("text", query, most)
        return [
            FoundText(_words(one, "title"), _words(one, "href"), _words(one, "body"))
            for one in found
            if one.get("href")
        ]

    async def photos(self, query: str, *, most: int) -> Sequence[FoundPhoto]:
        found = await self._ask("images", query, most)
        return [
            FoundPhoto(
                _words(one, "title"),
                _words(one, "image"),
                _words(one, "url"),
                _pixels(one, "width"),
                _pixels(one, "height"),
            )
            for one in found
            if one.get("image")
        ]

    async def fetch(self, url: str) -> Photo:
        try:
            async with _within(self._photo_within, "photo"):
                answer = await fetch_linked(
                    self._http, url, asked="a found photo", max_bytes=LARGEST, resolve=self._resolve
                )
        except (NotFound, BadCredentials) as error:  # a stranger's door, not an account of ours
            raise Rejected(str(error)) from error
        kind = _kind(answer.body)
        if kind is None:
            raise Rejected("photo: what lies there is no JPEG, PNG or WebP")
        return Photo(answer.body, kind)

    async def close(self) -> None:
        """What still runs comes to its end by its own time limit; nobody waits for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        await self._http.close()

    async def _ask(self, method: str, query: str, most: int) -> list[dict[str, Any]]:
        async with _within(self._answer_within, self.name):
            asked = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, method, query, most)
            found = await asked
        if not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
            raise UnrecognisedPayload(f"{self.name}: the answer is no list of results")
        return found

    def _answer(self, method: str, query: str, most: int) -> list[dict[str, Any]]:
        from ddgs.exceptions import DDGSException

        try:
            found: list[dict[str, Any]] = getattr(self._engines(), method)(query, region=_REGION, max_results=most)
        except DDGSException as error:
            if str(error) == _NONE:
                return []
            raise Unreachable(f"{self.name}: {_short(error)}") from error
        except Exception as error:  # its engines raise whatever a page they do not know leads them to
            raise UnrecognisedPayload(f"{self.name}: {_short(error)}") from error
        return found


@contextlib.asynccontextmanager
async def _within(seconds: float, who: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unreachable(f"{who}: no answer within {seconds:g} s") from error


def _words(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _pixels(row: Mapping[str, Any], name: str) -> int:
    """The engines tell numbers as words, or not at all: then 0."""
    told = str(row.get(name) or "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 7 else 0


def _kind(content: bytes) -> str | None:
    """By the first bytes: ISO 10918-1, RFC 2083 section 3.1, RFC 9649 section 2.4."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return None


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST_FAULT]
