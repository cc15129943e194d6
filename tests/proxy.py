"""A TCP proxy on loopback that stands before a server, so that the server can be away without being stopped."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

_CHUNK = 65_536


class Proxy:
    """Passes everything on until it is told otherwise; ``heal`` ends every fault.

    ``url`` is the server's address with the proxy's port in place of its own.
    """

    def __init__(self, url: str) -> None:
        server = urlsplit(url)
        self._host, self._port = server.hostname or "127.0.0.1", server.port or 0
        self._delay = 0.0
        self._connections: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._door: asyncio.Server | None = None
        self._door_port = 0
        self._do(self._open())
        credentials, at, _ = server.netloc.rpartition("@")
        self.url = server._replace(netloc=f"{credentials}{at}127.0.0.1:{self._door_port}").geturl()

    def cut(self) -> None:
        """Close every connection, and let nobody connect."""
        self._do(self._shut())

    def freeze(self) -> None:
        """Let everybody connect, and pass nothing on."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def slow(self, seconds: float) -> None:
        """Pass everything on so much later."""
        self._delay = seconds

    def heal(self) -> None:
        self._delay = 0.0
        self._loop.call_soon_threadsafe(self._flowing.set)
        self._do(self._open())

    def close(self) -> None:
        self.heal()
        self._do(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, errand: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(errand, self._loop).result(timeout=10)

    async def _open(self) -> None:
        if self._door is None:
            self._door = await asyncio.start_server(self._connect, "127.0.0.1", self._door_port)
            self._door_port = self._door.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None
        for connection in self._connections:
            connection.abort()
        current = asyncio.current_task()
        rest = [task for task in asyncio.all_tasks() if task is not current]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError), self._known(writer):
            server_reader, server_writer = await asyncio.open_connection(self._host, self._port)
            with self._known(server_writer):
                ways = [self._pass_on(reader, server_writer), self._pass_on(server_reader, writer)]
                await asyncio.wait([asyncio.create_task(way) for way in ways], return_when=asyncio.FIRST_COMPLETED)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await asyncio.sleep(self._delay)
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()

    @contextmanager
    def _known(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._connections.add(writer.transport)
        try:
            yield
        finally:
            self._connections.discard(writer.transport)
            writer.transport.abort()


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
