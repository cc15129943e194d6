"""The port to whoever searches the web: words and photos of products, none of them proved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from saudager.providers.images import Photo


@dataclass(frozen=True, slots=True)
class FoundText:
    """A page that was found."""

    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo that was found: where it lies, and the page it stands on."""

    title: str
    image: str
    page: str
    width: int
    height: int


class WebSearch(Protocol):
    """One search engine. Every method raises only OutsideError and its kin; an empty answer means that nothing is
    known, never that there is nothing."""

    name: str

    async def texts(self, query: str, *, most: int) -> Sequence[FoundText]: ...

    async def photos(self, query: str, *, most: int) -> Sequence[FoundPhoto]: ...

    async def fetch(self, url: str) -> Photo:
        """A photo from a public address over https; raises Rejected for any other address, and for no picture."""
        ...

    async def close(self) -> None: ...
