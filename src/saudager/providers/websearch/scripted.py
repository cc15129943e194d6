"""The search that finds what it was told to: the double that ships, for tests, rehearsals and benches."""

from collections.abc import Callable, Mapping, Sequence

from saudager.errors import Rejected
from saudager.providers.images import Photo
from saudager.providers.websearch import FoundPhoto, FoundText


class ScriptedWebSearch:
    """``texts`` and ``photos`` give what is found, or raise what the search is to fail with; ``files`` are the photos
    by address; ``asked`` is what came, as (kind, query)."""

    name = "scripted"

    def __init__(
        self,
        *,
        texts: Callable[[str], Sequence[FoundText]] = lambda query: (),
        photos: Callable[[str], Sequence[FoundPhoto]] = lambda query: (),
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        self._texts = texts
        self._photos = photos
        self._files = files or {}
        self.asked: list[tuple[str, str]] = []

    async def texts(self, query: str, *, most: int) -> Sequence[FoundText]:
        self.asked.append(("texts", query))
        return self._texts(query)[:most]

    async def photos(self, query: str, *, most: int) -> Sequence[FoundPhoto]:
        self.asked.append(("photos", query))
        return self._photos(query)[:most]

    async def fetch(self, url: str) -> Photo:
        self.asked.append(("fetch", url))
        if url not in self._files:
            raise Rejected(f"{url}: there is no such file")
        return Photo(self._files[url])

    async def close(self) -> None:
        """Nothing is held."""
