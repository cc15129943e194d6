"""The port to whoever draws pictures: one angle of one subject from a prompt, a seed and pictures to keep to."""

import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from saudager.clock import Clock
from saudager.errors import OutsideError

LARGEST = 20 * 1024 * 1024
"""Bytes of a picture we take from anybody."""


_BEGINNINGS = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff")),
    ("image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
)


def kind_of(content: bytes) -> str:
    """The MIME type of a PNG, JPEG or WebP by how it begins, "" of anything else."""
    return next((kind for kind, beginning in _BEGINNINGS if beginning.match(content)), "")


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as a file; ``mime_type`` is what its bytes are, not what somebody said of them: left out it is found
    out."""

    content: bytes
    mime_type: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "mime_type", self.mime_type or kind_of(self.content))


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is to be drawn."""

    prompt: str
    seed: int
    """0 to 2**31 - 1; an engine that knows none goes without."""
    angle: str
    """``front``, ``side`` … or the merchant's own words for it."""
    subject: Mapping[str, str] = field(default_factory=dict)
    """What the prompt says, by name, as far as it is known: ``kind`` (``car`` or ``product``), ``brand``, ``model``,
    ``year``, ``color``, ``body_type``; of a product ``name`` and ``details``."""
    references: tuple[Photo, ...] = ()
    """The product itself first, then a photo of another one from this angle; an engine that takes fewer takes the
    first."""
    width: int = 1024
    height: int = 1024


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as the engine gave it: nothing about it is checked."""

    content: bytes
    model: str
    """The id of the model that drew, as the vendor names it."""
    cost: Decimal | None = None
    """US dollars; None when the vendor does not tell."""
    tokens_in: int = 0
    tokens_out: int = 0


class NoPicture(OutsideError):
    """The vendor will not draw this (its rules, an empty answer): another one may."""


class ImageModel(Protocol):
    """One engine that draws."""

    name: str
    model_id: str
    most_references: int
    """How many pictures it keeps to; 0: it draws from words alone."""
    reads_prompts: bool
    """Whether it draws by the prompt; else by the subject and the angle alone, and nothing need be found out for it."""

    async def draw(self, asked: Drawing) -> Drawn:
        """Draw once, within the deadline it was built with; nothing is repeated here. Raises NoPicture when it will not
        draw this, RateLimited with the seconds to wait, BadCredentials for a key or money that is wrong, Rejected for a
        request it does not take, and Unanswered, Unreachable or UnrecognisedPayload for what went wrong on the way.
        """
        ...

    async def check(self) -> date | None:
        """Whether it would draw, asked in a way that costs nothing; the day its vendor shuts the model down, when it
        tells. Raises like ``draw``."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


@dataclass
class Painter:
    """An engine and how it is doing in this process."""

    engine: ImageModel
    rests_until: datetime | None = None
    """It asked for patience."""
    stopped: str = ""
    """Why it is not asked any more: its key or its money is wrong."""
    may_be_on_desk: bool = True
    """A person may have been told of its trouble, by an earlier process if not by this one."""
    under_way: int = 0
    """Pictures it is drawing."""
    dearest: Decimal = Decimal(0)
    """US dollars of the dearest picture it drew: what each under way may cost."""
    _begun: deque[datetime] = field(default_factory=deque)

    def rests(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until

    @asynccontextmanager
    async def turn(self, clock: Clock, per_minute: int) -> AsyncIterator[None]:
        """Wait until fewer than so many pictures were begun within a minute; 0 does not pace."""
        while per_minute:
            now = clock.now()
            while self._begun and self._begun[0] <= now - timedelta(minutes=1):
                self._begun.popleft()
            if len(self._begun) < per_minute:
                break
            await clock.sleep_until(self._begun[0] + timedelta(minutes=1))
        self._begun.append(clock.now())
        yield
