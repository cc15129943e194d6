"""A visitor of the demo without a browser: what he is shown, and what he says."""

import asyncio
import html
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx

PATIENCE = 20.0


class Visitor:
    """A page without a browser: keeps what the event stream says."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.pieces: dict[str, str] = {}
        self._ever: list[tuple[str, str]] = []
        self.order: list[str] = []
        self.now = 0.0
        self.bytes = 0
        self.listening = asyncio.create_task(self._listen())
        self._told = asyncio.Event()

    async def _listen(self) -> None:
        async with self.http.stream("GET", "/events", timeout=None) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    self._take(json.loads(line.removeprefix("data: ")))
                    self.bytes += len(line)

    def _take(self, news: dict) -> None:
        self.now = news["now"]
        for piece in [*news.get("regions", []), *news.get("talk", [])]:
            self.pieces[piece["key"]] = piece["html"]
            self._ever.append((piece["key"], piece["html"]))
        self.order = news.get("order", self.order)
        self._told.set()
        self._told = asyncio.Event()

    async def sees(self, condition: Callable[["Visitor"], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                told = asyncio.create_task(self._told.wait())
                await asyncio.wait([told, self.listening], return_when=asyncio.FIRST_COMPLETED)
                told.cancel()
                assert not self.listening.done(), f"the stream ended: {self.listening}"

    async def asks(self, text: str) -> str:
        """Say it and wait for the answer, which is given back once its reasons are shown."""
        before = len(self.answers)
        await self.says(text)
        await self.sees(lambda it: len(it.answers) > before and text in it.words("why"))
        return self.answers[-1]

    async def uploads(self, *files: tuple[str, bytes], **headers: str) -> httpx.Response:
        sent = [("files", (name, data, "application/octet-stream")) for name, data in files]
        return await self.http.post("/papers", files=sent, headers=headers)

    async def says(self, text: str) -> httpx.Response:
        return await self.http.post("/say", json={"text": text})

    @property
    def lines(self) -> list[str]:
        """The chat as words, oldest first, without the marks of the page."""
        return [self.words(key) for key in self.order if key.startswith("line-")]

    @property
    def answers(self) -> list[str]:
        return [line for line in self.lines if line.startswith("Магазин:")]

    def ever(self, key: str) -> list[str]:
        """Everything a piece of the page has ever shown."""
        return [markup for shown, markup in self._ever if shown == key]

    def words(self, key: str) -> str:
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.pieces[key])).split())


@asynccontextmanager
async def visiting(address: str) -> AsyncIterator[Visitor]:
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE) as http:
        visitor = Visitor(http)
        try:
            await visitor.sees(lambda it: it.order)
            yield visitor
        finally:
            visitor.listening.cancel()
            await asyncio.gather(visitor.listening, return_exceptions=True)
