"""A mail server on loopback that counts what it takes, as a process: ``python -m saudager.bench.mail_server``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from saudager.bench import left_out
from saudager.bench.children import Child, child, orders, say

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session


class Server:
    """The mail server in the other process, seen from here."""

    def __init__(self, process: Child, port: int) -> None:
        self._process = process
        self.port = port

    def expect(self, count: int) -> None:
        """Count anew, and tell when so many letters have come."""
        self._process.tell({"count": count})
        self._process.told()

    def wait(self) -> dict[str, Any]:
        """Block until they have: how many ``letters`` to how many ``recipients``, and their ``bytes``."""
        figures: dict[str, Any] = self._process.told()
        return figures


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    """A mail server that is ready; raises LeftOut where aiosmtpd is not installed."""
    left_out.need("aiosmtpd")
    async with child("mail_server") as process:
        process.tell({"port": True})
        yield Server(process, await asyncio.to_thread(process.told))


class _Counter:
    def __init__(self) -> None:
        self.begin(0)

    def begin(self, count: int) -> None:
        self.wanted, self.letters, self.bytes = count, 0, 0
        self.recipients: set[str] = set()

    async def handle_DATA(self, server: "SMTP", session: "Session", envelope: "Envelope") -> str:
        self.letters += 1
        self.bytes += len(envelope.content or b"")
        self.recipients.update(envelope.rcpt_tos)
        if self.letters == self.wanted:
            say({"letters": self.letters, "recipients": len(self.recipients), "bytes": self.bytes})
        return "250 OK"


async def _serve() -> None:
    from aiosmtpd.smtp import SMTP

    counter = _Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(counter, hostname="localhost", loop=loop), "127.0.0.1", 0)
    say("ready")
    async for order in orders():
        if "port" in order:
            say(server.sockets[0].getsockname()[1])
        else:
            counter.begin(order["count"])
            say("counting")
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
