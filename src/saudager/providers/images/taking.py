"""What an engine answered, taken as a picture: its bytes, how long it may have drawn, and whether it refused to."""

import asyncio
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from saudager.clock import Clock
from saudager.errors import OutsideError, Rejected, Unanswered, UnrecognisedPayload
from saudager.providers.http_client import Answer, HttpClient
from saudager.providers.images import LARGEST, NoPicture, kind_of

_Sort = Callable[[Answer], Callable[[str], OutsideError] | None]
DRAW = "draw a picture"
CHECK = "check whether it draws"
CHECKED_WITHIN = 15.0
"""Seconds an engine has to tell."""
_REFUSES = re.compile(
    rb"content[_ ]policy|moderation|safety[_ ]system|safety[_ ]filter|flagged|prohibited_content", re.I
)
_REFUSED = (400, 403, 422)


def client(vendor: str, base_url: str, api_key: str, *, deadline: float, clock: Clock, sort: _Sort) -> HttpClient:
    """The client of an engine that is shown its key as a bearer; an empty key is not shown."""
    return HttpClient(
        vendor,
        base_url,
        clock=clock,
        headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
        secrets=[api_key],
        timeout=deadline,
        sort=sort,
    )


def picture(content: bytes, vendor: str) -> bytes:
    """The same, if it begins as a PNG, JPEG or WebP; whether it is whole is for whoever keeps it."""
    if not content:
        raise NoPicture(f"{vendor}: {DRAW}: an empty file came")
    if len(content) > LARGEST:
        raise Rejected(f"{vendor}: {DRAW}: the picture is larger than {LARGEST // 1024 // 1024} MB")
    if not kind_of(content):
        raise UnrecognisedPayload(f"{vendor}: {DRAW}: what came is no PNG, JPEG or WebP")
    return content


def decoded(written: str, vendor: str) -> bytes:
    """A picture written in base64, with or without ``data:image/png;base64,`` before it."""
    try:
        content = b64decode(written.rpartition(",")[2], validate=True)
    except (NotBase64, ValueError):
        raise UnrecognisedPayload(f"{vendor}: {DRAW}: broken base64") from None
    return picture(content, vendor)


def refuses(answer: Answer) -> bool:
    """Whether a failed answer says that this is not drawn, by whatever rules of whichever vendor stands behind."""
    return answer.status in _REFUSED and _REFUSES.search(answer.body) is not None


@asynccontextmanager
async def within(seconds: float, vendor: str, asked: str = DRAW) -> AsyncIterator[None]:
    """All that is awaited inside has this long together; raises Unanswered."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unanswered(f"{vendor}: {asked}: no answer within {seconds:g} s") from None


def nearest_ratio(width: int, height: int, known: Iterable[str]) -> str:
    """Of ratios such as ``16:9`` the one nearest to a size."""

    def apart(ratio: str) -> float:
        across, _, down = ratio.partition(":")
        shape = width * int(down) / (height * int(across))
        return max(shape, 1 / shape)

    return min(known, key=apart)
